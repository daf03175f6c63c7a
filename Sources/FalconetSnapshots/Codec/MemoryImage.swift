import FalconetMachine
import FalconetStreams
import Keccak

/// A machine's state and memory as a producer: what a snapshot is written from.
package struct MemoryImage: StateImage {
  package let state: MachineState
  package let memory: Memory

  package init(state: MachineState, memory: Memory) {
    self.state = state
    self.memory = memory
  }

  /// The current state of a machine.
  package init(_ machine: Machine) {
    self.init(state: machine.state, memory: machine.memory)
  }

  /// A copy of a state, with a memory of its own. O(pages).
  ///
  /// - Throws: ``StreamError`` if the host has no memory for it.
  package init(copying image: some StateImage) throws(StreamError) {
    let builder = MemoryBuilder()
    try image.produce(for: builder)
    guard let copy = builder.image else {
      throw StreamError(.truncated, message: "the copied state has no end")
    }
    self = copy
  }

  package var pageIndices: [UInt64] { memory.pageIndices }

  package func pageTable() -> (table: PageTable, root: Bytes32) {
    (PageTable(memory.pageRoots()), memory.root())
  }

  package func forEachPage(
    where isChosen: (UInt64) -> Bool,
    _ body: (UInt64, UnsafeRawBufferPointer) throws(StreamError) -> Void
  ) throws(StreamError) {
    for index in memory.pageIndices where isChosen(index) {
      try memory.withPage(index) { (bytes) throws(StreamError) in try body(index, bytes) }
    }
  }
}

/// Builds the memory and the state of a snapshot: what loading is.
package final class MemoryBuilder: SnapshotConsumer {
  /// The state and its memory, once all of the snapshot was taken in.
  package private(set) var image: MemoryImage?
  /// What the snapshot said before its pages.
  package private(set) var outline = SnapshotOutline(wordSize: .bits64)
  /// Made when the word size is known, since each memory reserves address space.
  private lazy var memory = Memory(wordSize: outline.wordSize)
  private let pageLimit: Int
  private let cancellation: Cancellation

  /// - Parameters:
  ///   - pageLimit: ``Memory/pageLimit``.
  ///   - cancellation: ends the loading.
  package init(pageLimit: Int = .max, _ cancellation: Cancellation = .never) {
    self.pageLimit = pageLimit
    self.cancellation = cancellation
  }

  package func begin(_ outline: SnapshotOutline) throws(StreamError) {
    self.outline = outline
    memory.pageLimit = pageLimit
  }

  package func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    // A large state is not loaded to its end if the caller no longer wants it.
    try cancellation.check()
    do { try memory.write(bytes, at: index << 12) } catch {
      let remedy = error.limit == nil ? "" : ": allow the guest more memory"
      throw StreamError(.tooLarge, message: "\(error)\(remedy)")
    }
  }

  package func end(_ state: MachineState) throws(StreamError) {
    image = MemoryImage(state: state, memory: memory)
  }
}

/// Computes the witness of a snapshot as it passes: keeps a page's root, not the page.
package final class ClaimCalculator: SnapshotConsumer {
  /// The state's witness, once all of the snapshot was taken in.
  package private(set) var witness: [UInt8] = []
  /// The state without its memory, once all of the snapshot was taken in.
  package private(set) var state: MachineState?
  /// Whether the claim was computed from the pages, not from roots that the caller trusts.
  package private(set) var isVerified = true
  private var tree = PageRootTree(wordSize: .bits64)

  package init() {}

  /// The claim, once all of the snapshot was taken in.
  package var claim: Bytes32? { state.map { $0.claim(witness: witness) } }

  package func begin(_ outline: SnapshotOutline) throws(StreamError) {
    isVerified = outline.unverifiedClaim == nil
    tree = PageRootTree(wordSize: outline.wordSize)
  }

  package func page(_ index: UInt64, _ bytes: UnsafeRawBufferPointer) throws(StreamError) {
    tree.add(page: bytes, at: index)
  }

  package func page(
    _ index: UInt64, _ bytes: UnsafeRawBufferPointer, root: Bytes32
  ) throws(StreamError) {
    tree.add(root: root, at: index)
  }

  package func end(_ state: MachineState) throws(StreamError) {
    witness = state.witness(memoryRoot: tree.root())
    self.state = state
  }
}
