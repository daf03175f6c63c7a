import CXXHash
import FalconetStreams

/// How the blocks of a table are checked.
enum TableChecksum: UInt8 {
  case none = 0
  case crc32c = 1
  case xxHash32 = 2
  case xxHash64 = 3
  case xxh3 = 4

  /// The checksum of bytes of which the last one, in a block, is its compression.
  func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    guard let last = bytes.last else { return 0 }
    return switch self {
    case .none: 0
    case .crc32c: Self.maskedCRC32C(bytes)
    // Sound: the functions read as many bytes as they are told, and keep no pointer.
    case .xxHash32: bytes.withUnsafeBytes { xxh32_of($0.baseAddress, $0.count) }
    case .xxHash64:
      bytes.withUnsafeBytes { UInt32(truncatingIfNeeded: xxh64_of($0.baseAddress, $0.count)) }
    case .xxh3:
      bytes.dropLast().withUnsafeBytes {
        UInt32(truncatingIfNeeded: xxh3_of($0.baseAddress, $0.count))
      } ^ (UInt32(last) &* 0x6B90_83D9)
    }
  }

  /// CRC-32C, changed so that a checksum of bytes with checksums among them is no simple one.
  static func maskedCRC32C(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let crc = bytes.withUnsafeBytes { CRC32C.of($0) }
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }
}
