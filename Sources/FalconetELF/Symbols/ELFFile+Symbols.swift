import FalconetMachine

extension ELFFile {
  /// The program's symbol table, without its null entry.
  ///
  /// - Throws: ``ELFError`` of kind `noSymbols` if the file has none, as after stripping; others
  ///   if the table or its names are corrupt or too large.
  package func symbols() throws(ELFError) -> SymbolTable {
    guard let section = try sections.first(ofType: ELFSection.symbols) else {
      throw ELFError(
        .noSymbols, file: name, message: "the file has no symbol section",
        remedy: "link the program without stripping it (Go: no -ldflags=-s)")
    }
    let entrySize: UInt64 = wordSize == .bits32 ? 16 : 24
    guard section.flags & ELFSection.compressed == 0 else { throw compressed(section) }
    guard section.size >= entrySize, section.size % entrySize == 0 else {
      throw corrupt(section, "the symbol section is not a table of \(entrySize)-byte symbols")
    }
    try input.check(offset: section.offset, count: section.size, what: "the symbols")
    let count = section.size / entrySize - 1
    guard count <= UInt64(SymbolTable.maximumCount) else { throw tooLarge(section) }
    let names = try symbolNames(of: section)
    var collected: [SymbolTable.Entry] = []
    collected.reserveCapacity(Int(count))
    var nameBytes = 0
    var done: UInt64 = 1
    while done <= count {
      let batch = min(4096, count + 1 - done)
      let bytes = try input.read(
        at: section.offset + done * entrySize, count: batch * entrySize, what: "the symbols")
      for index in 0..<Int(batch) {
        let position = index * Int(entrySize)
        var entry = symbol(FieldCursor(bytes, at: position, wordSize: wordSize))
        // A name that is not among the strings is empty, as it is to Cannon.
        let name = Self.length(ofNameAt: entry.nameOffset, in: names)
        if name == nil { entry.nameOffset = 0 }
        let length = name ?? 0
        nameBytes += Int(length)
        guard nameBytes <= SymbolTable.maximumNameBytes else { throw tooLarge(section) }
        entry.nameLength = length
        collected.append(entry)
      }
      done += batch
    }
    return SymbolTable(collected, names: names)
  }

  /// The bytes that the symbols' names lie in, each ended by a zero byte. Cannon takes them from any
  /// section, of strings or not.
  private func symbolNames(of section: ELFSection) throws(ELFError) -> [UInt8] {
    guard section.link > 0, UInt64(section.link) < sections.count else {
      throw corrupt(section, "the symbol section names no section for its strings")
    }
    let strings = try sections.section(UInt64(section.link))
    guard strings.flags & ELFSection.compressed == 0 else { throw compressed(strings) }
    guard strings.type != ELFSection.withoutBytes || strings.size == 0 else {
      throw corrupt(strings, "the section for the symbols' names has no bytes in the file")
    }
    guard strings.size <= UInt64(SymbolTable.maximumNameBytes) else { throw tooLarge(strings) }
    return try input.read(at: strings.offset, count: strings.size, what: "the symbols' names")
  }

  /// The symbol of one record, its name's length still 0.
  private func symbol(_ fields: FieldCursor) -> SymbolTable.Entry {
    var fields = fields
    let name = fields.int()
    if wordSize == .bits64 {
      _ = fields.int()  // st_info, st_other, st_shndx
    }
    return SymbolTable.Entry(
      start: fields.word(), size: fields.word(), nameOffset: name, nameLength: 0)
  }

  /// How many bytes precede the zero byte that ends the name at `offset`; nil if there is none.
  private static func length(ofNameAt offset: UInt32, in names: [UInt8]) -> UInt32? {
    guard offset < names.count,
      let end = names[Int(offset)...].firstIndex(of: 0)
    else { return nil }
    return UInt32(end) - offset
  }

  private func corrupt(_ section: ELFSection, _ message: String) -> ELFError {
    ELFError(
      .corrupt, file: name, offset: section.headerOffset, message: message,
      remedy: "build or copy the file again")
  }

  private func compressed(_ section: ELFSection) -> ELFError {
    ELFError(
      .unsupported, file: name, offset: section.headerOffset,
      message: "the symbols or their names are compressed",
      remedy: "link the program without compressing them")
  }

  private func tooLarge(_ section: ELFSection) -> ELFError {
    ELFError(
      .tooLarge, file: name, offset: section.headerOffset,
      message: "more than \(SymbolTable.maximumCount) symbols,"
        + " or more than \(SymbolTable.maximumNameBytes) bytes of names",
      remedy: "link the program with fewer symbols")
  }
}
