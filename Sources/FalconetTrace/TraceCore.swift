import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak
import Synchronization

/// Step data that was confirmed, and what that took.
package struct ConfirmedStep: Sendable {
  package let step: TraceStep
  package let confirmation: Confirmation
}

/// Answers questions about a trace, one at a time: see ``TraceProvider``. It puts together the parts,
/// each of which calls only those before it: the directory, the log of claims, the caches of snapshots,
/// the prestate and answers, the source's inputs, and the runner.
///
/// `answers`, `inputs.areChecked`, `check(_:)` and `checkExists()` may be used from any thread.
final class TraceCore {
  let options: TraceOptions
  let directory: TraceDirectory
  let claims: ClaimLog
  let snapshots: SnapshotCache
  let answers: AnswerCache
  let inputs: SourceInputs
  let runner: TraceRunner
  let prestate: TracePrestate
  private let presence = Mutex(Presence.there)

  private enum Presence {
    case there, leaving, gone
  }

  init(directory path: String, _ source: TraceSource, _ options: TraceOptions) throws(TraceError) {
    self.options = options
    // A directory that isn't there yet is made only if the prestate could be read.
    let existing = try TraceDirectory.ifPresent(path, isRequired: !options.makesDirectory)
    let prestates = try PrestateCache(source, existing)
    directory = if let existing { existing } else { try TraceDirectory(path) }
    prestate = prestates.prestate
    try directory.clearNames()
    try directory.identify(prestate.name)
    let steps = try directory.takeStock()
    claims = try ClaimLog(directory, prestate.name)
    snapshots = SnapshotCache(directory, claims, steps, first: prestate.step, options)
    answers = AnswerCache(directory, claims, snapshots, prestate)
    inputs = SourceInputs(source, directory, claims, snapshots)
    runner = TraceRunner(directory, prestates, snapshots, answers, inputs, options)
    // The quarantine may have grown too large, or the budget is another. If the directory can't be
    // written, the first write reports it.
    try? snapshots.makeRoom(for: 0)
    prestates.store(in: directory, hasRoom: snapshots.hasRoom)
  }

  var version: StateVersion { prestate.version }

  var end: TraceEnd? { answers.end }

  /// Throws if the provider can't answer any more, or could never answer this.
  func check(_ index: UInt64) throws(TraceError) {
    try checkExists()
    if index < prestate.step, index &+ 1 != prestate.step {
      throw .beforePrestate(index: index, step: prestate.step)
    }
  }

  func checkExists() throws(TraceError) {
    if presence.withLock({ $0 != .there }) { throw .deleted(path: directory.path.fileName) }
  }

  // MARK: Answers

  func claim(at index: UInt64) throws(TraceError) -> TraceClaim {
    try check(index)
    try checkInputs()
    if let known = answers.claim(at: index) { return known }
    return try executing { () throws(TraceError) in try computeClaim(at: index) }
  }

  private func computeClaim(at index: UInt64) throws(TraceError) -> TraceClaim {
    guard index < .max else {
      // No number of steps comes after this index: its claim comes with its proof.
      let last = try step(at: index)
      return TraceClaim(index: index, claim: last.proof.post, isPastEnd: last.isPastEnd)
    }
    let machine = try runner.advance(to: index + 1)
    if let known = answers.claim(at: index) { return known }
    let claim = machine.claim()
    try answers.add(index, claim, isAdopted: runner.isAdopted)
    return TraceClaim(index: index, claim: claim, isPastEnd: false)
  }

  func step(at index: UInt64) throws(TraceError) -> TraceStep {
    try checkProvable(index)
    try checkInputs()
    if let known = answers.step(at: index, isAlone: true) { return known }
    return try executing { () throws(TraceError) in
      let machine = try runner.advance(to: index)
      if let known = answers.step(at: index, isAlone: true) { return known }
      guard let witness = try runner.prove(machine) else { throw .interrupted }
      return try answers.add(StepProof(witness), at: index, isAdopted: runner.isAdopted)
    }
  }

  /// The prestate shows nothing of the step that led to it.
  private func checkProvable(_ index: UInt64) throws(TraceError) {
    try check(index)
    guard index >= prestate.step else {
      throw .beforePrestate(index: index, step: prestate.step)
    }
  }

  func lastStep() throws(TraceError) -> TraceEnd {
    try checkExists()
    try checkInputs()
    if let end { return end }
    _ = try executing { () throws(TraceError) in try runner.advance(to: .max) }
    guard let end else {
      throw .file(
        StreamError(
          .tooLarge, path: directory.path.fileName,
          message: "the program does not exit before step 2^64 - 1, the last one that has a number")
      )
    }
    return end
  }

  /// The step data at an index, from an execution of now that a second one by plain steps confirms,
  /// whether the directory has it or not. What is known is compared.
  func confirmedStep(at index: UInt64, stretch: UInt64) throws(TraceError) -> ConfirmedStep {
    try checkProvable(index)
    try checkInputs()
    return try executing { () throws(TraceError) in
      try computeConfirmedStep(at: index, stretch: stretch)
    }
  }

  private func computeConfirmedStep(
    at index: UInt64, stretch: UInt64
  ) throws(TraceError) -> ConfirmedStep {
    // Past the end, the last step is what is confirmed.
    let target = min(index, end?.index ?? .max)
    let start = max(prestate.step, target > stretch ? target - stretch : 0)
    guard let (witness, confirmation) = try runner.confirm(target, from: start, stretch: stretch)
    else {
      // The end became known on the way: retry with the last step.
      guard let end, index >= end.index else { throw .interrupted }
      return try computeConfirmedStep(at: index, stretch: stretch)
    }

    let proof = StepProof(witness)
    if let known = answers.step(at: target, isAlone: true), !known.isPastEnd {
      guard known.proof.post == proof.post else {
        throw .contradiction(index: target, known: known.proof.post, computed: proof.post)
      }
    }
    let step = try answers.add(proof, at: target, isAdopted: runner.isAdopted)
    guard index > target else { return ConfirmedStep(step: step, confirmation: confirmation) }
    guard let last = answers.step(at: index, isAlone: true) else { throw .interrupted }
    guard last.claim == proof.post else {
      throw .contradiction(index: target, known: last.claim, computed: proof.post)
    }
    return ConfirmedStep(step: last, confirmation: confirmation)
  }

  // MARK: The directory

  func prune() throws(TraceError) {
    try checkExists()
    try snapshots.settle()
    try snapshots.makeRoom(for: 0)
  }

  func deleteAll() throws(TraceError) {
    // May be retried if not all could be deleted.
    if presence.withLock({ $0 == .gone }) { throw .deleted(path: directory.path.fileName) }
    do { try directory.checkPlace() } catch { throw .file(error) }
    presence.withLock { $0 = .leaving }
    try? snapshots.settle()
    runner.close()
    try directory.deleteAll()
    presence.withLock { $0 = .gone }
  }
}
