extension JSONReader {
  /// Reads a whole number from 0 to `limit`.
  /// - Throws: `.syntax` for a negative number, a fraction, an exponent or leading zeros,
  ///   `.tooLarge` above the limit.
  package func readUInt64(upTo limit: UInt64 = .max) throws(StreamError) -> UInt64 {
    let first = try peekToken()
    let offset = position
    guard let digit = Self.digit(first) else { throw unexpected(first, wanted: "a whole number") }
    reader.consume(1)
    var value = digit
    var overflow = false
    while let digit = try peekDigit() {
      if first == UInt8(ascii: "0") { throw syntax("a number has leading zeros", at: offset) }
      let (tens, high) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(digit)
      overflow = overflow || high || carry
      value = sum
      reader.consume(1)
    }
    if let next = try peekNumberPart(), ".eE".utf8.contains(next) {
      throw syntax("a whole number was expected", at: offset)
    }
    guard !overflow, value <= limit else {
      throw StreamError(
        .tooLarge, path: reader.name, offset: offset,
        message: "a number is above its limit of \(limit)",
        remedy: "the file is corrupt or of another format")
    }
    return value
  }

  /// Reads a whole number from 0 to 2^32-1.
  package func readUInt32() throws(StreamError) -> UInt32 {
    UInt32(truncatingIfNeeded: try readUInt64(upTo: UInt64(UInt32.max)))
  }

  /// Reads a whole number from 0 to 255.
  package func readUInt8() throws(StreamError) -> UInt8 {
    UInt8(truncatingIfNeeded: try readUInt64(upTo: UInt64(UInt8.max)))
  }

  /// Reads any number and drops it.
  func skipNumber() throws(StreamError) {
    if try peekByte() == UInt8(ascii: "-") { reader.consume(1) }
    let offset = position
    let isZero = try peekByte() == UInt8(ascii: "0")
    if try skipDigits() > 1, isZero { throw syntax("a number has leading zeros", at: offset) }
    if try peekNumberPart() == UInt8(ascii: ".") {
      reader.consume(1)
      _ = try skipDigits()
    }
    if let next = try peekNumberPart(), next | 0x20 == UInt8(ascii: "e") {
      reader.consume(1)
      let sign = try peekByte()
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { reader.consume(1) }
      _ = try skipDigits()
    }
  }

  /// Reads one digit or more.
  /// - Returns: Their number.
  private func skipDigits() throws(StreamError) -> Int {
    let first = try peekByte()
    guard Self.digit(first) != nil else { throw unexpected(first, wanted: "a digit") }
    var count = 0
    while try peekDigit() != nil {
      reader.consume(1)
      count += 1
    }
    return count
  }

  private func peekDigit() throws(StreamError) -> UInt64? {
    try peekNumberPart().flatMap(Self.digit)
  }

  /// The next byte, unread; nil at the end, if a number may end too.
  private func peekNumberPart() throws(StreamError) -> UInt8? {
    try reader.isAtEnd() ? nil : peekByte()
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? UInt64(byte & 15) : nil
  }
}
