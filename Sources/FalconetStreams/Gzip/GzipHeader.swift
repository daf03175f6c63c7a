/// The header of a gzip member (RFC 1952 section 2.3), which is checked and skipped.
enum GzipHeader {
  static let magic: [UInt8] = [0x1F, 0x8B]

  private static let deflate: UInt8 = 8
  private static let hasHeaderCRC: UInt8 = 1 << 1
  private static let hasExtra: UInt8 = 1 << 2
  private static let hasName: UInt8 = 1 << 3
  private static let hasComment: UInt8 = 1 << 4
  private static let reserved: UInt8 = 0b1110_0000

  /// Reads a whole header. Time, operating system, names and extra fields are of no interest here.
  /// - Throws: `.truncated`, `.corrupt`, `.unsupported`, `.checksum` (header CRC).
  static func skip(from reader: ByteReader) throws(StreamError) {
    let offset = reader.position
    func failure(_ kind: StreamError.Kind, _ message: String) -> StreamError {
      StreamError(
        kind, path: reader.name, offset: offset, message: message,
        remedy: "the file is corrupt or not gzip")
    }

    var checksum = CRC32()
    func next(_ count: UInt64) throws(StreamError) -> [UInt8] {
      let bytes = try reader.readBytes(count)
      checksum.add(bytes)
      return bytes
    }
    func skipText() throws(StreamError) {
      while true {
        let byte = try reader.readUInt8()
        withUnsafeBytes(of: byte) { checksum.add($0) }
        if byte == 0 { return }
      }
    }

    guard try next(2) == magic else { throw failure(.corrupt, "not a gzip header") }
    // Method, flags, time of 4 bytes, extra flags, operating system.
    let fields = try next(8)
    let flags = fields[1]
    guard fields[0] == deflate else {
      throw failure(.unsupported, "the gzip header names a method other than deflate")
    }
    guard flags & reserved == 0 else {
      throw failure(.unsupported, "the gzip header has reserved flags set")
    }
    if flags & hasExtra != 0 {
      let length = try next(2)
      _ = try next(UInt64(length[0]) | UInt64(length[1]) << 8)
    }
    if flags & hasName != 0 { try skipText() }
    if flags & hasComment != 0 { try skipText() }
    if flags & hasHeaderCRC != 0 {
      let expected = UInt16(truncatingIfNeeded: checksum.value)
      // Little-endian in the file, as all numbers of gzip are.
      guard try reader.readUInt16().byteSwapped == expected else {
        throw failure(.checksum, "the gzip header does not match its checksum")
      }
    }
  }
}
