import FalconetMachine
import FalconetStreams
import Keccak

/// Makes the checksums of a `.fsnap` file right, and the hashes over what its header holds, whatever
/// else is wrong with it, so that fuzzing gets behind them.
enum FsnapSeal {
  /// The parts of a file, as far as their sizes make sense.
  struct Outline {
    /// Where the tail of the header begins, behind the witness.
    let tail: Int
    /// Headings and contents of the sections.
    let sections: [(kind: String, range: Range<Int>)]

    /// The content of the first section of a kind.
    func content(_ kind: String) -> Range<Int>? { contents(kind).first }

    /// The contents of all sections of a kind.
    func contents(_ kind: String) -> [Range<Int>] {
      sections.filter { $0.kind == kind }.map {
        $0.range.lowerBound + headingBytes..<$0.range.upperBound
      }
    }
  }

  static let witnessOffset = 52
  static let tailBytes = 63
  private static let stepOffset = 42
  private static let headingBytes = 13

  static func seal(_ bytes: inout [UInt8]) {
    guard let outline = outline(of: bytes) else { return }
    let (tail, end) = (outline.tail, outline.tail + tailBytes)
    // Byte 0 is the status.
    let claim = Keccak256.hash(Array(bytes[witnessOffset..<tail]))
    bytes.replaceSubrange(1..<32, with: claim.bytes.dropFirst())
    if let table = outline.content("PAGE") {
      put(Keccak256.hash(Array(bytes[table])).bytes, at: tail + 19, of: &bytes)
    }
    put(checksum(of: Array(bytes[..<(end - 4)])), at: end - 4, of: &bytes)
    let header = Array(bytes[end - 4..<end])
    for section in outline.sections {
      let whole = Array(bytes[section.range])
      let place = Packing.big(UInt64(section.range.lowerBound))
      put(checksum(of: header + place + whole), at: section.range.upperBound, of: &bytes)
    }
  }

  /// Nil if the bytes end before the header does.
  static func outline(of bytes: [UInt8]) -> Outline? {
    guard bytes.count >= witnessOffset else { return nil }
    let tail = witnessOffset + (Int(bytes[50]) << 8 | Int(bytes[51]))
    guard bytes.count >= tail + tailBytes else { return nil }
    var sections: [(kind: String, range: Range<Int>)] = []
    var offset = tail + tailBytes
    while bytes.count - offset >= headingBytes + 4 {
      let length = bytes[offset + 5..<offset + headingBytes].bigEndian
      guard length <= UInt64(bytes.count - offset - headingBytes - 4) else { break }
      let end = offset + headingBytes + Int(length)
      sections.append((String(decoding: bytes[offset..<offset + 4], as: UTF8.self), offset..<end))
      offset = end + 4
    }
    return Outline(tail: tail, sections: sections)
  }

  /// Puts a step where the header has it besides the witness.
  static func put(step: UInt64, in bytes: inout [UInt8]) {
    put(Packing.big(step), at: stepOffset, of: &bytes)
  }

  static func put(_ value: [UInt8], at offset: Int, of bytes: inout [UInt8]) {
    bytes.replaceSubrange(offset..<offset + value.count, with: value)
  }

  private static func checksum(of bytes: [UInt8]) -> [UInt8] {
    var checksum = CRC32()
    checksum.add(bytes)
    return Packing.big(checksum.value)
  }
}
