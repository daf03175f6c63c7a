/// Makes `.fsnap` files that are wrong and consistent: every checksum in them holds.
package struct ForgedFsnap {
  /// A section, without what covers it.
  package struct Section {
    package var kind: String
    package var flags: UInt8
    package var content: [UInt8]
  }

  /// The header without its checksum.
  package var header: [UInt8]
  package var sections: [Section]

  /// Takes a file apart.
  package init(_ bytes: [UInt8]) throws(FixtureError) {
    guard bytes.count > 52 else { throw FixtureError("no fsnap") }
    let size = 115 + (Int(bytes[50]) << 8 | Int(bytes[51]))
    guard bytes.count > size else { throw FixtureError("no fsnap") }
    header = Array(bytes[..<(size - 4)])
    sections = []
    var place = size
    while place + 17 <= bytes.count {
      let count = bytes[place + 5..<place + 13].reduce(0) { $0 << 8 | Int($1) }
      guard place + 17 + count <= bytes.count else { throw FixtureError("a section is cut") }
      sections.append(
        Section(
          kind: String(decoding: bytes[place..<place + 4], as: UTF8.self), flags: bytes[place + 4],
          content: Array(bytes[place + 13..<place + 13 + count])))
      place += 17 + count
    }
  }

  /// The file, with every checksum and offset recomputed.
  package var bytes: [UInt8] {
    let headerSum = Forge.checksum(header)
    var bytes = header + headerSum
    var blocks: [UInt64] = []
    for section in sections {
      let offset = UInt64(bytes.count)
      if section.kind == "BLCK" { blocks.append(offset) }
      let content = section.kind == "INDX" ? blocks.flatMap(Forge.bigEndian) : section.content
      let start =
        Array(section.kind.utf8) + [section.flags] + Forge.bigEndian(UInt64(content.count))
        + content
      bytes += start + Forge.checksum(headerSum + Forge.bigEndian(offset) + start)
    }
    return bytes
  }

  /// Puts the pages of another file of the same pages under this one's roots and claim.
  package mutating func takePages(from other: ForgedFsnap) {
    var blocks = other.sections.filter { $0.kind == "BLCK" }.makeIterator()
    for place in sections.indices where sections[place].kind == "BLCK" {
      if let block = blocks.next() { sections[place].content = block.content }
    }
  }
}
