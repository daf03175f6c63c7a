import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

/// Makes a full image consistent with the pages and the state that are in it: their roots, the witness
/// and the claim follow from them, so that a changed page or state is a good file of another state.
enum FsnapForgery {
  /// The file, with every checksum right; nil if it has no state or no pages that can be read.
  static func consistent(_ file: [UInt8]) -> [UInt8]? {
    guard let outline = FsnapSeal.outline(of: file), let version = StateVersion(rawValue: file[41]),
      outline.tail == FsnapSeal.witnessOffset + version.witnessLayout.byteCount,
      let state = state(of: file, outline, version), let table = outline.content("PAGE"),
      let memory = memory(of: file, outline, version)
    else { return nil }
    let entries = PageTable(memory)
    let bytes = zip(entries.indices, entries.roots).flatMap { Packing.big($0) + $1.bytes }
    guard bytes.count == table.count else { return nil }
    var forged = file
    forged.replaceSubrange(table, with: bytes)
    let witness = state.witness(memoryRoot: memory.root())
    FsnapSeal.put(witness, at: FsnapSeal.witnessOffset, of: &forged)
    FsnapSeal.put(state.claim(witness: witness).bytes, at: 0, of: &forged)
    FsnapSeal.put(step: state.scalars.step, in: &forged)
    FsnapSeal.seal(&forged)
    return forged
  }

  /// The state has the encoding that it has in a binary snapshot, behind the number of pages.
  private static func state(
    of file: [UInt8], _ outline: FsnapSeal.Outline, _ version: StateVersion
  ) -> MachineState? {
    guard let content = outline.content("STAT") else { return nil }
    let noPages = [UInt8](repeating: 0, count: version.wordSize.bytes)
    let snapshot = [version.rawValue] + noPages + file[content]
    return try? Snapshot.load(from: MemorySource(snapshot), SnapshotReading(from: .bin)).state
  }

  /// The pages, at the indices of the table.
  private static func memory(
    of file: [UInt8], _ outline: FsnapSeal.Outline, _ version: StateVersion
  ) -> Memory? {
    guard let table = outline.content("PAGE"), table.count % 40 == 0 else { return nil }
    var pages: [UInt8] = []
    for block in outline.contents("BLCK") {
      let frame = try? ZstdSource(over: MemorySource(Array(file[block].dropFirst(4))))
      guard let frame, let content = try? ByteReader(frame).readAll(limit: 128 * 4096) else {
        return nil
      }
      pages += content
    }
    let memory = Memory(wordSize: version.wordSize)
    for (number, entry) in stride(from: table.lowerBound, to: table.upperBound, by: 40).enumerated()
    {
      let index = file[entry..<entry + 8].reduce(0) { $0 << 8 | UInt64($1) }
      let page = pages.dropFirst(number * 4096).prefix(4096)
      guard page.count == 4096, index >> UInt64(version.wordSize.pageIndexBits) == 0 else {
        return nil
      }
      let isWritten: Void? = try? Array(page).withUnsafeBytes {
        try memory.write($0, at: index << 12)
      }
      guard isWritten != nil else { return nil }
    }
    return memory
  }
}
