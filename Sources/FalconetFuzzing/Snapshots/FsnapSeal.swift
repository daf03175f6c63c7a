import FalconetStreams
import Keccak

/// Makes the hashes and checksums of a `.fsnap` file right, whatever else is wrong with it, so that
/// fuzzing gets behind them.
enum FsnapSeal {
  private static let witnessOffset = 52
  private static let tailBytes = 63
  private static let headingBytes = 13

  static func seal(_ bytes: inout [UInt8]) {
    guard bytes.count >= witnessOffset else { return }
    let tail = witnessOffset + (Int(bytes[50]) << 8 | Int(bytes[51]))
    let end = tail + tailBytes
    guard bytes.count >= end else { return }
    bytes.replaceSubrange(1..<32, with: Keccak256.hash(Array(bytes[52..<tail])).bytes.dropFirst())
    if let table = pageTable(of: bytes, from: end) {
      let digest = Keccak256.hash(Array(bytes[table])).bytes
      bytes.replaceSubrange(tail + 19..<tail + 51, with: digest)
    }
    put(checksum(of: Array(bytes[..<(end - 4)])), at: end - 4, of: &bytes)
    let header = Array(bytes[end - 4..<end])
    for section in sections(of: bytes, from: end) {
      let whole = Array(bytes[section])
      let place = big(UInt64(section.lowerBound))
      put(checksum(of: header + place + whole), at: section.upperBound, of: &bytes)
    }
  }

  /// Headings and contents of the sections, as far as their lengths make sense.
  private static func sections(of bytes: [UInt8], from start: Int) -> [Range<Int>] {
    var sections: [Range<Int>] = []
    var offset = start
    while bytes.count - offset >= headingBytes + 4 {
      let length = bytes[offset + 5..<offset + headingBytes].reduce(0) { $0 << 8 | UInt64($1) }
      guard length <= UInt64(bytes.count - offset - headingBytes - 4) else { break }
      let end = offset + headingBytes + Int(length)
      sections.append(offset..<end)
      offset = end + 4
    }
    return sections
  }

  private static func pageTable(of bytes: [UInt8], from start: Int) -> Range<Int>? {
    let isTable = { (section: Range<Int>) in bytes[section].starts(with: Array("PAGE".utf8)) }
    return sections(of: bytes, from: start).first(where: isTable)
      .map { $0.lowerBound + headingBytes..<$0.upperBound }
  }

  private static func checksum(of bytes: [UInt8]) -> [UInt8] {
    var checksum = CRC32()
    checksum.add(bytes)
    return big(checksum.value)
  }

  private static func put(_ value: [UInt8], at offset: Int, of bytes: inout [UInt8]) {
    bytes.replaceSubrange(offset..<offset + value.count, with: value)
  }

  private static func big(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
