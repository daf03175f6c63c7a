import FalconetMachine

/// A program loaded and about to execute its first instruction.
///
/// Written as a snapshot it is what a release makes of the same ELF file, page for page: the canonical
/// release of the state version, or another that has another loader.
///
/// ```swift
/// let elf = try ELFFile(path: "hello.elf")
/// let prestate = try Prestate.load(elf, version: .v8)
/// print(prestate.symbols.name(at: elf.entry))
/// ```
package struct Prestate {
  /// Everything but memory.
  package let state: MachineState
  /// The program's segments and its stack.
  package let memory: Memory
  /// The program's symbols, for `meta.json`.
  package let symbols: SymbolTable
  /// Which releases' loader made it.
  package let loader: LoaderRevision
  /// What its states can be told by; nil if nothing of its code is read-only.
  package let program: ProgramIdentity?

  /// How much of a segment is in memory a second time while it is copied.
  private static let chunk = 64 << 10

  /// Loads a program: its segments in file order, then the Go patches of a single-threaded version,
  /// then the stack.
  ///
  /// - Parameters:
  ///   - loader: which releases' loader to follow, one of the version's; nil for that of its canonical
  ///     release.
  ///   - pageLimit: the most pages that the program may have, now and later.
  /// - Throws: ``ELFError`` if the file's class is not the version's, a segment is corrupt, cut
  ///   short, too large or overlaps the heap, there is no symbol table, or the version has no such
  ///   loader.
  package static func load(
    _ elf: ELFFile, version: StateVersion, loader: LoaderRevision? = nil, pageLimit: Int = .max
  ) throws(ELFError) -> Prestate {
    try check(elf, fits: version)
    let loader = loader ?? version.loader
    guard version.loaders.contains(loader) else {
      throw ELFError(
        .unsupported, file: elf.name,
        message: "the loader of \(loader.rawValue) makes no prestates of \(version.name)"
          + " (version \(version.rawValue))",
        remedy: "choose one of "
          + version.loaders.map(\.rawValue).joined(separator: ", "))
    }
    let rules = loader.rules
    let space = version.addressSpace
    let plan = try SegmentPlan(elf, space, rules)
    let symbols = try elf.symbols()

    let memory = Memory(wordSize: version.wordSize)
    memory.pageLimit = pageLimit
    let image = ImageWriter(memory, rules, file: elf.name)
    for segment in plan.segments { try copy(segment, of: elf, to: image) }
    if version.patchesGo {
      try GoPatches.apply(to: image, symbols: symbols, space: space, rules)
    }
    try InitialStack(version.wordSize, at: space.stackPointer, rules.stack).write(to: image)
    var state = MachineState(version: version, entry: elf.entry)
    if let heapStart = rules.heapStart { state.scalars.heap = heapStart }
    return Prestate(
      state: state, memory: memory, symbols: symbols, loader: loader,
      program: ProgramIdentity(elf, memory))
  }

  private static func check(
    _ elf: ELFFile, fits version: StateVersion
  ) throws(ELFError) {
    guard elf.wordSize != version.wordSize else { return }
    let bits = { (size: WordSize) in size.bytes * 8 }
    throw ELFError(
      .unsupported, file: elf.name, offset: 4,
      message: "a \(bits(elf.wordSize))-bit file, but \(version.name) (version \(version.rawValue))"
        + " runs \(bits(version.wordSize))-bit programs",
      remedy: elf.wordSize == .bits64
        ? "choose a 64-bit state version, or build with GOARCH=mips"
        : "choose a 32-bit state version, or build with GOARCH=mips64")
  }

  /// Streams a segment's bytes from the file, and zeros behind them up to its size in memory.
  private static func copy(
    _ segment: ELFSegment, of elf: ELFFile, to image: ImageWriter
  ) throws(ELFError) {
    var done: UInt64 = 0
    while done < segment.fileSize {
      let count = min(UInt64(chunk), segment.fileSize - done)
      let bytes = try elf.input.read(at: segment.offset + done, count: count, what: segment.name)
      try image.write(bytes, at: segment.address + done)
      done += count
    }
    if segment.memorySize > done {
      try image.clear(at: segment.address + done, count: segment.memorySize - done)
    }
    try image.endRange(at: segment.address + segment.memorySize)
  }
}
