import FalconetMachine

/// A program loaded and about to execute its first instruction.
///
/// Written as a snapshot it is, byte for byte, what the canonical release of the state version
/// makes of the same ELF file.
///
/// ```swift
/// let elf = try ELFFile(path: "hello.elf")
/// let prestate = try Prestate.load(elf, version: .v8)
/// print(prestate.symbols.name(at: elf.entry))
/// ```
public struct Prestate {
  /// Everything but memory.
  public let state: MachineState
  /// The program's segments and its stack.
  public let memory: Memory
  /// The program's symbols, for `meta.json`.
  public let symbols: SymbolTable

  /// How much of a segment is in memory a second time while it is copied.
  private static let chunk = 64 << 10

  /// Loads a program: its segments in file order, then the Go patches of a single-threaded version,
  /// then the stack.
  ///
  /// - Throws: ``ELFError`` where the file's class is not the version's, a segment is damaged, cut
  ///   short, too large or overlaps the heap, or there is no symbol table.
  public static func load(_ elf: ELFFile, version: StateVersion) throws(ELFError) -> Prestate {
    try check(elf, fits: version)
    let space = version.addressSpace
    let plan = try SegmentPlan(elf, version)
    let symbols = try elf.symbols()

    let memory = Memory(wordSize: version.wordSize)
    let image = ImageWriter(memory, version.rules.loader, file: elf.name)
    for segment in plan.segments { try copy(segment, of: elf, to: image) }
    if version.rules.patchesGo {
      try GoPatches.apply(to: image, symbols: symbols, space: space)
    }
    try InitialStack(version.wordSize, at: space.stackPointer).write(to: image)
    return Prestate(
      state: MachineState(version: version, entry: elf.entry), memory: memory, symbols: symbols)
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
        ? "choose a 64-bit --type, or build with GOARCH=mips"
        : "choose a 32-bit --type, or build with GOARCH=mips64")
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
