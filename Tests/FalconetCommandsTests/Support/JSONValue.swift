import FalconetStreams

/// A JSON text as a tree, for comparison.
enum JSONValue: Equatable {
  case object([Member])
  case array([JSONValue])
  case string(String)
  case number(UInt64)
  case bool(Bool)
  case null

  struct Member: Equatable {
    var key: String
    var value: JSONValue
  }

  /// One whole text.
  init(_ text: [UInt8]) throws(StreamError) {
    let reader = JSONReader(ByteReader(MemorySource(text, name: "JSON")))
    self = try Self.read(reader)
    try reader.finish()
  }

  private static func read(_ json: JSONReader) throws(StreamError) -> JSONValue {
    switch try json.peekKind() {
    case .object:
      var members: [Member] = []
      try json.beginObject()
      while let key = try json.nextKey() { members.append(Member(key: key, value: try read(json))) }
      return .object(members)
    case .array:
      var elements: [JSONValue] = []
      try json.beginArray()
      while try json.nextElement() { elements.append(try read(json)) }
      return .array(elements)
    case .string: return .string(try json.readString(maxBytes: 1 << 20))
    case .number: return .number(try json.readUInt64())
    case .bool: return .bool(try json.readBool())
    case .null:
      _ = try json.readNull()
      return .null
    }
  }

  /// The keys of an object, in order.
  var keys: [String] {
    if case .object(let members) = self { members.map(\.key) } else { [] }
  }

  /// An object's value of a key.
  subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }

  var string: String? { if case .string(let text) = self { text } else { nil } }
}
