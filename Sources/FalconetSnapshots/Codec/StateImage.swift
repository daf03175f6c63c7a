import FalconetMachine
import FalconetStreams
import Keccak

/// A whole state that snapshots are written from: a machine's, or an earlier one of it.
package protocol StateImage: SnapshotProducer {
  /// Everything but the memory.
  var state: MachineState { get }
  /// The indices (address / 4096) of the pages, ascending.
  var pageIndices: [UInt64] { get }
  /// The pages with their roots, and the memory's root. Hashes what is not up to date.
  func pageTable() -> (table: PageTable, root: Bytes32)
  /// Calls `body` with each page whose index is chosen, ascending: its index and its 4096 bytes,
  /// valid during the call.
  func forEachPage(
    where isChosen: (UInt64) -> Bool,
    _ body: (UInt64, UnsafeRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError)
}

extension StateImage {
  package func produce(for consumer: some SnapshotConsumer) throws(StreamError) {
    try consumer.begin(
      SnapshotOutline(version: state.version, pageCount: UInt64(pageIndices.count)))
    func isProduced(_ page: UInt64) -> Bool { true }
    try forEachPage(where: isProduced) { (index, bytes) throws(StreamError) in
      try consumer.page(index, bytes)
    }
    try consumer.end(state)
  }
}

/// An earlier state of a machine, which may go on while a snapshot of it is written.
extension Checkpoint: StateImage {
  package var pageIndices: [UInt64] { memory.pageIndices }

  package func pageTable() -> (table: PageTable, root: Bytes32) {
    let table = PageTable(memory.pageRoots())
    return (table, table.memoryRoot(memory.wordSize))
  }

  package func forEachPage(
    where isChosen: (UInt64) -> Bool,
    _ body: (UInt64, UnsafeRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError) {
    try memory.forEachPage(where: isChosen, body)
  }
}
