/// JSON strings as Go's encoding/json writes them with HTML escaping on, which is its default.
enum JSONText {
  /// `bytes` in quotes. `<`, `>` and `&` are escaped, as are U+2028 and U+2029; control characters
  /// have `\n`, `\r`, `\t` or `\u00XX`; each byte that is not part of valid UTF-8 becomes `\ufffd`.
  static func quoted(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count + 2)
    text.append(UInt8(ascii: "\""))
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte < 0x80 {
        append(ascii: byte, to: &text)
        index += 1
      } else if let length = sequenceLength(bytes, at: index) {
        let sequence = bytes[index..<index + length]
        // U+2028 is E2 80 A8, U+2029 is E2 80 A9.
        if sequence.elementsEqual([0xE2, 0x80, 0xA8]) {
          text += "\\u2028".utf8
        } else if sequence.elementsEqual([0xE2, 0x80, 0xA9]) {
          text += "\\u2029".utf8
        } else {
          text += sequence
        }
        index += length
      } else {
        text += "\\ufffd".utf8
        index += 1
      }
    }
    text.append(UInt8(ascii: "\""))
    return text
  }

  private static func append(ascii byte: UInt8, to text: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      text.append(UInt8(ascii: "\\"))
      text.append(byte)
    case UInt8(ascii: "\n"): text += "\\n".utf8
    case UInt8(ascii: "\r"): text += "\\r".utf8
    case UInt8(ascii: "\t"): text += "\\t".utf8
    case 0..<0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
      text += "\\u00".utf8
      text.append(Hex.digits[Int(byte >> 4)])
      text.append(Hex.digits[Int(byte & 15)])
    default: text.append(byte)
    }
  }

  /// The length of the UTF-8 sequence of two to four bytes at `index`; nil if there is none
  /// (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
  private static func sequenceLength(_ bytes: [UInt8], at index: Int) -> Int? {
    let lead = bytes[index]
    var second: ClosedRange<UInt8> = 0x80...0xBF
    let length: Int
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if lead == 0xE0 { second = 0xA0...0xBF }
      if lead == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      length = 4
      if lead == 0xF0 { second = 0x90...0xBF }
      if lead == 0xF4 { second = 0x80...0x8F }
    default: return nil
    }
    guard index + length <= bytes.count, second.contains(bytes[index + 1]),
      bytes[(index + 2)..<(index + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
    else { return nil }
    return length
  }
}
