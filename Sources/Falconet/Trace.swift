internal import FalconetMachine
internal import FalconetOracle
internal import FalconetProofs
internal import FalconetSnapshots
internal import FalconetStreams
internal import FalconetTrace

/// Answers what a challenger asks of a trace, claims and proofs by index, and caches the answers in a
/// directory.
///
/// ```swift
/// let trace = try Trace(directory: "game-1", prestate: "prestate.bin.gz")
/// trace.preimages = .server(["op-program", "--server", "--datadir", "data"])
/// let claims = try trace.claims(at: [1 << 40, 1 << 39])
/// try trace.proof(at: 123_456).save(to: "proof.json.gz")
/// ```
///
/// The index of a step is the number of steps executed before it. The claim at an index is the one
/// after that step; an index past the end has the claim of the state that exited.
///
/// Many threads may use a trace at once. Cached answers are returned immediately. Calls that must
/// execute steps do so one at a time. The directory is locked while the trace exists.
///
/// The local pre-images that the program reads are inputs of the trace, and the directory records them.
/// A source that has others is refused, so use a directory for each game.
public final class Trace: Sendable {
  private let provider: TraceProvider
  private let source: TraceInputSource
  private let cancellations: CallCancellations

  private init(
    _ directory: String, _ preimages: PreimageSource, _ revision: FalconetMachine.Revision?,
    _ options: TraceOptions,
    _ make: (@escaping @Sendable () throws(PreimageError) -> any PreimageOracle) -> TraceSource
  ) throws(FalconetError) {
    let cancellations = CallCancellations()
    let source = TraceInputSource(preimages)
    self.cancellations = cancellations
    self.source = source
    var trace = make { () throws(PreimageError) in try source.open(cancellations) }
    trace.isChecked = true
    trace.revision = revision?.name
    trace.sourceIdentity = { source.identity }
    trace.localInputs = { source.localInputs }
    do { provider = try TraceProvider(directory: directory, trace, options) } catch {
      throw FalconetError(error)
    }
    provider.setInterruption { step in
      cancellations.note(step)
      return cancellations.isRequested
    }
  }

  /// Opens the trace of a snapshot's file.
  ///
  /// - Parameters:
  ///   - directory: the directory of the trace, created if it does not exist.
  ///   - path: the prestate. If it has not changed, cached answers are returned without reading it.
  ///   - preimages: the source of pre-images, which can also be set later.
  ///   - revision: the revision by whose rules steps are executed. Nil is the one that the prestate
  ///     records, or else the newest of its version.
  ///   - engine: the engine that executes steps.
  ///   - snapshotInterval: the most steps between the states that are saved on the way.
  ///   - diskBudget: the most bytes that the directory takes. Claims are kept in any case.
  ///   - memoryBudget: the most bytes that states in memory take in addition to the machine.
  public convenience init(
    directory: String, prestate path: String, preimages: PreimageSource = .none,
    revision: Revision? = nil, engine: Engine = .translator,
    snapshotInterval: UInt64 = 1_000_000_000, diskBudget: UInt64 = 16 << 30,
    memoryBudget: UInt64 = 512 << 20
  ) throws(FalconetError) {
    let options = TraceOptions(
      snapshotInterval: snapshotInterval, diskBudget: diskBudget, memoryBudget: memoryBudget,
      engine: engine.value)
    try self.init(directory, preimages, revision?.value, options) {
      TraceSource(prestateFile: path, preimages: $0)
    }
  }

  /// Opens the trace that starts from a copy of a machine's state, with the machine's pre-images,
  /// revision and engine.
  public convenience init(
    directory: String, prestate machine: Machine, snapshotInterval: UInt64 = 1_000_000_000,
    diskBudget: UInt64 = 16 << 30, memoryBudget: UInt64 = 512 << 20
  ) throws(FalconetError) {
    let image = machine.inner.checkpoint()
    let options = TraceOptions(
      snapshotInterval: snapshotInterval, diskBudget: diskBudget, memoryBudget: memoryBudget,
      engine: machine.inner.engine)
    try self.init(directory, machine.preimages, machine.inner.revision, options) {
      TraceSource(
        prestate: { () throws(StreamError) in try MemoryImage(copying: image) }, preimages: $0)
    }
  }

  /// The source of pre-images. Setting it waits for a call that executes steps. The inputs of the new
  /// source are compared with the recorded ones before the next answer.
  public var preimages: PreimageSource {
    get { source.preimages }
    set { provider.reopenPreimages { source.preimages = newValue } }
  }

  // MARK: Answers

  /// The claim at an index.
  ///
  /// O(1) if it is cached; otherwise the time that it takes to execute the steps from the nearest known
  /// state.
  ///
  /// - Parameters:
  ///   - index: the number of steps executed before the one whose claim is asked for.
  ///   - cancellation: lets another thread end the call.
  public func claim(
    at index: UInt64, cancellation: Cancellation? = nil
  ) throws(FalconetError) -> Claim {
    try ask(cancellation) { (provider) throws(TraceError) in
      Claim(try provider.claim(at: index).claim)
    }
  }

  /// The claims at many indices, in their order, from one pass over the trace.
  public func claims(
    at indices: [UInt64], cancellation: Cancellation? = nil
  ) throws(FalconetError) -> [Claim] {
    try ask(cancellation) { (provider) throws(TraceError) in
      try provider.claims(at: indices).map { Claim($0.claim) }
    }
  }

  /// The proof of the step at an index.
  ///
  /// Past the end there is nothing to prove: the result then has the witness and the claim of the state
  /// that exited, and no proof data. ``end(cancellation:)`` tells the last index.
  ///
  /// - Parameters:
  ///   - index: the number of steps executed before the one to prove.
  ///   - confirmed: whether the steps before it are first executed a second time, by the plain step on
  ///     another machine, and the proof is verified.
  ///   - cancellation: lets another thread end the call.
  public func proof(
    at index: UInt64, confirmed: Bool = false, cancellation: Cancellation? = nil
  ) throws(FalconetError) -> Proof {
    try ask(cancellation) { (provider) throws(TraceError) in
      guard confirmed else { return Proof(try provider.step(at: index).proof) }
      return try provider.confirmedStepData(at: [index]).map { Proof($0.step.proof) }[0]
    }
  }

  /// The proofs of the steps at many indices, in their order, from one pass over the trace.
  public func proofs(
    at indices: [UInt64], cancellation: Cancellation? = nil
  ) throws(FalconetError) -> [Proof] {
    try ask(cancellation) { (provider) throws(TraceError) in
      try provider.stepData(at: indices).map { Proof($0.proof) }
    }
  }

  /// The index of the last step, and the claim after it. Runs the program to its end if that is not
  /// known.
  public func end(
    cancellation: Cancellation? = nil
  ) throws(FalconetError) -> (index: UInt64, claim: Claim) {
    try ask(cancellation) { (provider) throws(TraceError) in
      let end = try provider.lastStep()
      return (end.index, Claim(end.claim))
    }
  }

  // MARK: What is known

  /// The claim at an index if it is cached, or nil. Never waits for another call, and executes nothing.
  ///
  /// Nil before the first answer, which compares the inputs of the source with the recorded ones.
  public func knownClaim(at index: UInt64) -> Claim? {
    provider.knownClaim(at: index).map { Claim($0.claim) }
  }

  /// The index of the last step and the claim after it if they are cached, or nil. Never waits for
  /// another call, and executes nothing.
  public var knownEnd: (index: UInt64, claim: Claim)? {
    provider.knownEnd.map { ($0.index, Claim($0.claim)) }
  }

  /// The indices with a claim that are cached, ascending: several if the state did not change, or past the end.
  /// O(n) in the number of cached claims. Never waits for another call, and executes nothing.
  public func knownIndices(of claim: Claim) -> [UInt64] {
    provider.knownIndices(of: claim.value)
  }

  /// Bytes of the program's memory, as of some milliseconds ago. Never waits for another call.
  public var memorySize: UInt64 { provider.memorySize }

  /// The claim of the prestate.
  public var prestateClaim: Claim { Claim(provider.prestateClaim) }

  /// The step that the machine was at last, while a call executes steps. Nil before that.
  public var currentStep: UInt64? { cancellations.step }

  // MARK: States

  /// A state of a trace that was written to a file.
  public struct SavedState: Sendable {
    /// The number of steps executed before it.
    public let step: UInt64
    /// Whether the program has exited in it.
    public let hasExited: Bool
    /// The last hint that the program had written. A server that is started for a run from this state
    /// must get it first.
    public let lastHint: [UInt8]?
  }

  /// Writes the state after a number of steps. If the program exits before, it is the state that exited.
  ///
  /// - Parameters:
  ///   - steps: the number of steps executed before the state.
  ///   - path: the file to write, which appears completely or not at all.
  ///   - format: the format. Nil selects it by the file's name.
  ///   - cancellation: lets another thread end the call.
  public func saveState(
    after steps: UInt64, to path: String, format: SnapshotFormat? = nil,
    cancellation: Cancellation? = nil
  ) throws(FalconetError) -> SavedState {
    try ask(cancellation) { (provider) throws(TraceError) in
      let saved = try provider.saveState(after: steps, to: path, format: format?.value)
      return SavedState(step: saved.step, hasExited: saved.hasExited, lastHint: saved.lastHint)
    }
  }

  /// A machine of its own with the state after a number of steps, and with the trace's source of
  /// pre-images. If the program exits before, it is the state that exited.
  ///
  /// What the machine executes is no part of the trace.
  ///
  /// - Parameters:
  ///   - steps: the number of steps executed before the state.
  ///   - cancellation: lets another thread end the call.
  public func machine(
    after steps: UInt64, cancellation: Cancellation? = nil
  ) throws(FalconetError) -> Machine {
    let (image, hint) = try ask(cancellation) { (provider) throws(TraceError) in
      try provider.copy(after: steps)
    }
    return try Machine(
      image, Revision(provider.revision), preimages: source.preimages, lastHint: hint)
  }

  /// What `body` answers, with the cancellation of the call in effect.
  func ask<Answer>(
    _ cancellation: Cancellation? = nil, _ body: (TraceProvider) throws(TraceError) -> Answer
  ) throws(FalconetError) -> Answer {
    let outer = cancellations.begin(cancellation)
    defer { cancellations.end(outer) }
    do { return try body(provider) } catch {
      throw source.preimages.completed(FalconetError(error))
    }
  }
}
