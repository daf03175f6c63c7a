import Keccak

/// What another machine needs to execute the same steps as one does from a moment on.
package struct TwinSeed: Sendable {
  package let checkpoint: Checkpoint
  /// The pre-image that the machine does not ask for again.
  private let preimage: PreimageCache
  private let stopRange: Range<UInt64>?
  private let pageLimit: Int
  private let revision: Revision

  init(_ machine: Machine) {
    checkpoint = machine.checkpoint()
    preimage = machine.preimage
    stopRange = machine.stopRange
    pageLimit = machine.pageLimit
    revision = machine.revision
  }

  /// A machine that goes on by plain steps, with a memory of its own that nothing is known of but its
  /// bytes. O(pages).
  package func machine(oracle: any PreimageOracle) throws(HostMemoryError) -> Machine {
    let memory = Memory(wordSize: checkpoint.memory.wordSize)
    memory.pageLimit = pageLimit
    try checkpoint.memory.forEachPage { (index, bytes) throws(HostMemoryError) in
      try memory.write(bytes, at: index << 12)
    }
    let twin = Machine(
      state: checkpoint.state, memory: memory, oracle: oracle, engine: .step, revision: revision)
    twin.preimage = preimage
    twin.stopRange = stopRange
    return twin
  }
}

extension Machine {
  /// The pre-image that was asked for last, which is not asked for again; nil before the first.
  package var cachedPreimage: (key: Bytes32, data: [UInt8])? {
    preimage.bytes.isEmpty ? nil : (preimage.key, Array(preimage.bytes.dropFirst(8)))
  }

  /// The machine as it is at this moment, as the start of a second one. O(pages), some nanoseconds
  /// each.
  package func twinSeed() -> TwinSeed { TwinSeed(self) }
}
