import FalconetMachine

/// One section header of an ELF file, with the fields that finding the symbols needs.
struct ELFSection: Sendable, Equatable {
  /// SHT_SYMTAB of the System V ABI.
  static let symbols: UInt32 = 2
  /// SHT_STRTAB of the System V ABI.
  static let strings: UInt32 = 3
  /// SHT_NOBITS of the System V ABI: the section has a size and no bytes in the file.
  static let withoutBytes: UInt32 = 8
  /// SHF_COMPRESSED of the System V ABI.
  static let compressed: UInt64 = 0x800
  /// SHF_EXECINSTR of the System V ABI: the section holds instructions.
  static let instructions: UInt64 = 4

  /// Where in the file its header is, in bytes.
  let headerOffset: UInt64
  /// sh_name: where the section's name is among the sections' names.
  let name: UInt32
  /// sh_type.
  let type: UInt32
  /// sh_flags.
  let flags: UInt64
  /// sh_addr: where in memory its bytes go.
  let address: UInt64
  /// sh_offset: where in the file its bytes are.
  let offset: UInt64
  /// sh_size, in bytes.
  let size: UInt64
  /// sh_link: for symbols, the index of the section with their names.
  let link: UInt32
  /// sh_entsize: the size of one record, in bytes.
  let entrySize: UInt64
}

/// The section headers of an ELF file, read a few at a time.
///
/// All of them are checked on opening as Go's `debug/elf` does, which Cannon reads ELF files with:
/// what it refuses there is refused here, whether or not the section matters to a loader.
struct ELFSections {
  private let input: ELFInput
  private let wordSize: WordSize
  private let offset: UInt64
  private let entrySize: UInt64
  /// The section with the sections' names; 0 if they have none.
  private(set) var nameSection: UInt64 = 0
  /// How many there are; all lie within the file.
  private(set) var count: UInt64 = 0

  init(_ input: ELFInput, _ header: ELFHeader) throws(ELFError) {
    let table = header.sectionTable
    self.input = input
    wordSize = header.wordSize
    offset = table.offset
    entrySize = UInt64(table.entrySize)
    guard table.offset > 0 else {
      guard table.count == 0 else {
        throw corrupt("\(table.count) section headers, but no offset for them")
      }
      return
    }
    (count, nameSection) = try counts(of: header)
    let minimum: UInt64 = wordSize == .bits32 ? 40 : 64
    guard entrySize >= minimum else {
      throw corrupt("section headers of \(entrySize) bytes, fewer than \(minimum)")
    }
    let (size, overflows) = count.multipliedReportingOverflow(by: entrySize)
    try input.check(
      offset: offset, count: overflows ? .max : size, what: "the section headers")
    let nameLimit = try nameLimit()
    try forEach { (section) throws(ELFError) in try check(section, nameLimit) }
  }

  /// The number of sections, and the section with their names. Numbers that are too large for the
  /// file header are in section header 0.
  private func counts(
    of header: ELFHeader
  ) throws(ELFError) -> (sections: UInt64, names: UInt64) {
    var (count, names) = (header.sectionTable.count, header.nameSection)
    if count == 0 {
      let first = try input.read(
        at: offset, count: wordSize == .bits32 ? 40 : 64, what: "the section headers")
      let section = parse(first, at: 0, headerOffset: offset)
      guard section.type == 0 else {
        throw corrupt("section 0 is of type \(section.type), not 0", at: offset)
      }
      count = section.size
      guard count >= ELFHeader.firstReservedSection, count < 1 << 63 else {
        throw corrupt(
          "section 0 counts \(count) sections, fewer than \(ELFHeader.firstReservedSection)",
          at: offset)
      }
      if names == ELFHeader.extendedIndex {
        names = UInt64(section.link)
        guard names >= ELFHeader.firstReservedSection else {
          throw corrupt("section 0 names section \(names) for the sections' names", at: offset)
        }
      }
    }
    guard names < count else {
      throw corrupt("the sections' names are in section \(names) of \(count)")
    }
    return (count, names)
  }

  /// How many bytes of the sections' names precede the last zero byte: every name begins there or
  /// at that byte. Nil if the sections have no names.
  private func nameLimit() throws(ELFError) -> UInt64? {
    guard nameSection > 0 else { return nil }
    let names = try section(nameSection)
    guard names.type == ELFSection.strings, names.flags & ELFSection.compressed == 0 else {
      throw corrupt(
        "the section for the sections' names does not hold strings", at: names.headerOffset)
    }
    try input.check(offset: names.offset, count: names.size, what: "the sections' names")
    var end = names.size
    while end > 0 {
      let count = min(end, 4096)
      let bytes = try input.read(
        at: names.offset + end - count, count: count, what: "the sections' names")
      if let last = bytes.lastIndex(of: 0) { return end - count + UInt64(last) }
      end -= count
    }
    throw corrupt("the sections' names have no end", at: names.headerOffset)
  }

  private func check(_ section: ELFSection, _ nameLimit: UInt64?) throws(ELFError) {
    guard section.offset | section.size < 1 << 63 else {
      throw corrupt(
        "the section is at byte \(section.offset) of the file and has \(section.size) bytes",
        at: section.headerOffset)
    }
    if section.flags & ELFSection.compressed != 0 {
      let size: UInt64 = wordSize == .bits32 ? 12 : 24
      guard section.size >= size else {
        throw corrupt("the compressed section has no header", at: section.headerOffset)
      }
      try input.check(offset: section.offset, count: size, what: "a compressed section's header")
    }
    if let nameLimit, UInt64(section.name) > nameLimit {
      throw corrupt("the section's name is not in the file", at: section.headerOffset)
    }
  }

  /// The section header at `index`, which is below ``count``.
  func section(_ index: UInt64) throws(ELFError) -> ELFSection {
    let position = offset + index * entrySize
    let bytes = try input.read(at: position, count: entrySize, what: "the section headers")
    return parse(bytes, at: 0, headerOffset: position)
  }

  /// Calls `body` with each section in turn.
  func forEach(_ body: (ELFSection) throws(ELFError) -> Void) throws(ELFError) {
    var done: UInt64 = 0
    while done < count {
      let batch = min(256, count - done)
      let position = offset + done * entrySize
      let bytes = try input.read(
        at: position, count: batch * entrySize, what: "the section headers")
      for index in 0..<batch {
        try body(
          parse(bytes, at: Int(index * entrySize), headerOffset: position + index * entrySize))
      }
      done += batch
    }
  }

  /// The first section of a type, or nil.
  func first(ofType type: UInt32) throws(ELFError) -> ELFSection? {
    var found: ELFSection?
    try forEach { (section) throws(ELFError) in
      if found == nil, section.type == type { found = section }
    }
    return found
  }

  private func parse(_ bytes: [UInt8], at position: Int, headerOffset: UInt64) -> ELFSection {
    var fields = FieldCursor(bytes, at: position, wordSize: wordSize)
    let name = fields.int()
    let type = fields.int()
    let flags = fields.word()
    let address = fields.word()
    let start = fields.word()
    let length = fields.word()
    let link = fields.int()
    _ = fields.int()  // sh_info
    _ = fields.word()  // sh_addralign
    return ELFSection(
      headerOffset: headerOffset, name: name, type: type, flags: flags, address: address,
      offset: start, size: length, link: link, entrySize: fields.word())
  }

  private func corrupt(_ message: String, at offset: UInt64? = nil) -> ELFError {
    ELFError(
      .corrupt, file: input.name, offset: offset, message: message,
      remedy: "build or copy the file again")
  }
}
