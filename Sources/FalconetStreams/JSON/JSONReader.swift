/// Reads JSON (RFC 8259) as a stream, value by value, without building a tree.
///
/// ```swift
/// let json = JSONReader(reader)
/// try json.beginObject()
/// while let key = try json.nextKey() {
///   if key == "step" { step = try json.readUInt64() } else { try json.skipValue() }
/// }
/// try json.finish()
/// ```
/// Every error has the byte offset where it was noticed. Memory is bounded by the limits given to
/// the calls, and by `maximumDepth`.
package final class JSONReader {
  /// What the next value is, by its first character.
  package enum ValueKind: Sendable, Equatable {
    case object, array, string, number, bool, null
  }

  /// The number of objects and arrays that may be open at a time, by default.
  package static let defaultMaximumDepth = 64
  /// The length of a key or short string in bytes, by default.
  package static let defaultMaximumString = 1024

  let reader: ByteReader
  private let maximumDepth: Int
  /// For each open container, whether it is an object and whether an element was read.
  private var containers: [(isObject: Bool, hasElement: Bool)] = []

  /// A reader of the one JSON value in `reader`.
  package init(_ reader: ByteReader, maximumDepth: Int = JSONReader.defaultMaximumDepth) {
    self.reader = reader
    self.maximumDepth = maximumDepth
  }

  /// The offset of the next byte.
  package var position: UInt64 { reader.position }

  // MARK: Structure

  /// What the next value is, without reading it.
  package func peekKind() throws(StreamError) -> ValueKind {
    let byte = try peekToken()
    switch byte {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw unexpected(byte, wanted: "a value")
    }
  }

  /// Reads the start of an object.
  package func beginObject() throws(StreamError) {
    try expect(UInt8(ascii: "{"), "an object")
    try open(isObject: true)
  }

  /// Reads the next key of the innermost object; the caller reads its value next.
  /// - Returns: Nil if the object ends; its end is then read.
  package func nextKey(
    maxBytes: Int = JSONReader.defaultMaximumString
  ) throws(StreamError) -> String? {
    guard try nextElement(end: UInt8(ascii: "}"), "an object") else { return nil }
    let key = try readString(maxBytes: maxBytes)
    try expect(UInt8(ascii: ":"), "a colon")
    return key
  }

  /// Reads the start of an array.
  package func beginArray() throws(StreamError) {
    try expect(UInt8(ascii: "["), "an array")
    try open(isObject: false)
  }

  /// Moves to the next element of the innermost array; the caller reads it next.
  /// - Returns: False if the array ends; its end is then read.
  package func nextElement() throws(StreamError) -> Bool {
    try nextElement(end: UInt8(ascii: "]"), "an array")
  }

  /// Reads the next value, whatever it is, without keeping it. Its syntax is checked.
  package func skipValue() throws(StreamError) {
    switch try peekKind() {
    case .object:
      try beginObject()
      while try nextElement(end: UInt8(ascii: "}"), "an object") {
        try skipString()
        try expect(UInt8(ascii: ":"), "a colon")
        try skipValue()
      }
    case .array:
      try beginArray()
      while try nextElement() { try skipValue() }
    case .string: try skipString()
    case .number: try skipNumber()
    case .bool: _ = try readBool()
    case .null: _ = try readNull()
    }
  }

  /// Checks that every object and array was read to its end and only white space follows.
  /// - Throws: `.trailingData`, `.syntax`.
  package func finish() throws(StreamError) {
    guard containers.isEmpty else { throw syntax("an object or array was not read to its end") }
    try skipSpace()
    try reader.expectEnd()
  }

  // MARK: Words

  /// Reads `true` or `false`.
  package func readBool() throws(StreamError) -> Bool {
    switch try peekToken() {
    case UInt8(ascii: "t"):
      try readWord("true")
      return true
    case UInt8(ascii: "f"):
      try readWord("false")
      return false
    case let byte: throw unexpected(byte, wanted: "true or false")
    }
  }

  /// Reads `null` if it is next.
  /// - Returns: Whether it was.
  package func readNull() throws(StreamError) -> Bool {
    guard try peekToken() == UInt8(ascii: "n") else { return false }
    try readWord("null")
    return true
  }

  private func readWord(_ word: String) throws(StreamError) {
    for wanted in word.utf8 {
      let byte = try peekByte()
      guard byte == wanted else { throw unexpected(byte, wanted: word) }
      reader.consume(1)
    }
  }

  // MARK: Parts

  private func open(isObject: Bool) throws(StreamError) {
    guard containers.count < maximumDepth else {
      throw StreamError(
        .tooLarge, path: reader.name, offset: position,
        message: "the JSON is nested deeper than \(maximumDepth) levels",
        remedy: "the file is corrupt or of another format")
    }
    containers.append((isObject, false))
  }

  private func nextElement(end: UInt8, _ kind: String) throws(StreamError) -> Bool {
    guard let current = containers.last, current.isObject == (end == UInt8(ascii: "}")) else {
      throw syntax("\(kind) is not open here")
    }
    if try peekToken() == end {
      reader.consume(1)
      containers.removeLast()
      return false
    }
    if current.hasElement { try expect(UInt8(ascii: ","), "a comma or the end of \(kind)") }
    containers[containers.count - 1].hasElement = true
    return true
  }

  /// Skips white space and reads `byte`.
  func expect(_ byte: UInt8, _ wanted: String) throws(StreamError) {
    let found = try peekToken()
    guard found == byte else { throw unexpected(found, wanted: wanted) }
    reader.consume(1)
  }

  /// The next byte behind white space, unread.
  func peekToken() throws(StreamError) -> UInt8 {
    try skipSpace()
    return try peekByte()
  }

  /// The next byte, unread.
  func peekByte() throws(StreamError) -> UInt8 {
    while true {
      if let byte = reader.buffered.first { return byte }
      guard try reader.fill() else {
        throw StreamError(
          .truncated, path: reader.name, offset: position, message: "the JSON ends early",
          remedy: "the file is cut short; make or fetch it again")
      }
    }
  }

  private func skipSpace() throws(StreamError) {
    while true {
      let count = reader.buffered.prefix(while: Self.isSpace).count
      reader.consume(count)
      if !reader.buffered.isEmpty { return }
      guard try reader.fill() else { return }
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}
