import FalconetStreams

/// The framing of zstd (RFC 8878, section 3.1.1), as far as a block's frame has to be checked: zstd
/// itself takes several frames, skipped ones and frames without a checksum too.
enum ZstdFrame {
  /// Whether `frame` is one whole frame with no bytes after it that has a content checksum, no
  /// dictionary, and a content size of `count`.
  static func isPlain(_ frame: [UInt8], contentSize count: Int) -> Bool {
    guard frame.starts(with: [0x28, 0xB5, 0x2F, 0xFD]), frame.count > 5 else { return false }
    let descriptor = frame[4]
    let isSingleSegment = descriptor & 0x20 != 0
    // Checksum flag set, reserved bit and dictionary flag clear.
    guard descriptor & 0x0F == 0x04 else { return false }
    let sizeFlag = Int(descriptor >> 6)
    let sizeBytes = sizeFlag == 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag
    var position = isSingleSegment ? 5 : 6
    guard sizeBytes > 0, frame.count >= position + sizeBytes else { return false }
    // Two bytes hold the size less 256.
    let size = littleEndian(frame[position..<position + sizeBytes]) &+ (sizeBytes == 2 ? 256 : 0)
    guard size == UInt64(count) else { return false }
    position += sizeBytes
    while frame.count - position >= 3 {
      let block = Int(littleEndian(frame[position..<position + 3]))
      // Blocks of type 1 are one byte that is repeated.
      position += 3 + (block >> 1 & 3 == 1 ? 1 : block >> 3)
      if block & 1 == 1 { return frame.count - position == 4 }
    }
    return false
  }

  private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
