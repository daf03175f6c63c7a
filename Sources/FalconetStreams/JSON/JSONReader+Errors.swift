extension JSONReader {
  /// A syntax error at the current position, or where one began.
  func syntax(_ message: String, at offset: UInt64? = nil) -> StreamError {
    StreamError(
      .syntax, path: reader.name, offset: offset ?? position, message: message,
      remedy: "the file is corrupt or of another format")
  }

  /// The error of a character that can't stand where it does.
  func unexpected(_ byte: UInt8, wanted: String) -> StreamError {
    let found =
      (0x21...0x7E).contains(byte)
      ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte 0x" + Hex.encode([byte])
    return syntax("\(wanted) was expected instead of \(found)")
  }
}
