import FalconetMachine
import FalconetStreams

/// ELF core files: what debuggers read to look at a process that is gone, made of a snapshot's threads,
/// registers and memory. They cannot be read back, since they lack what only the VM knows.
///
/// Layout: the header, a program header for the notes and one for each run of adjacent pages, the notes, and
/// from the next multiple of 4096 the pages. As Linux does, a file with more program headers than the header
/// can count has a section header with their number.
package enum CoreFile {
  /// The ending of the names of core files, and the name of the format for commands.
  package static let suffix = ".core"
  package static let name = "core"

  /// Writes the core file of a snapshot to a sink, which is not finished at the end. Pages wait in a temporary
  /// file until all came.
  ///
  /// - Parameters:
  ///   - input: the snapshot to read.
  ///   - reading: how it is read.
  ///   - folder: where the temporary file is made; nil is `TMPDIR`, or `/tmp`.
  package static func convert(
    _ input: any ByteSource, _ reading: SnapshotReading, to sink: any ByteSink,
    temporaryFolder folder: String? = nil
  ) throws(StreamError) {
    let spool = try PageSpool(in: folder)
    try Snapshot.read(input, reading, into: spool)
    guard let state = spool.finalState else {
      throw StreamError(.truncated, path: input.name, message: "the snapshot has no end")
    }
    let offsets = spool.offsets()
    let pages = offsets.keys.sorted()
    let writer = ByteWriter(sink)
    try writeHeaders(state, runs(of: pages), to: writer)
    let buffer = PageBuffer()
    for page in pages {
      guard let offset = offsets[page] else { continue }
      try spool.readPage(at: offset, into: buffer)
      try writer.write(UnsafeRawBufferPointer(buffer.bytes))
    }
    try writer.flush()
  }

  /// Runs of adjacent pages.
  private static func runs(of pages: [UInt64]) -> [Range<UInt64>] {
    var runs: [Range<UInt64>] = []
    for page in pages {
      if let last = runs.last, last.upperBound == page {
        runs[runs.count - 1] = last.lowerBound..<page + 1
      } else {
        runs.append(page..<page + 1)
      }
    }
    return runs
  }

  // MARK: Headers

  /// Sizes and constants of the System V ABI and its supplement for MIPS.
  private struct Sizes {
    let word: UInt64
    let header: UInt64
    let programHeader: UInt64
    let sectionHeader: UInt64

    init(_ wordSize: WordSize) {
      word = UInt64(wordSize.bytes)
      (header, programHeader, sectionHeader) = wordSize == .bits32 ? (52, 32, 40) : (64, 56, 64)
    }
  }

  private static let pageSize = UInt64(Memory.pageSize)
  /// PN_XNUM: the number of program headers stands in a section header.
  private static let manyHeaders: UInt64 = 0xFFFF

  static func writeHeaders(
    _ state: MachineState, _ runs: [Range<UInt64>], to writer: ByteWriter
  ) throws(StreamError) {
    let wordSize = state.version.wordSize
    let sizes = Sizes(wordSize)
    let notes = try CoreNotes.bytes(state)
    let count = UInt64(runs.count) + 1
    let isLarge = count >= manyHeaders
    let sections = sizes.header + count * sizes.programHeader
    let notesStart = sections + (isLarge ? sizes.sectionHeader : 0)
    let pagesStart = (notesStart + UInt64(notes.count) + pageSize - 1) & ~(pageSize - 1)

    func word(_ value: UInt64) throws(StreamError) {
      switch wordSize {
      case .bits32: try writer.writeUInt32(UInt32(truncatingIfNeeded: value))
      case .bits64: try writer.writeUInt64(value)
      }
    }
    // Identification: class, big-endian, version 1.
    try writer.write([0x7F, 0x45, 0x4C, 0x46, wordSize == .bits32 ? 1 : 2, 2, 1])
    try writer.write([UInt8](repeating: 0, count: 9))
    try writer.writeUInt16(4)  // ET_CORE
    try writer.writeUInt16(8)  // EM_MIPS
    try writer.writeUInt32(1)
    try word(0)
    try word(sizes.header)
    try word(isLarge ? sections : 0)
    // EF_MIPS_ARCH_32R2 with EF_MIPS_ABI_O32, or EF_MIPS_ARCH_64R2.
    try writer.writeUInt32(wordSize == .bits32 ? 0x7000_1000 : 0x8000_0000)
    try writer.writeUInt16(UInt16(sizes.header))
    try writer.writeUInt16(UInt16(sizes.programHeader))
    try writer.writeUInt16(UInt16(min(count, manyHeaders)))
    try writer.writeUInt16(isLarge ? UInt16(sizes.sectionHeader) : 0)
    try writer.writeUInt16(isLarge ? 1 : 0)
    try writer.writeUInt16(0)

    func programHeader(
      type: UInt32, flags: UInt32, offset: UInt64, address: UInt64, size: UInt64, inMemory: UInt64,
      alignment: UInt64
    ) throws(StreamError) {
      try writer.writeUInt32(type)
      if wordSize == .bits64 { try writer.writeUInt32(flags) }
      try word(offset)
      try word(address)
      try word(0)
      try word(size)
      try word(inMemory)
      if wordSize == .bits32 { try writer.writeUInt32(flags) }
      try word(alignment)
    }
    // PT_NOTE.
    try programHeader(
      type: 4, flags: 0, offset: notesStart, address: 0, size: UInt64(notes.count), inMemory: 0,
      alignment: 4)
    var offset = pagesStart
    for run in runs {
      let size = UInt64(run.count) * pageSize
      // PT_LOAD; the VM protects no page.
      try programHeader(
        type: 1, flags: 7, offset: offset, address: run.lowerBound * pageSize, size: size,
        inMemory: size, alignment: pageSize)
      offset += size
    }
    if isLarge {
      // Section 0 is empty but for sh_info.
      try writer.write([UInt8](repeating: 0, count: wordSize == .bits32 ? 28 : 44))
      try writer.writeUInt32(UInt32(truncatingIfNeeded: count))
      try writer.write([UInt8](repeating: 0, count: wordSize == .bits32 ? 8 : 16))
    }
    try writer.write(notes)
    let padding = pagesStart - notesStart - UInt64(notes.count)
    try writer.write([UInt8](repeating: 0, count: Int(padding)))
  }
}
