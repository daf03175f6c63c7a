import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak
import Synchronization

/// Answers what a challenger asks of a trace: claims and step data by index. Runs the program as far as
/// a question needs, keeps every answer in a folder of its own, and states in memory and in the folder
/// to go on from.
///
/// ```swift
/// let trace = try TraceProvider(
///   folder: "game-1",
///   TraceSource(
///     prestate: { () throws(StreamError) in try Snapshot.load(path: "prestate.bin.gz") },
///     preimages: { () throws(PreimageError) in try FolderOracle(path: "preimages") }))
/// print(try trace.claim(at: 1 << 40).claim)
/// let proof = try trace.step(at: 12_345).proof
/// ```
///
/// The index of a step is the number of steps executed before it; the claim at an index is the one
/// after that step. An index past the end is answered from the state that exited.
///
/// May be used from several threads; questions are answered one at a time. The folder is locked
/// against other processes as long as the provider lives.
///
/// Soundness: `core` is accessed under `lock` alone, but for its constants.
public final class TraceProvider: @unchecked Sendable {
  private let core: TraceCore
  private let lock = Mutex<Void>(())

  /// Opens a folder, or makes it. What is found damaged there is put aside: see ``incidents``.
  ///
  /// - Throws: ``TraceError`` where the folder is another process's or another trace's, or can't be
  ///   read, or the prestate can't.
  public init(
    folder: String, _ source: TraceSource, _ options: TraceOptions = TraceOptions()
  ) throws(TraceError) {
    core = try TraceCore(folder: folder, source, options)
  }

  private func withCore<Result>(
    _ body: (TraceCore) throws(TraceError) -> Result
  ) throws(TraceError) -> Result {
    try lock.withLock { _ throws(TraceError) in try body(core) }
  }

  // MARK: Answers

  public var version: StateVersion { core.version }

  /// The claim of the absolute prestate.
  public var prestateClaim: Bytes32 { core.prestate.claim }

  /// The witness of the absolute prestate.
  public var prestateWitness: [UInt8] { core.prestate.witness }

  /// The claim at an index.
  public func claim(at index: UInt64) throws(TraceError) -> TraceClaim {
    try withCore { (core) throws(TraceError) in try core.claim(at: index) }
  }

  /// The step data at an index.
  public func step(at index: UInt64) throws(TraceError) -> TraceStep {
    try withCore { (core) throws(TraceError) in try core.step(at: index) }
  }

  /// The claims at many indices, in their order, from one pass over the trace.
  public func claims(at indices: [UInt64]) throws(TraceError) -> [TraceClaim] {
    try inOnePass(indices) { (core, index) throws(TraceError) in try core.claim(at: index) }
  }

  /// The step data at many indices, in their order, from one pass over the trace.
  public func steps(at indices: [UInt64]) throws(TraceError) -> [TraceStep] {
    try inOnePass(indices) { (core, index) throws(TraceError) in try core.step(at: index) }
  }

  private func inOnePass<Answer>(
    _ indices: [UInt64], _ answer: (TraceCore, UInt64) throws(TraceError) -> Answer
  ) throws(TraceError) -> [Answer] {
    try withCore { (core) throws(TraceError) in
      var answers = [Answer?](repeating: nil, count: indices.count)
      for position in indices.indices.sorted(by: { indices[$0] < indices[$1] }) {
        answers[position] = try answer(core, indices[position])
      }
      return answers.compactMap { $0 }
    }
  }

  /// The end of the trace. Runs the program to its end where that is not known.
  public func lastStep() throws(TraceError) -> TraceEnd {
    try withCore { (core) throws(TraceError) in try core.lastStep() }
  }

  // MARK: The folder

  /// How the provider stands.
  public struct Status: Sendable, Equatable {
    /// The end of the trace, where it is known.
    public var end: TraceEnd?
    /// Claims that are known.
    public var claimCount: Int
    /// The steps of the states in the folder.
    public var snapshots: [UInt64]
    /// The steps of the states in memory.
    public var checkpoints: [UInt64]
    /// Bytes that the folder takes.
    public var size: UInt64
    /// Steps executed since the provider was opened.
    public var executedSteps: UInt64
  }

  public func status() throws(TraceError) -> Status {
    try withCore { (core) throws(TraceError) in
      Status(
        end: core.end, claimCount: core.knownClaims, snapshots: core.snapshotSteps,
        checkpoints: core.checkpointSteps, size: try core.size(), executedSteps: core.executed)
    }
  }

  /// Files that were found damaged or foreign since the provider was opened, and were put aside.
  public var incidents: [TraceIncident] { lock.withLock { _ in core.incidents } }

  /// Has a question that is being answered stop, and later ones, as long as `isRequested` says so.
  public func setInterruption(_ isRequested: @escaping @Sendable () -> Bool) {
    lock.withLock { _ in core.shouldInterrupt = isRequested }
  }

  /// Gives up states in the folder until it is within its budget.
  public func prune() throws(TraceError) {
    try withCore { (core) throws(TraceError) in try core.prune() }
  }

  /// Writes what is known of the trace into a folder as op-challenger keeps it for a game: proofs,
  /// states, and where the end is known, the last state and the last step.
  public func export(to path: String) throws(TraceError) {
    try withCore { (core) throws(TraceError) in try core.export(to: path) }
  }

  /// Takes over the proofs and states of a folder that op-challenger keeps of this trace. The caller
  /// answers for it that they are of this trace; each proof must hold by itself, and each state must
  /// be of the step that its name says.
  ///
  /// - Returns: how many proofs and states were taken.
  @discardableResult
  public func adopt(from path: String) throws(TraceError) -> (proofs: Int, snapshots: Int) {
    try withCore { (core) throws(TraceError) in try core.adopt(from: path) }
  }

  /// Deletes all that the provider wrote. It answers nothing after that.
  public func deleteAll() throws(TraceError) {
    try withCore { (core) throws(TraceError) in try core.deleteAll() }
  }
}
