import Keccak

/// A virtual machine: a state, its memory, and where its pre-images come from.
///
/// ```swift
/// let machine = Machine(state: state, memory: memory, oracle: oracle)
/// try machine.run(until: 1_000_000)
/// print(machine.claim())
/// ```
///
/// Not safe to use from two threads at once. After a call throws, the machine is in the state before
/// the step that failed, and that state can be saved.
///
/// Safety: frees the bank, which its engine no longer uses then.
package final class Machine: StepEnvironment {
  /// Whose rules steps are executed by: one of the state's version.
  ///
  /// Its name is recorded in the state.
  ///
  /// - Precondition: the revision is one of ``version``.
  package var revision: Revision {
    didSet {
      precondition(revision.version == state.version, "the revision is of another state version")
      rules = revision.rules
      decoder = InstructionDecoder(rules)
      state.revision = revision.name
      dropEngine()
      check = nil
    }
  }
  package private(set) var rules: Rules
  package private(set) var decoder: InstructionDecoder
  package internal(set) var state: MachineState
  package let memory: Memory
  /// Where pre-images come from and hints go.
  package var oracle: any PreimageOracle
  /// Is called with what the guest writes to its standard output and error, in parts that end where a
  /// page of memory does.
  package var onOutput: (GuestStream, [UInt8]) -> Void = { _, _ in }
  package internal(set) var statistics = Statistics()
  /// How steps are executed between events.
  ///
  /// If the host can't run the engine, the next simpler one is used: see ``activeEngine``.
  package var engine: EngineKind {
    didSet {
      dropEngine()
      check = nil
    }
  }
  /// Is asked at least every 25 million steps whether a run shall stop where it is.
  package var shouldInterrupt: () -> Bool = { false }

  /// How often an engine or the plain step had its turn: every 256th asks ``shouldInterrupt``. Counted over
  /// calls, so that many short runs are interrupted as one long run is.
  var turns: UInt8 = 0
  /// Bytes of hints that a source which takes hints may have to get at once, unfinished ones counted:
  /// a write that would make it more fails, and the state is kept.
  package var hintLimit = Machine.usualHintLimit
  /// Addresses at which ``run(until:stopAfterPreimageRead:)`` stops before it executes the instruction.
  package var stopRange: Range<UInt64>? {
    didSet { dropEngine() }
  }

  /// Addresses at which the engine leaves instructions to the plain step: those of the last
  /// ``run(until:stoppingFor:skipsFirst:)``.
  var stopAddresses: Set<UInt64> = [] {
    didSet { if stopAddresses != oldValue { blockEngine?.setStops(stopAddresses) } }
  }

  var leftRoots = StackRoots()
  var rightRoots = StackRoots()
  var preimage = PreimageCache() {
    didSet { lastReadOffset = nil }
  }
  /// The offset in ``preimage`` of the part that the step in hand, or the last one, read.
  var lastReadOffset: UInt64?
  /// The word that the step in hand wrote first, and what it was before.
  var firstWrite: (address: UInt64, old: UInt64)?
  /// The active thread before the step in hand.
  var threadBefore = ThreadState(id: 0, version: .newest)
  /// Has the portable engine use its switch even if it need not, for tests.
  package var forcesSwitch = false {
    didSet { dropEngine() }
  }
  /// Has the translator write code for arrays in the window before it has seen any, for tests.
  package var expectsWindowArrays = false {
    didSet { dropEngine() }
  }
  /// The second machine of ``EngineKind/check``.
  var check: EngineCheck?
  /// How many engines were dropped, so that a run notices that its engine is.
  var engineGeneration = 0
  /// The engine that holds blocks, once a step was executed with one.
  var blockEngine: (any BlockEngine)?
  let bank = RegisterBank()

  /// A machine that goes on from a state.
  ///
  /// - Parameters:
  ///   - state: all of the state but its memory.
  ///   - memory: the memory; the machine owns it from here on.
  ///   - oracle: the source of pre-images.
  ///   - engine: how steps are executed.
  ///   - revision: whose rules they are executed by, one of the state's version; nil is its newest.
  package init(
    state: MachineState, memory: Memory, oracle: any PreimageOracle = NoPreimages(),
    engine: EngineKind = .translator, revision: Revision? = nil
  ) {
    let revision = revision ?? state.version.newestRevision
    precondition(revision.version == state.version, "the revision is of another state version")
    self.state = state
    self.state.revision = revision.name
    self.revision = revision
    self.memory = memory
    self.oracle = oracle
    self.engine = engine
    rules = revision.rules
    decoder = InstructionDecoder(rules)
    memory.guardPage(of: state.scalars.reservation.address)
  }

  deinit { bank.deallocate() }

  package var version: StateVersion { state.version }

  /// The most pages that the guest may have: see ``Memory/pageLimit``.
  package var pageLimit: Int {
    get { memory.pageLimit }
    set { memory.pageLimit = newValue }
  }

  /// Steps executed since the program's start.
  package var step: UInt64 { state.scalars.step }

  package var hasExited: Bool { state.scalars.exited }

  /// The witness of the current state. Hashes the pages that changed.
  package func witness() -> [UInt8] {
    StateWitness(state, memoryRoot: memory.root(), left: &leftRoots, right: &rightRoots).bytes
  }

  /// The claim of the current state. Hashes the pages that changed.
  package func claim() -> Bytes32 { state.claim(witness: witness()) }

  /// Changes a thread, for states that no program leads to. Nothing happens if there is none of this id.
  package func changeThread(_ id: UInt64, _ change: (inout ThreadState) -> Void) {
    if let index = state.threads.left.firstIndex(where: { $0.id == id }) {
      change(&state.threads.left[index])
    } else if let index = state.threads.right.firstIndex(where: { $0.id == id }) {
      change(&state.threads.right[index])
    }
  }

  // MARK: StepEnvironment

  @inline(__always)
  package var scalars: Scalars {
    get { state.scalars }
    _modify { yield &state.scalars }
  }

  @inline(__always)
  package var threads: ThreadTable {
    get { state.threads }
    _modify { yield &state.threads }
  }

  @inline(__always)
  package func fetch(at pc: UInt64) throws(StepError) -> UInt32 { memory.load32(pc) }

  @inline(__always)
  package func loadWord(at address: UInt64, _ slot: MemorySlot) throws(StepError) -> UInt64 {
    memory.loadWord(at: address)
  }

  @inline(__always)
  package func storeWord(
    _ value: UInt64, at address: UInt64, _ slot: MemorySlot
  ) throws(StepError) {
    if slot == .first { firstWrite = (address, memory.loadWord(at: address)) }
    do { try memory.storeWord(value, at: address) } catch { throw .memory(error) }
  }

  package func note(_ event: StepEvent) {
    let side = state.scalars.activeSide
    let thread = state.threads.isEmpty(side) ? 0 : state.threads.withTop(side) { $0.id }
    statistics.note(event, step: state.scalars.step, activeThread: thread)
  }
}

/// A source without pre-images: hints are dropped, and a read is an error.
package struct NoPreimages: PreimageOracle {
  package init() {}

  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    throw PreimageError(
      .noSource, key: key,
      message: "the program reads a pre-image, and no pre-image source is configured",
      remedy: "give one")
  }

  package func hint(_ hint: [UInt8]) throws(PreimageError) {}

  package var takesHints: Bool { false }
}
