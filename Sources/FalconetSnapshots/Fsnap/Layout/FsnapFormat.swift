import FalconetMachine
import FalconetStreams

/// The fixed numbers of the `.fsnap` format. Its specification is `docs/snapshot-formats.md`.
enum FsnapFormat {
  /// Bytes 32 to 39 of every file. The first byte is no ASCII and the last two are a line end, so
  /// that a transfer as text shows.
  static let magic: [UInt8] = [0x89, 0x46, 0x53, 0x4E, 0x41, 0x50, 0x0D, 0x0A]
  /// Where the magic number begins: behind the claim.
  static let magicOffset = 32
  /// The version of the format.
  static let version: UInt8 = 1
  /// The longest chain of deltas, the full image at its end not counted.
  static let maximumDepth = 64
  /// Pages of a block if the writer has no reason for another number: 256 KiB.
  static let defaultPagesPerBlock = 64
  /// A reader holds some blocks in memory, so their size is bounded.
  static let maximumPagesPerBlock = 128
  /// The most pages, those that a delta removes counted apart, of a file that is compressed as a
  /// whole: 2 GiB. Few bytes could otherwise be a page table of gigabytes, which is held in memory.
  static let maximumCompressedPages: UInt64 = 1 << 19
  /// The zstd level if none is asked for. Higher ones save little on memory pages.
  static let defaultLevel: Int32 = 1
  /// The most bytes of a revision's name.
  static let maximumRevisionBytes = 64
  /// Bytes of an entry of a page table: index and root.
  static let tableEntryBytes = 40
  /// Bytes of a block's number in front of its zstd frame.
  static let blockNumberBytes = 4

  /// The most bytes that a block's section may have: room for pages that zstd can't compress.
  static func blockSectionLimit(pages: Int) -> UInt64 {
    UInt64(blockNumberBytes + pages * (Memory.pageSize + 256))
  }
}

/// What a section holds: four ASCII characters, as a big-endian integer.
struct SectionKind: Equatable, CustomStringConvertible {
  let code: UInt32

  /// The base of a delta.
  static let base = SectionKind(code: 0x4241_5345)  // BASE
  /// The state without its memory.
  static let state = SectionKind(code: 0x5354_4154)  // STAT
  /// The name of the revision that led to the state. Optional.
  static let revision = SectionKind(code: 0x5245_564E)  // REVN
  /// Indices and roots of the file's pages.
  static let pages = SectionKind(code: 0x5041_4745)  // PAGE
  /// A block of pages.
  static let block = SectionKind(code: 0x424C_434B)  // BLCK
  /// Where the blocks begin: the trailer.
  static let index = SectionKind(code: 0x494E_4458)  // INDX

  /// The kinds that are mandatory.
  static let known: [SectionKind] = [base, state, pages, block, index]

  var description: String {
    let bytes = withUnsafeBytes(of: code.bigEndian) { Array($0) }
    guard bytes.allSatisfy({ 0x20 < $0 && $0 < 0x7F }) else {
      return "0x" + Hex.encode(bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What comes before a section's content.
struct SectionHeading {
  /// Bytes of the kind, the flags and the length.
  static let byteCount = 13
  /// Bytes of a section besides its content: the heading and the checksum.
  static let overhead = 17
  /// The flag of a section that a reader must understand.
  static let mandatory: UInt8 = 1

  let kind: SectionKind
  let flags: UInt8
  /// Bytes of the content.
  let length: UInt64
  /// Where the section begins in the file.
  let offset: UInt64

  var isMandatory: Bool { flags & Self.mandatory != 0 }

  /// Where the content begins in the file.
  var contentOffset: UInt64 { offset &+ UInt64(Self.byteCount) }

  /// A section's checksum begins with what ties it to its file and its place: the header's
  /// checksum and the section's offset, then the heading.
  func checksum(of header: UInt32) -> CRC32 {
    var encoder = BigEndianBytes()
    encoder.append(header)
    encoder.append(offset)
    encoder.append(contentsOf: bytes)
    var checksum = CRC32()
    checksum.add(encoder.bytes)
    return checksum
  }

  /// The heading as it is in the file.
  var bytes: [UInt8] {
    var encoder = BigEndianBytes()
    encoder.append(kind.code)
    encoder.append(flags)
    encoder.append(length)
    return encoder.bytes
  }
}

/// Collects big-endian integers.
struct BigEndianBytes {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(contentsOf other: [UInt8]) { bytes += other }
}
