import FalconetStreams
import Keccak

/// A record of ``ClaimLog``, 44 bytes: index, 8 bytes big-endian; the claim after that step, 32
/// bytes; CRC-32 of the 40 bytes before, 4 bytes big-endian.
struct ClaimRecord {
  static let size = 44
  private static let contentSize = 40

  let index: UInt64
  let claim: Bytes32

  init(index: UInt64, claim: Bytes32) {
    self.index = index
    self.claim = claim
  }

  /// The record in 44 bytes; nil where there are fewer, or the checksum is another.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.size else { return nil }
    let record = bytes.withUnsafeBytes { Self($0) }
    guard let record else { return nil }
    self = record
  }

  /// Soundness: all callers pass 44 bytes.
  private init?(_ bytes: UnsafeRawBufferPointer) {
    let content = UnsafeRawBufferPointer(rebasing: bytes[..<Self.contentSize])
    let checksum = bytes.loadUnaligned(fromByteOffset: Self.contentSize, as: UInt32.self)
    guard CRC32(content).value == UInt32(bigEndian: checksum), let start = bytes.baseAddress
    else { return nil }
    index = UInt64(bigEndian: content.loadUnaligned(as: UInt64.self))
    claim = Bytes32(readingFrom: start + 8)
  }

  /// Calls `body` with each whole record's number and content, nil where its checksum is another.
  static func forEach(in bytes: [UInt8], _ body: (Int, ClaimRecord?) -> Void) {
    bytes.withUnsafeBytes { bytes in
      for number in 0..<bytes.count / size {
        let start = number * size
        body(number, Self(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])))
      }
    }
  }

  var bytes: [UInt8] {
    let content = Self.bigEndian(index) + claim.bytes
    return content + Self.bigEndian(Self.checksum(content))
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CRC32()
    checksum.add(bytes)
    return checksum.value
  }

  static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
