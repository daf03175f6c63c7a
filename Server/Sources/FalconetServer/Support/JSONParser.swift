/// Why a text is not JSON.
struct JSONFault: Error, Equatable {
  let reason: String
  let offset: Int
}

extension JSON {
  /// Parses a text of a client: bounded in depth, and with no name twice in an object.
  init(parsing bytes: [UInt8]) throws(JSONFault) {
    var parser = JSONParser(bytes)
    self = try parser.document()
  }
}

private struct JSONParser {
  /// The most levels of arrays and objects.
  static let depthLimit = 32

  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONFault) -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw fault("more follows the value") }
    return value
  }

  private func fault(_ reason: String) -> JSONFault { JSONFault(reason: reason, offset: offset) }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSON {
    guard depth <= Self.depthLimit else { throw fault("too many levels") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw fault("the text ends early")
    case let byte?:
      guard "-0123456789".utf8.contains(byte) else { throw fault("no value begins like this") }
      return try number()
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSON) throws(JSONFault) -> JSON {
    let expected = Array("\(text)".utf8)
    guard bytes[offset...].starts(with: expected) else { throw fault("no value begins like this") }
    offset += expected.count
    return value
  }

  private mutating func object(_ depth: Int) throws(JSONFault) -> JSON {
    offset += 1
    var members: [JSON.Member] = []
    var names: Set<String> = []
    if take("}") { return .object([]) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw fault("a name must follow") }
      let name = try string()
      guard names.insert(name).inserted else { throw fault("a name appears twice") }
      guard take(":") else { throw fault("a colon must follow the name") }
      members.append(JSON.Member(name: name, value: try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw fault("the object must end here") }
    return .object(members)
  }

  private mutating func array(_ depth: Int) throws(JSONFault) -> JSON {
    offset += 1
    var values: [JSON] = []
    if take("]") { return .array([]) }
    repeat { values.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw fault("the array must end here") }
    return .array(values)
  }

  private mutating func number() throws(JSONFault) -> JSON {
    let start = offset
    while let byte = next, "+-.0123456789Ee".utf8.contains(byte) { offset += 1 }
    let digits = bytes[start..<offset]
    let text = String(decoding: digits, as: UTF8.self)
    let isWhole = digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    // Zeros in front, and points at either end, are no JSON.
    let unsigned = digits.first == UInt8(ascii: "-") ? digits.dropFirst() : digits
    let isLeading = unsigned.count > 1 && unsigned.first == UInt8(ascii: "0")
    if isLeading, let second = unsigned.dropFirst().first,
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(second)
    {
      throw fault("a number begins with 0")
    }
    if isWhole, let value = UInt64(text) { return .count(value) }
    guard let first = unsigned.first, let last = digits.last,
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last), !text.contains(".e"),
      !text.contains(".E"), let value = Double(text), value.isFinite
    else { throw fault("this is no number") }
    // Programs that know no whole numbers write 5.0.
    if value >= 0, value < 0x1p53, value == value.rounded() { return .count(UInt64(value)) }
    return .number(value)
  }

  private mutating func string() throws(JSONFault) -> String {
    offset += 1
    var text: [UInt8] = []
    while true {
      guard let byte = next else { throw fault("the string ends early") }
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw fault("the string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): try escape(&text)
      case ..<0x20: throw fault("a control character must be escaped")
      default: text.append(byte)
      }
    }
  }

  private mutating func escape(_ text: inout [UInt8]) throws(JSONFault) {
    guard let byte = next else { throw fault("the string ends early") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "u"):
      var code = try unit()
      if (0xD800..<0xDC00).contains(code) {
        guard bytes[offset...].starts(with: "\\u".utf8) else { throw fault("half a character") }
        offset += 2
        let low = try unit()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half a character") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half a character") }
      text += String(scalar).utf8
    default: throw fault("no escape looks like this")
    }
  }

  private mutating func unit() throws(JSONFault) -> UInt32 {
    guard offset + 4 <= bytes.count,
      bytes[offset..<offset + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
    else { throw fault("four hexadecimal digits must follow") }
    offset += 4
    return value
  }
}
