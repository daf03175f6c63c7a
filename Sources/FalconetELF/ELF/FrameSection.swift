/// A section that tells where functions keep the registers of their callers (DWARF, "Call Frame
/// Information").
package struct FrameSection: Sendable {
  package enum Kind: Sendable, Equatable {
    /// Made for exceptions; part of what is loaded.
    case exceptions
    /// Made for debuggers; in the file only.
    case debugging
  }

  package let kind: Kind
  /// Where its first byte is in memory; addresses in it are counted from where they stand.
  package let address: UInt64
  package let bytes: [UInt8]

  /// The most bytes that are read of one.
  package static let byteLimit = 1 << 26

  package init(kind: Kind, address: UInt64, bytes: [UInt8]) {
    self.kind = kind
    self.address = address
    self.bytes = bytes
  }
}

extension ELFFile {
  /// The sections `.eh_frame` and `.debug_frame`, as far as the file has them. Compressed ones are left
  /// out.
  ///
  /// - Throws: ``ELFError`` if a section lies outside the file, or is too large.
  package func frameSections() throws(ELFError) -> [FrameSection] {
    guard let names = try sectionNames() else { return [] }
    var found: [FrameSection] = []
    var index: UInt64 = 0
    while index < sections.count {
      let section = try sections.section(index)
      index += 1
      guard section.type != Self.withoutBytes, section.flags & ELFSection.compressed == 0,
        let kind = Self.kinds[try name(of: section, in: names)]
      else { continue }
      guard section.size <= UInt64(FrameSection.byteLimit) else {
        throw ELFError(
          .tooLarge, file: name, offset: section.headerOffset,
          message: "a section of \(section.size) bytes with call frames",
          remedy: "link the program with fewer functions")
      }
      found.append(
        FrameSection(
          kind: kind, address: section.address,
          bytes: try input.read(at: section.offset, count: section.size, what: "the call frames")))
    }
    return found
  }

  /// SHT_NOBITS of the System V ABI.
  private static let withoutBytes: UInt32 = 8
  private static let kinds: [String: FrameSection.Kind] = [
    ".eh_frame": .exceptions, ".debug_frame": .debugging,
  ]

  /// The section with the sections' names; nil if there is none.
  private func sectionNames() throws(ELFError) -> ELFSection? {
    let bytes = try input.read(
      at: wordSize == .bits64 ? 62 : 50, count: 2, what: "the file header")
    let index = UInt64(bytes[0]) << 8 | UInt64(bytes[1])
    guard index > 0, index < sections.count else { return nil }
    return try sections.section(index)
  }

  /// A section's name, of which no more than the longest that is looked for is read.
  private func name(of section: ELFSection, in names: ELFSection) throws(ELFError) -> String {
    let bytes = try input.read(at: section.headerOffset, count: 4, what: "the section headers")
    let offset = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard offset < names.size else { return "" }
    let text = try input.read(
      at: names.offset &+ offset, count: min(16, names.size - offset), what: "the section names")
    return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
  }
}
