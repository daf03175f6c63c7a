import FalconetMachine

/// One section header of an ELF file, with the fields that finding the symbols needs.
struct ELFSection: Sendable, Equatable {
  /// SHT_SYMTAB of the System V ABI.
  static let symbols: UInt32 = 2
  /// SHT_STRTAB of the System V ABI.
  static let strings: UInt32 = 3
  /// SHF_COMPRESSED of the System V ABI.
  static let compressed: UInt64 = 0x800
  /// SHF_EXECINSTR of the System V ABI: the section holds instructions.
  static let instructions: UInt64 = 4

  /// Where in the file its header is, in bytes.
  let headerOffset: UInt64
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

/// The section headers of an ELF file, read one at a time.
struct ELFSections {
  /// The most section headers that a file may have. Linkers make a few dozen.
  static let maximumCount: UInt64 = 1 << 20

  private let input: ELFInput
  private let wordSize: WordSize
  private let offset: UInt64
  private let entrySize: UInt64
  /// How many there are; all lie within the file.
  let count: UInt64

  /// Checks that the whole table is in the file.
  init(_ input: ELFInput, _ header: ELFHeader) throws(ELFError) {
    let table = header.sectionTable
    self.input = input
    wordSize = header.wordSize
    offset = table.offset
    entrySize = wordSize == .bits32 ? 40 : 64
    guard table.offset > 0 else {
      guard table.count == 0 else {
        throw Self.damaged(input, "\(table.count) section headers, but no place for them")
      }
      count = 0
      return
    }
    guard UInt64(table.entrySize) == entrySize else {
      throw Self.damaged(input, "section headers of \(table.entrySize) bytes, not \(entrySize)")
    }
    // A count of 0 where there is a table means that section header 0 holds it in its size.
    count =
      table.count > 0
      ? table.count : try Self.read(input, wordSize, at: table.offset).size
    guard count <= Self.maximumCount else {
      throw ELFError(
        .tooLarge, file: input.name, offset: table.offset, message: "\(count) section headers",
        remedy: "link the program with at most \(Self.maximumCount) sections")
    }
    try input.check(
      offset: table.offset, count: count * entrySize, what: "the section headers")
  }

  /// The section header at `index`, which is below ``count``.
  func section(_ index: UInt64) throws(ELFError) -> ELFSection {
    try Self.read(input, wordSize, at: offset + index * entrySize)
  }

  /// The first section of a type, or nil.
  func first(ofType type: UInt32) throws(ELFError) -> ELFSection? {
    var index: UInt64 = 0
    while index < count {
      let section = try section(index)
      if section.type == type { return section }
      index += 1
    }
    return nil
  }

  private static func read(
    _ input: ELFInput, _ wordSize: WordSize, at offset: UInt64
  ) throws(ELFError) -> ELFSection {
    let size: UInt64 = wordSize == .bits32 ? 40 : 64
    let bytes = try input.read(at: offset, count: size, what: "the section headers")
    var fields = FieldCursor(bytes, wordSize: wordSize)
    _ = fields.int()  // sh_name
    let type = fields.int()
    let flags = fields.word()
    let address = fields.word()
    let start = fields.word()
    let length = fields.word()
    let link = fields.int()
    _ = fields.int()  // sh_info
    _ = fields.word()  // sh_addralign
    return ELFSection(
      headerOffset: offset, type: type, flags: flags, address: address, offset: start, size: length,
      link: link,
      entrySize: fields.word())
  }

  private static func damaged(_ input: ELFInput, _ message: String) -> ELFError {
    ELFError(
      .damaged, file: input.name, message: message, remedy: "build or copy the file again")
  }
}
