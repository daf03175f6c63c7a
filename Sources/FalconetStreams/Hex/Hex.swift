/// Hexadecimal text.
package enum Hex {
  static let digits = Array("0123456789abcdef".utf8)

  /// The bytes in lower case, with a leading `0x` if asked for.
  package static func encode(_ bytes: some Collection<UInt8>, prefix: Bool = false) -> String {
    String(decoding: encodedBytes(Array(bytes), prefix: prefix), as: UTF8.self)
  }

  /// The text of `encode` as ASCII bytes.
  static func encodedBytes(_ bytes: [UInt8], prefix: Bool) -> [UInt8] {
    let start = prefix ? 2 : 0
    return [UInt8](unsafeUninitializedCapacity: start + 2 * bytes.count) { text, count in
      if prefix { (text[0], text[1]) = (UInt8(ascii: "0"), UInt8(ascii: "x")) }
      var position = start
      for byte in bytes {
        text[position] = digit(byte >> 4)
        text[position + 1] = digit(byte & 15)
        position += 2
      }
      count = position
    }
  }

  /// The digit of a value below 16.
  @inline(__always)
  private static func digit(_ value: UInt8) -> UInt8 {
    value &+ (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
  }

  /// The bytes that `text` stands for: pairs of digits of either case, after an optional `0x` or
  /// `0X`.
  /// - Returns: Nil if another character or an odd number of digits is found.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    decode(utf8: Array(text.utf8))
  }

  /// The bytes that ASCII text stands for, as `decode(_:)`.
  package static func decode(utf8 text: [UInt8]) -> [UInt8]? {
    let hasPrefix = text.count >= 2 && text[0] == UInt8(ascii: "0") && text[1] | 0x20 == 0x78
    return decode(digits: text[(hasPrefix ? 2 : 0)...])
  }

  /// The bytes that pairs of digits of either case stand for; nil if there is another character or an odd number of
  /// digits.
  package static func decode(digits: ArraySlice<UInt8>) -> [UInt8]? {
    guard digits.count % 2 == 0 else { return nil }
    // What is no digit sets a bit that no digit's value has.
    var all: UInt8 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: digits.count / 2) { bytes, count in
      digits.withUnsafeBufferPointer { digits in
        for place in 0..<digits.count / 2 {
          let (high, low) = (digitValue(digits[2 * place]), digitValue(digits[2 * place + 1]))
          all |= high | low
          bytes[place] = high << 4 | low & 0xF
        }
        count = digits.count / 2
      }
    }
    return all & notDigit == 0 ? bytes : nil
  }

  private static let notDigit: UInt8 = 0x80

  /// The value of an ASCII digit, or one with ``notDigit``'s bit: without a branch, so that a processor computes many at
  /// once.
  @inline(__always)
  private static func digitValue(_ digit: UInt8) -> UInt8 {
    let decimal = digit &- UInt8(ascii: "0")
    // The lower case.
    let letter = (digit | 0x20) &- UInt8(ascii: "a")
    let ofLetter = letter < 6 ? letter &+ 10 : notDigit
    return decimal < 10 ? decimal : ofLetter
  }

  /// The value of an ASCII digit; nil if it is none.
  package static func value(of digit: UInt8) -> UInt8? {
    let value = digitValue(digit)
    return value == notDigit ? nil : value
  }
}
