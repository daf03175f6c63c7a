import FalconetMachine
import FalconetStreams
import Keccak

/// A record of ``ClaimLog``, 44 bytes: a number, 8 bytes big-endian; a content, 32 bytes; CRC-32 of the
/// 40 bytes before, 4 bytes big-endian.
///
/// Of a claim, the number is the index, and the content begins with the status, 0 to 3. Records of
/// another ``Tag`` say what the claims after them depend on. A claim of another VM may begin with any byte:
/// a record before it has that byte, and 3 stands in its place.
struct ClaimRecord {
  static let size = 44
  private static let contentSize = 40

  /// The first byte of the content of a record that is no claim.
  enum Tag: UInt8 {
    /// A local key, without its type.
    case key = 0x4B
    /// The hash of the pre-image of the key in the record before, without its first byte.
    case value = 0x56
    /// The hash of the source's identity, without its first byte; zeros for none.
    case source = 0x53
    /// Number 1: files were adopted whose inputs are not known; 0: they are.
    case adoption = 0x41
    /// The next record is the claim at this index, and was adopted, or computed from an adopted state.
    case adopted = 0x42
    /// The input of this number, which comes next, is known from an adopted file alone.
    case adoptedInput = 0x49
    /// The next record is the claim at this index, of another VM. This one has its first byte, after the tag.
    case firstByte = 0x46
    /// What was adopted, and is not confirmed, is discarded.
    case discard = 0x44
  }

  let index: UInt64
  let claim: Bytes32

  /// In place of the first byte of a claim of another VM.
  private static let anyByte: UInt8 = 3

  /// The records of a claim of another VM.
  static func foreign(_ index: UInt64, _ claim: Bytes32) -> [ClaimRecord] {
    var (start, rest) = (Bytes32(), claim)
    start[1] = claim[0]
    rest[0] = anyByte
    return [ClaimRecord(.firstByte, index, start), ClaimRecord(index: index, claim: rest)]
  }

  /// The claim of another VM after this record, which has its first byte; nil if that is not one.
  func foreignClaim(_ next: ClaimRecord) -> Bytes32? {
    guard tag == .firstByte, next.index == index, next.claim[0] == Self.anyByte else { return nil }
    var result = next.claim
    result[0] = claim[1]
    return result
  }

  init(index: UInt64, claim: Bytes32) {
    self.index = index
    self.claim = claim
  }

  /// A record whose content is a hash or a key, its first byte replaced by a tag.
  init(_ tag: Tag, _ number: UInt64 = 0, _ content: Bytes32 = Bytes32()) {
    index = number
    var content = content
    content[0] = tag.rawValue
    claim = content
  }

  /// What kind of record it is; nil of a claim, and of one that is of no kind.
  var tag: Tag? { Tag(rawValue: claim[0]) }

  /// Whether the content can be a claim.
  var isClaim: Bool { claim[0] <= 3 }

  /// The record in 44 bytes; nil if there are fewer, or the checksum is another.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.size else { return nil }
    let record = bytes.withUnsafeBytes { Self($0) }
    guard let record else { return nil }
    self = record
  }

  /// Safety: all callers pass 44 bytes.
  private init?(_ bytes: UnsafeRawBufferPointer) {
    let content = UnsafeRawBufferPointer(rebasing: bytes[..<Self.contentSize])
    let checksum = bytes.loadUnaligned(fromByteOffset: Self.contentSize, as: UInt32.self)
    guard CRC32(content).value == UInt32(bigEndian: checksum), let start = bytes.baseAddress
    else { return nil }
    index = UInt64(bigEndian: content.loadUnaligned(as: UInt64.self))
    claim = Bytes32(readingFrom: start + 8)
  }

  /// Calls `body` with each whole record's number and content, nil if its checksum is another.
  static func forEach(in bytes: [UInt8], _ body: (Int, ClaimRecord?) -> Void) {
    bytes.withUnsafeBytes { bytes in
      for number in 0..<bytes.count / size {
        let start = number * size
        body(number, Self(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])))
      }
    }
  }

  var bytes: [UInt8] {
    let content = index.bigEndianBytes + claim.bytes
    return content + Self.checksum(content).bigEndianBytes
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CRC32()
    checksum.add(bytes)
    return checksum.value
  }
}
