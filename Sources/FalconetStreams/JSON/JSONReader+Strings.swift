extension JSONReader {
  /// Reads a string of at most `maxBytes` bytes in UTF-8, escapes resolved.
  /// - Throws: `.tooLarge` above the limit, `.syntax`, `.truncated`.
  package func readString(
    maxBytes: Int = JSONReader.defaultMaximumString
  ) throws(StreamError) -> String {
    let bytes = try readStringBytes(maxBytes: maxBytes)
    // Validated by `readStringBytes`.
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads a string as UTF-8 bytes. Runs without escapes are copied whole, so that long base64
  /// and hexadecimal costs little.
  package func readStringBytes(
    maxBytes: Int = JSONReader.defaultMaximumString
  ) throws(StreamError) -> [UInt8] {
    try peekString()
    let offset = position
    var bytes: [UInt8] = []
    try scanString { (run) throws(StreamError) in
      guard run.count <= maxBytes - bytes.count else {
        throw StreamError(
          .tooLarge, path: self.reader.name, offset: offset,
          message: "a string is longer than \(maxBytes) bytes",
          remedy: "the file is corrupt or of another format")
      }
      bytes.append(contentsOf: run)
    }
    guard Self.isUTF8(bytes) else { throw syntax("a string is not valid UTF-8", at: offset) }
    return bytes
  }

  /// Reads a string of hexadecimal digits, with or without `0x`, of at most `maxBytes` bytes.
  package func readHex(maxBytes: Int) throws(StreamError) -> [UInt8] {
    try peekString()
    let offset = position
    let (digits, overflow) = maxBytes.multipliedReportingOverflow(by: 2)
    let limit = overflow || digits > .max - 2 ? Int.max : digits + 2
    guard let bytes = Hex.decode(utf8: try readStringBytes(maxBytes: limit)) else {
      throw syntax("a string is not hexadecimal", at: offset)
    }
    guard bytes.count <= maxBytes else {
      throw StreamError(
        .tooLarge, path: reader.name, offset: offset,
        message: "a hexadecimal string has more than \(maxBytes) bytes")
    }
    return bytes
  }

  /// Reads a string of hexadecimal digits, as ``readHex(maxBytes:)``, and hands out in parts what it
  /// stands for, so that memory does not grow with it.
  package func readHex(
    maxBytes: Int, _ take: ([UInt8]) throws(StreamError) -> Void
  ) throws(StreamError) {
    try peekString()
    let offset = position
    var text: [UInt8] = []
    var isFirst = true
    var count = 0
    func decode(_ size: Int) throws(StreamError) {
      let part = Array(text.prefix(size))
      // An `0x` is allowed at the start alone.
      let hasPrefix = !isFirst && part.count >= 2 && part[1] | 0x20 == UInt8(ascii: "x")
      guard !hasPrefix, let bytes = Hex.decode(utf8: part) else {
        throw syntax("a string is not hexadecimal", at: offset)
      }
      guard bytes.count <= maxBytes - count else {
        throw StreamError(
          .tooLarge, path: reader.name, offset: offset,
          message: "a hexadecimal string has more than \(maxBytes) bytes")
      }
      try take(bytes)
      count += bytes.count
      text.removeFirst(size)
      isFirst = false
    }
    try scanString { (run) throws(StreamError) in
      text.append(contentsOf: run)
      if text.count >= 1 << 16 { try decode(text.count & ~1) }
    }
    try decode(text.count)
  }

  /// Reads a string and drops it. Its escapes are checked, but not that it is UTF-8.
  func skipString() throws(StreamError) {
    try peekString()
    try scanString { (_) throws(StreamError) in }
  }

  private func peekString() throws(StreamError) {
    let first = try peekToken()
    guard first == UInt8(ascii: "\"") else { throw unexpected(first, wanted: "a string") }
  }

  /// Reads a string, quotes included, and hands out what it holds in pieces.
  private func scanString(
    _ take: (UnsafeRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError) {
    reader.consume(1)
    while true {
      let buffered = reader.buffered
      let length = Self.plainLength(buffered)
      if length > 0 {
        try take(UnsafeRawBufferPointer(rebasing: buffered[..<length]))
        reader.consume(length)
        continue
      }
      let byte = try peekByte()
      if byte == UInt8(ascii: "\"") {
        reader.consume(1)
        return
      } else if byte == UInt8(ascii: "\\") {
        let scalar = try readEscape()
        let utf8 = Array(String(Character(scalar)).utf8)
        try utf8.withUnsafeBufferPointer { (utf8) throws(StreamError) in
          try take(UnsafeRawBufferPointer(utf8))
        }
      } else if byte < 0x20 {
        throw syntax("a string holds an unescaped control character")
      }
    }
  }

  /// The number of bytes before the first that ends or escapes a string or can't stand in one.
  private static func plainLength(_ bytes: UnsafeRawBufferPointer) -> Int {
    for index in 0..<bytes.count {
      let byte = bytes[index]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return index }
    }
    return bytes.count
  }

  /// Reads an escape from its backslash on.
  private func readEscape() throws(StreamError) -> UnicodeScalar {
    let offset = position
    reader.consume(1)
    let letter = try peekByte()
    reader.consume(1)
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UnicodeScalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw syntax("a string has an unknown escape", at: offset)
    }
    let unit = try readHexUnit()
    if let scalar = UnicodeScalar(unit) { return scalar }
    // The first half of a pair of surrogates; the second has to follow.
    guard unit < 0xDC00, try reader.peek(upTo: 2) == Array("\\u".utf8) else {
      throw syntax("a string has half a surrogate pair", at: offset)
    }
    reader.consume(2)
    let low = try readHexUnit()
    guard (0xDC00...0xDFFF).contains(low),
      let scalar = UnicodeScalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { throw syntax("a string has half a surrogate pair", at: offset) }
    return scalar
  }

  private func readHexUnit() throws(StreamError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      let byte = try peekByte()
      guard let digit = Hex.value(of: byte) else {
        throw unexpected(byte, wanted: "a hexadecimal digit")
      }
      unit = unit << 4 | UInt32(digit)
      reader.consume(1)
    }
    return unit
  }

  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
  }
}
