extension JSONReader {
  /// Reads an object of a string and two whole numbers, in the order of `keys`, if it is a plain one: a string of ASCII
  /// without escapes, and all of it in the buffer. A list of many such objects is then read
  /// several times as fast.
  ///
  /// - Parameter take: gets the string's bytes, which are valid during the call, and the numbers, and says whether it
  ///   accepts them.
  /// - Returns: whether it was read. If not, nothing was, and whoever reads it by its parts finds what is wrong.
  package func readPlainRecord(
    keys: [[UInt8]], _ take: (UnsafeRawBufferPointer, UInt64, UInt64) -> Bool
  ) -> Bool {
    var scanner = RecordScanner(bytes: reader.buffered)
    guard scanner.skips(UInt8(ascii: "{")), scanner.skips(key: keys[0]),
      let text = scanner.string(), scanner.skips(UInt8(ascii: ",")), scanner.skips(key: keys[1]),
      let first = scanner.number(), scanner.skips(UInt8(ascii: ",")), scanner.skips(key: keys[2]),
      let second = scanner.number(), scanner.skips(UInt8(ascii: "}")),
      take(UnsafeRawBufferPointer(rebasing: scanner.bytes[text]), first, second)
    else { return false }
    reader.consume(scanner.index)
    return true
  }
}

/// Goes through bytes of JSON as long as they are what is looked for.
///
/// Safety: `index` stays within the bytes, which are valid as long as nobody reads from their owner.
private struct RecordScanner {
  let bytes: UnsafeRawBufferPointer
  private(set) var index = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private mutating func skipSpace() {
    while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x0A { index += 1 }
  }

  /// Skips white space and a byte, if it is that one.
  mutating func skips(_ byte: UInt8) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }

  /// Skips a key and its colon, if it is that one.
  mutating func skips(key: [UInt8]) -> Bool {
    guard skips(UInt8(ascii: "\"")), bytes.count - index > key.count else { return false }
    for byte in key {
      guard bytes[index] == byte else { return false }
      index += 1
    }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return false }
    index += 1
    return skips(UInt8(ascii: ":"))
  }

  /// Where the bytes of a plain string are.
  mutating func string() -> Range<Int>? {
    guard skips(UInt8(ascii: "\"")) else { return nil }
    let start = index
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\"") { return start..<index - 1 }
      guard (0x20..<0x80).contains(byte), byte != UInt8(ascii: "\\") else { return nil }
    }
    return nil
  }

  /// A whole number, whose end is in the bytes.
  mutating func number() -> UInt64? {
    skipSpace()
    let start = index
    var value: UInt64 = 0
    while index < bytes.count {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      let (tens, high) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
      guard !high, !carry else { return nil }
      value = sum
      index += 1
    }
    // What follows a number that is no whole one is no comma and no brace.
    guard index > start, index < bytes.count,
      index == start + 1 || bytes[start] != UInt8(ascii: "0")
    else { return nil }
    return value
  }
}
