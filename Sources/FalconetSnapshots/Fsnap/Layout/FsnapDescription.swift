import FalconetMachine
import FalconetStreams
import Keccak

/// Everything of a file that comes before its blocks: what it is a snapshot of.
struct FsnapDescription {
  let header: FsnapHeader
  /// Of a delta, what it is based on.
  let base: FsnapBaseName?
  /// Of a delta, the base's pages that the state doesn't have, ascending.
  let gone: [UInt64]
  let state: MachineState
  /// The pages in this file.
  let stored: PageTable

  /// Reads the header and the sections before the blocks.
  ///
  /// Checks that the state is the witness's, and of a full image that the pages' roots are too.
  ///
  /// - Parameter isCompressed: whether the file is compressed as a whole, so that its size says
  ///   nothing of the memory that it takes.
  /// - Returns: the description, and the reader of the sections that follow.
  static func read(
    _ reader: ByteReader, isCompressed: Bool = false
  ) throws(StreamError) -> (FsnapDescription, SectionReader) {
    let header = try FsnapHeader(reader)
    if isCompressed { try checkSize(header.pageCount, "pages", name: reader.name) }
    let sections = SectionReader(reader, header: header.checksum)
    var base: FsnapBaseName?
    var gone: [UInt64] = []
    if header.isDelta {
      (base, gone) = try readBase(header, sections, isCompressed: isCompressed)
    }
    var state = try readState(header, sections)
    let stored = try readTable(header, sections)
    state.revision = sections.revision
    let description = FsnapDescription(
      header: header, base: base, gone: gone, state: state, stored: stored)
    if !header.isDelta { try description.check(stored, name: sections.name) }
    return (description, sections)
  }

  /// Checks that a page table is the one that the header names, and that its memory is the
  /// witness's.
  func check(_ table: PageTable, name: String) throws(StreamError) {
    guard table.digest == header.tableDigest else {
      throw StreamError(
        .corrupt, path: name,
        message: "the page table does not match the header's digest",
        remedy: FsnapHeader.remedy)
    }
    let root = table.memoryRoot(header.version.wordSize)
    guard root == header.memoryRoot else {
      throw StreamError(
        .corrupt, path: name,
        message: "the pages have the memory root \(root), but the witness has"
          + " \(header.memoryRoot)",
        remedy: "the program that wrote the file is faulty")
    }
  }

  /// Checks that a file that is compressed as a whole does not ask for too much memory.
  private static func checkSize(
    _ count: UInt64, _ what: String, name: String
  ) throws(StreamError) {
    let limit = FsnapFormat.maximumCompressedPages
    guard count > limit else { return }
    throw StreamError(
      .tooLarge, path: name,
      message: "\(count) \(what) are more than \(limit), the limit of a .fsnap file that is"
        + " compressed as a whole",
      remedy: "decompress the file first")
  }

  private static func readBase(
    _ header: FsnapHeader, _ sections: SectionReader, isCompressed: Bool
  ) throws(StreamError) -> (FsnapBaseName, [UInt64]) {
    let heading = try sections.begin(.base)
    let size = UInt64(FsnapBaseName.byteCount)
    guard heading.length >= size, (heading.length - size) % 8 == 0 else {
      throw sections.failure(.corrupt, heading.offset, "section BASE has a wrong length")
    }
    if isCompressed {
      try checkSize((heading.length - size) / 8, "removed pages", name: sections.name)
    }
    let name = FsnapBaseName(try sections.readBytes(size))
    var gone: [UInt64] = []
    while sections.left > 0 {
      let index = try sections.readBytes(8).bigEndian
      guard gone.last.map({ $0 < index }) ?? true else {
        throw sections.failure(
          .corrupt, sections.position, "removed pages are not in ascending order")
      }
      gone.append(index)
    }
    try sections.end()
    guard let name, name.version == header.version else {
      throw sections.failure(
        .corrupt, heading.contentOffset &+ 32,
        "the base is of another state version than the delta")
    }
    return (name, gone)
  }

  private static func readState(
    _ header: FsnapHeader, _ sections: SectionReader
  ) throws(StreamError) -> MachineState {
    let heading = try sections.begin(.state)
    let reader = ByteReader(sections, capacity: 4096)
    let state: MachineState
    do {
      state = try StateReader(reader: reader, version: header.version).state()
      try reader.expectEnd()
    } catch {
      // If the bytes are not those that were written, that is what is wrong.
      try sections.skip()
      var error = error
      error.offset = error.offset.map { $0 &+ heading.contentOffset }
      throw error
    }
    try sections.end()
    guard state.witness(memoryRoot: header.memoryRoot) == header.witness else {
      throw StreamError(
        .corrupt, path: sections.name, offset: heading.offset,
        message: "the state does not match the witness",
        remedy: "the program that wrote the file is faulty")
    }
    return state
  }

  private static func readTable(
    _ header: FsnapHeader, _ sections: SectionReader
  ) throws(StreamError) -> PageTable {
    let heading = try sections.begin(.pages)
    let entryBytes = UInt64(FsnapFormat.tableEntryBytes)
    guard heading.length == header.storedPageCount &* entryBytes else {
      throw sections.failure(
        .corrupt, heading.offset,
        "section PAGE does not have 40 bytes for each of"
          + " \(header.storedPageCount) pages")
    }
    let limit = header.pageLimit
    var table = PageTable()
    while sections.left > 0 {
      let offset = sections.position
      let entry = try sections.readBytes(entryBytes)
      let index = entry[..<8].bigEndian
      guard index < limit else {
        throw sections.failure(
          .corrupt, offset,
          "page index \(index) is outside the address space of \(limit) pages")
      }
      guard table.indices.last.map({ $0 < index }) ?? true else {
        throw sections.failure(
          .corrupt, offset, "page \(index) appears twice or not in ascending order")
      }
      table.append(index, Bytes32(entry[8...]) ?? Bytes32())
    }
    try sections.end()
    return table
  }
}
