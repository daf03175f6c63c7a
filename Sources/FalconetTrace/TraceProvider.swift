import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak
import Synchronization

/// Answers what a challenger asks of a trace: claims and step data by index. Runs the program as
/// far as a question needs, and caches every answer in a directory of its own, and states in memory and
/// in the directory to go on from.
///
/// ```swift
/// let trace = try TraceProvider(
///   directory: "game-1",
///   TraceSource(prestateFile: "prestate.bin.gz") { () throws(PreimageError) in
///     try DirectoryOracle(path: "preimages")
///   })
/// print(try trace.claim(at: 1 << 40).claim)
/// let proof = try trace.step(at: 12_345).proof
/// ```
///
/// The index of a step is the number of steps executed before it; the claim at an index is the one
/// after that step. An index past the end is answered from the state that exited.
///
/// May be used from several threads. What is known is answered at once; what has to be executed,
/// one question at a time. The directory is locked against other processes, and other providers of
/// this one, as long as the provider lives.
///
/// The local pre-images that the program reads are inputs of the trace, and the directory records them:
/// a source that has others is refused. See ``TraceSource/sourceIdentity``.
///
/// A question that fails changes nothing: asked again once the cause is gone, it is answered.
///
/// Safety: `core` is accessed under `lock` alone, except for its constants and for what is known,
/// which has locks of its own.
package final class TraceProvider: @unchecked Sendable {
  private let core: TraceCore
  private let lock = Mutex<Void>(())

  /// The name of a file in the directory that is left to whoever opens the trace: what a command got from
  /// its host. It is no part of the trace, and goes with the directory.
  package static let hostStatusName = ".host.json"

  /// Opens a directory, or makes it. Corrupt files in it are quarantined: see ``incidents``.
  ///
  /// - Throws: ``TraceError`` if the directory is another process's or another trace's, or can't be
  ///   read, or the prestate can't.
  package init(
    directory: String, _ source: TraceSource, _ options: TraceOptions = TraceOptions()
  ) throws(TraceError) {
    core = try TraceCore(directory: directory, source, options)
  }

  private func withCore<Result>(
    _ body: (TraceCore) throws(TraceError) -> Result
  ) throws(TraceError) -> Result {
    try lock.withLock { _ throws(TraceError) in
      // If the answer fails, what the source was asked for is not lost with it.
      let answer: Result
      do throws(TraceError) { answer = try body(core) } catch {
        try? core.inputs.flush()
        throw error
      }
      do throws(PreimageError) { try core.inputs.flush() } catch { throw .source(error) }
      return answer
    }
  }

  // MARK: Answers

  package var version: StateVersion { core.version }

  /// The revision that steps are executed by.
  package var revision: Revision { core.prestate.revision }

  /// The claim of the absolute prestate.
  package var prestateClaim: Bytes32 { core.prestate.claim }

  /// The witness of the absolute prestate.
  package var prestateWitness: [UInt8] { core.prestate.witness }

  /// The claim at an index: of the state after that step, or of the last state.
  ///
  /// O(1) if it is known; else the time that it takes to execute the steps from the nearest cached
  /// state, and to hash the pages that they changed.
  package func claim(at index: UInt64) throws(TraceError) -> TraceClaim {
    try core.check(index)
    if core.inputs.areChecked, let known = core.answers.claim(at: index) { return known }
    return try withCore { (core) throws(TraceError) in try core.claim(at: index) }
  }

  /// The claim at an index if it is known and the inputs have been checked; never waits, and executes nothing.
  package func knownClaim(at index: UInt64) -> TraceClaim? {
    guard core.inputs.areChecked, (try? core.check(index)) != nil else { return nil }
    return core.answers.claim(at: index)
  }

  /// The end of the trace if it is known and the inputs have been checked; never waits, and executes nothing.
  package var knownEnd: TraceEnd? { core.inputs.areChecked ? core.end : nil }

  /// The step data at an index. Known data is read from its file and verified.
  package func step(at index: UInt64) throws(TraceError) -> TraceStep {
    try core.check(index)
    if core.inputs.areChecked, let known = core.answers.step(at: index, isAlone: false) {
      return known
    }
    return try withCore { (core) throws(TraceError) in try core.step(at: index) }
  }

  /// The claims at many indices, in their order, from one pass over the trace. If other threads
  /// ask meanwhile, they take turns at each index, and the machine goes back and forth between them.
  package func claims(at indices: [UInt64]) throws(TraceError) -> [TraceClaim] {
    try inOnePass(indices) { (index) throws(TraceError) in try claim(at: index) }
  }

  /// The step data at many indices, in their order, from one pass over the trace: see
  /// ``claims(at:)``.
  package func stepData(at indices: [UInt64]) throws(TraceError) -> [TraceStep] {
    try inOnePass(indices) { (index) throws(TraceError) in try step(at: index) }
  }

  /// The step data at many indices, each confirmed before it is answered: the steps before it, at most
  /// `stretch`, are executed once more by plain steps on a second machine, and the proof is verified.
  /// What is known is recomputed, and compared.
  ///
  /// - Throws: ``TraceError/unconfirmed(_:)`` if the second execution differs; nothing of it is stored.
  package func confirmedStepData(
    at indices: [UInt64], stretch: UInt64 = Confirmer.usualStretch
  ) throws(TraceError) -> [ConfirmedStep] {
    try inOnePass(indices) { (index) throws(TraceError) in
      try withCore { (core) throws(TraceError) in
        try core.confirmedStep(at: index, stretch: stretch)
      }
    }
  }

  private func inOnePass<Answer>(
    _ indices: [UInt64], _ answer: (UInt64) throws(TraceError) -> Answer
  ) throws(TraceError) -> [Answer] {
    while true {
      let discardCount = core.claims.discardCount
      var answers = [Answer?](repeating: nil, count: indices.count)
      for position in indices.indices.sorted(by: { indices[$0] < indices[$1] }) {
        answers[position] = try answer(indices[position])
      }
      // If an adopted claim was found wrong on the way, an answer before it may be wrong too.
      if core.claims.discardCount == discardCount { return answers.compactMap { $0 } }
    }
  }

  /// The end of the trace. Runs the program to its end if that is not known.
  package func lastStep() throws(TraceError) -> TraceEnd {
    try core.checkExists()
    if core.inputs.areChecked, let end = core.end { return end }
    return try withCore { (core) throws(TraceError) in try core.lastStep() }
  }

  /// Writes the state after a number of steps, or the one that exited if the program exits before.
  ///
  /// - Parameter format: the format of the file; nil follows its name.
  package func saveState(
    after steps: UInt64, to path: String, format: SnapshotFormat? = nil
  ) throws(TraceError) -> SavedTraceState {
    try withCore { (core) throws(TraceError) in
      try core.saveState(after: steps, to: path, format)
    }
  }

  /// A copy of the state after a number of steps, or of the one that exited if the program exits before, and
  /// the last hint before it.
  package func copy(
    after steps: UInt64
  ) throws(TraceError) -> (image: MemoryImage, lastHint: [UInt8]?) {
    try withCore { (core) throws(TraceError) in try core.copy(after: steps) }
  }

  /// Bytes of the machine's memory, as of some milliseconds ago; never waits.
  package var memorySize: UInt64 {
    UInt64(core.runner.interruption.pageCount) * UInt64(Memory.pageSize)
  }

  /// The indices with a claim that are known, ascending; executes nothing.
  package func knownIndices(of claim: Bytes32) -> [UInt64] {
    core.inputs.areChecked ? core.claims.indices(of: claim) : []
  }

  // MARK: The directory

  /// The state of the provider and its caches. Waits for a question that is being answered.
  package func status() throws(TraceError) -> TraceStatus {
    try withCore { (core) throws(TraceError) in
      try core.checkExists()
      return TraceStatus(core)
    }
  }

  /// Files that were found corrupt or foreign since the provider was opened, and the first file that
  /// there was no room for, once until there is.
  package var incidents: [TraceIncident] { core.directory.incidents }

  /// Stops the question that is being answered, and later ones, as long as `isRequested` returns true.
  /// It is called from the thread that executes, several times a second, and between saved states,
  /// with the number of steps that the machine has executed.
  package func setInterruption(_ isRequested: @escaping @Sendable (_ step: UInt64) -> Bool) {
    core.runner.interruption.set(isRequested)
  }

  /// Reopens the source of pre-images before the next step that is executed, and checks it before the
  /// next answer. Waits for a question that is being answered.
  ///
  /// - Parameter change: makes the source another one.
  package func reopenPreimages(_ change: () -> Void = {}) {
    lock.withLock { _ in core.inputs.replace(change) }
  }

  /// Compares the source's inputs with those that the directory records, as each answer does at first.
  ///
  /// - Throws: ``TraceError/otherInputs(path:key:isMissing:)`` if they differ.
  package func checkInputs() throws(TraceError) {
    try withCore { (core) throws(TraceError) in
      try core.checkExists()
      try core.checkInputs()
    }
  }

  /// Discards what is in quarantine, then states, then step data, until the directory is within its
  /// budget.
  package func prune() throws(TraceError) {
    try withCore { (core) throws(TraceError) in try core.prune() }
  }

  /// Writes what is known of the trace into a directory as op-challenger lays it out for a game: proofs,
  /// states, and if the end is known, the last state and the last step. Files with other names are left
  /// alone.
  package func export(to path: String) throws(TraceError) {
    try withCore { (core) throws(TraceError) in try core.export(to: path) }
  }

  /// Takes over the proofs, the states and the end of a directory that op-challenger keeps of this
  /// trace.
  ///
  /// The caller vouches that they are of this trace. Each proof must hold by itself, each state must be
  /// of the step in its name, and none may contradict what is known; others are left out. If steps that are
  /// executed later lead to another claim than an adopted one, all that was adopted is discarded: see
  /// ``incidents``.
  package func adopt(from path: String) throws(TraceError) -> TraceAdoption {
    try withCore { (core) throws(TraceError) in try core.adopt(from: path) }
  }

  /// Deletes the directory: all that the provider wrote, and the quarantine. It answers nothing
  /// after that.
  package func deleteAll() throws(TraceError) {
    try withCore { (core) throws(TraceError) in try core.deleteAll() }
  }

  /// Deletes the directory of any trace, whatever state it is in.
  ///
  /// - Throws: ``TraceError`` if it is in use, or is no trace's, or can't be deleted.
  package static func deleteAll(directory: String) throws(TraceError) {
    try TraceDirectory(existing: directory).deleteAll()
  }
}
