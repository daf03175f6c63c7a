internal import FalconetMachine
internal import FalconetOracle
internal import FalconetProofs
internal import FalconetSnapshots
internal import FalconetStreams
internal import FalconetTrace
internal import Synchronization

/// Answers what a challenger asks of a trace: claims and step data by index.
///
/// Executes the program as far as a question needs. A directory of its own keeps every answer, and
/// states to go on from.
///
/// ```swift
/// let trace = try Trace(directory: "game-1", prestate: "prestate.bin.gz")
/// trace.preimages = .server(["op-program", "--server", "--datadir", "data"])
/// let answer = try trace.claim(at: 1 << 40)
/// print(answer.claim, answer.isPastEnd)
/// ```
///
/// The index of a step is the number of steps executed before it; the claim at an index is the one
/// after that step. Threads may share a trace: what is known is answered at once, what has to be
/// executed one question at a time. The directory is locked as long as the trace lives.
///
/// The local pre-images that the program reads are inputs of the trace, and the directory records
/// them. A source that has others is refused, so use a directory for each game.
public final class Trace: Sendable {
  private let provider: TraceProvider
  private let source: TraceInputSource
  private let current: CurrentCancellation

  private init(
    _ directory: String, _ preimages: PreimageSource, _ options: Options,
    _ make: (@escaping @Sendable () throws(PreimageError) -> any PreimageOracle) -> TraceSource
  ) throws(FalconetError) {
    let current = CurrentCancellation()
    let source = TraceInputSource(preimages)
    self.current = current
    self.source = source
    var trace = make { () throws(PreimageError) in try source.open(current) }
    trace.revision = options.revision?.value.name
    trace.sourceIdentity = { source.identity }
    trace.localInputs = { source.localInputs }
    do { provider = try TraceProvider(folder: directory, trace, options.value) } catch {
      throw FalconetError(error)
    }
    provider.setInterruption { _ in current.isCancelled }
  }

  /// Opens the trace of a prestate in a file.
  ///
  /// - Parameters:
  ///   - directory: made if it does not exist.
  ///   - path: a snapshot. If it is unchanged, what is known is answered without reading it.
  ///   - preimages: where pre-images come from; it can be set later.
  public convenience init(
    directory: String, prestate path: String, preimages: PreimageSource = .none,
    options: Options = Options()
  ) throws(FalconetError) {
    try self.init(directory, preimages, options) { TraceSource(prestateFile: path, preimages: $0) }
  }

  /// Opens the trace that begins with a machine's current state, of which it takes a copy.
  public convenience init(
    directory: String, prestate machine: Machine, preimages: PreimageSource = .none,
    options: Options = Options()
  ) throws(FalconetError) {
    let image = machine.inner.checkpoint()
    try self.init(directory, preimages, options) {
      TraceSource(
        prestate: { () throws(StreamError) in try MemoryImage(copying: image) }, preimages: $0)
    }
  }

  /// Where pre-images come from. Setting it waits for a question that is being answered; the inputs
  /// of the new source are compared with the recorded ones before the next answer.
  public var preimages: PreimageSource {
    get { source.preimages }
    set { provider.reopenPreimages { source.preimages = newValue } }
  }

  /// The state version of the prestate.
  public var stateVersion: StateVersion { StateVersion(provider.version) }

  /// The claim of the prestate.
  public var prestateClaim: Claim { Claim(provider.prestateClaim) }

  // MARK: Questions

  /// The claim at an index.
  ///
  /// O(1) if it is known; else the time that it takes to execute the steps from the nearest state
  /// before it.
  public func claim(at index: UInt64) throws(FalconetError) -> ClaimAnswer {
    try ask { (provider) throws(TraceError) in ClaimAnswer(try provider.claim(at: index)) }
  }

  /// The claims at many indices, in their order, from one pass over the trace.
  public func claims(at indices: [UInt64]) throws(FalconetError) -> [ClaimAnswer] {
    try ask { (provider) throws(TraceError) in
      try provider.claims(at: indices).map { ClaimAnswer($0) }
    }
  }

  /// The proof of the step at an index, or of the last state if the trace ends before.
  ///
  /// - Parameter confirmed: whether the steps before it are executed once more on a second machine
  ///   by the plain step, and the proof verified, before it is answered.
  public func step(at index: UInt64, confirmed: Bool = false) throws(FalconetError) -> StepAnswer {
    let steps = try ask { (provider) throws(TraceError) in
      confirmed
        ? try provider.confirmedStepData(at: [index]).map { StepAnswer($0.step) }
        : [StepAnswer(try provider.step(at: index))]
    }
    return steps[0]
  }

  /// The proofs of the steps at many indices, in their order, from one pass over the trace.
  public func steps(at indices: [UInt64]) throws(FalconetError) -> [StepAnswer] {
    try ask { (provider) throws(TraceError) in
      try provider.stepData(at: indices).map { StepAnswer($0) }
    }
  }

  /// The index of the last step, and the claim after it. Executes the program to its end if that is
  /// not known.
  public func end() throws(FalconetError) -> ClaimAnswer {
    try ask { (provider) throws(TraceError) in ClaimAnswer(try provider.lastStep()) }
  }

  /// Calls `body`, whose questions another thread can cancel.
  public func withCancellation<Result>(
    _ cancellation: Cancellation, _ body: () throws(FalconetError) -> Result
  ) throws(FalconetError) -> Result {
    current.set(cancellation)
    defer { current.set(nil) }
    return try body()
  }

  // MARK: The directory

  /// How the directory stands. Waits for a question that is being answered.
  public func status() throws(FalconetError) -> Status {
    let status = try ask { (provider) throws(TraceError) in try provider.status() }
    return Status(status, provider.incidents)
  }

  /// Discards what costs the least to compute again, until the directory is within its budget.
  public func prune() throws(FalconetError) {
    try ask { (provider) throws(TraceError) in try provider.prune() }
  }

  /// Writes what is known into a directory as op-challenger keeps one for a game.
  public func export(to path: String) throws(FalconetError) {
    try ask { (provider) throws(TraceError) in try provider.export(to: path) }
  }

  /// Takes over proofs, states and the end of the trace from a directory of op-challenger's.
  ///
  /// Each proof must hold, each state must be of its step, and nothing may contradict what is known.
  ///
  /// - Returns: the files that were refused, and why.
  @discardableResult
  public func adopt(from path: String) throws(FalconetError) -> [Incident] {
    try ask { (provider) throws(TraceError) in
      try provider.adopt(from: path).refused.map { Incident($0) }
    }
  }

  /// Deletes everything that the trace wrote. It answers nothing after that.
  public func delete() throws(FalconetError) {
    try ask { (provider) throws(TraceError) in try provider.deleteAll() }
  }

  private func ask<Answer>(
    _ body: (TraceProvider) throws(TraceError) -> Answer
  ) throws(FalconetError) -> Answer {
    do { return try body(provider) } catch { throw FalconetError(error) }
  }
}

/// The source of a trace, which calls set and the thread that executes opens.
private final class TraceInputSource: Sendable {
  private let value: Mutex<PreimageSource>

  init(_ source: PreimageSource) { value = Mutex(source) }

  var preimages: PreimageSource {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }

  var localInputs: [UInt64: [UInt8]] { preimages.value.localInputs }

  var identity: [UInt8]? {
    let source = preimages
    return source.identity.map { Array($0.utf8) } ?? source.value.identity
  }

  func open(_ current: CurrentCancellation) throws(PreimageError) -> any PreimageOracle {
    try preimages.value.open { current.isCancelled }.oracle
  }
}
