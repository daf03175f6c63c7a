import FalconetMachine
import FalconetStreams
import Keccak

/// A `.fsnap` file taken apart and put together without the library's reader and writer, so that
/// tests can make files that lie and whose checksums are right all the same.
struct FsnapParts {
  struct Section {
    var kind: String
    var flags: UInt8 = 1
    var content: [UInt8]
  }

  var claim: [UInt8]
  var formatVersion: UInt8
  var version: UInt8
  var step: UInt64
  var witness: [UInt8]
  var depth: UInt8
  var pagesPerBlock: UInt16
  var pageCount: UInt64
  var storedCount: UInt64
  var digest: [UInt8]
  /// Nil writes the size that the trailer has.
  var trailerBytes: UInt64?
  /// All but the trailer.
  var sections: [Section]
  /// Nil writes the offsets that the blocks have.
  var blockOffsets: [UInt64]?

  /// Takes a correct file apart.
  init(_ bytes: [UInt8]) {
    func integer(_ offset: Int, _ count: Int) -> UInt64 {
      bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
    claim = Array(bytes[..<32])
    formatVersion = bytes[40]
    version = bytes[41]
    step = integer(42, 8)
    let tail = 52 + Int(integer(50, 2))
    witness = Array(bytes[52..<tail])
    depth = bytes[tail]
    pagesPerBlock = UInt16(integer(tail + 1, 2))
    pageCount = integer(tail + 3, 8)
    storedCount = integer(tail + 11, 8)
    digest = Array(bytes[tail + 19..<tail + 51])
    sections = []
    var offset = tail + 63
    while offset < bytes.count {
      let length = Int(integer(offset + 5, 8))
      let kind = String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
      let content = Array(bytes[offset + 13..<offset + 13 + length])
      sections.append(Section(kind: kind, flags: bytes[offset + 4], content: content))
      offset += 17 + length
    }
    sections.removeLast()
  }

  /// The file, with all checksums right.
  var bytes: [UInt8] {
    let blocks = UInt64(sections.count { $0.kind == "BLCK" })
    var file = claim + [0x89] + "FSNAP\r\n".utf8 + [formatVersion, version] + Self.big(step)
    file += Self.big(UInt16(witness.count)) + witness + [depth] + Self.big(pagesPerBlock)
    file += Self.big(pageCount) + Self.big(storedCount) + digest
    file += Self.big(trailerBytes ?? 17 + 8 * blocks)
    file += Self.checksum(file)
    let header = Array(file.suffix(4))
    var offsets: [UInt64] = []
    func append(_ section: Section) {
      if section.kind == "BLCK" { offsets.append(UInt64(file.count)) }
      let heading =
        Array(section.kind.utf8) + [section.flags] + Self.big(UInt64(section.content.count))
      let whole = heading + section.content
      file += whole + Self.checksum(header + Self.big(UInt64(file.count)) + whole)
    }
    for section in sections { append(section) }
    append(Section(kind: "INDX", content: (blockOffsets ?? offsets).flatMap { Self.big($0) }))
    return file
  }

  /// The place of the first section of a kind.
  func first(_ kind: String) -> Int { sections.firstIndex { $0.kind == kind } ?? 0 }

  /// Gives the witness another memory root, and the file the claim that goes with it.
  mutating func setMemoryRoot(_ root: Bytes32) {
    witness.replaceSubrange(..<32, with: root.bytes)
    claim = [claim[0]] + Keccak256.hash(witness).bytes.dropFirst()
  }

  /// The page table: entries of 40 bytes.
  var table: [[UInt8]] {
    get {
      let content = sections[first("PAGE")].content
      return stride(from: 0, to: content.count, by: 40).map { Array(content[$0..<$0 + 40]) }
    }
    set {
      sections[first("PAGE")].content = Array(newValue.joined())
      digest = Keccak256.hash(Array(newValue.joined())).bytes
    }
  }

  static func big(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var checksum = CRC32()
    checksum.add(bytes)
    return big(checksum.value)
  }
}
