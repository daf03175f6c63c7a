import FalconetForeignVM
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// Answers questions about a trace of any VM: claims and proofs by index. Runs the program as far as a
/// question needs, and caches every answer in a directory, and states to go on from.
///
/// The directory, its lock, the log of claims and the choice of states to discard are those of
/// ``TraceProvider``. What a state and a proof are is the VM's own.
///
/// The directory belongs to one source of pre-images, since nothing else tells which of them are inputs.
package final class ForeignTrace {
  private let source: ForeignTraceSource
  private let options: TraceOptions
  private let directory: TraceDirectory
  private let claims: ClaimLog
  private let states: StateFiles
  private let answers: ForeignAnswers
  private let prestate: ForeignPrestate
  private let work: WorkDirectory
  private var run: any ForeignRun
  /// Bytes of the last state that was written, an estimate of the next.
  private var stateSize: UInt64 = 0

  /// Opens a directory, or makes it.
  package init(
    directory path: String, _ source: ForeignTraceSource, _ options: TraceOptions
  ) throws(TraceError) {
    self.source = source
    self.options = options
    let existing = try TraceDirectory.ifPresent(
      path, isRequired: !options.makesDirectory, states: .foreign)
    do throws(StreamError) { work = try WorkDirectory(label: "trace") } catch {
      throw .file(error)
    }
    do throws(ForeignError) { run = try source.open(work) } catch { throw .vm(error) }
    prestate = try ForeignPrestate(run, source)
    directory =
      if let existing { existing } else { try TraceDirectory(path, states: .foreign) }
    try directory.clearNames()
    try directory.identify(prestate.name)
    let steps = try directory.takeStock()
    claims = try ClaimLog(directory, prestate.name)
    states = StateFiles(directory, claims, steps, first: prestate.step, options)
    answers = ForeignAnswers(directory, claims, states, prestate, source.verifier)
    try? states.makeRoom(for: 0)
  }

  /// Files that were found corrupt or foreign since the trace was opened.
  package var incidents: [TraceIncident] { directory.incidents }

  package var prestateClaim: [UInt8] { prestate.claim }
  package var prestateWitness: [UInt8] { prestate.witness }

  // MARK: Answers

  /// The claims at many indices, in their order, from one pass over the trace.
  package func claims(at indices: [UInt64]) throws(TraceError) -> [ForeignTraceClaim] {
    try inOnePass(indices) { (index) throws(TraceError) in try claim(at: index) }
  }

  /// The proofs at many indices, in their order, from one pass over the trace.
  package func steps(at indices: [UInt64]) throws(TraceError) -> [ForeignTraceStep] {
    try inOnePass(indices) { (index) throws(TraceError) in try step(at: index) }
  }

  private func inOnePass<Answer>(
    _ indices: [UInt64], _ answer: (UInt64) throws(TraceError) -> Answer
  ) throws(TraceError) -> [Answer] {
    var answers = [Answer?](repeating: nil, count: indices.count)
    for position in indices.indices.sorted(by: { indices[$0] < indices[$1] }) {
      answers[position] = try answer(indices[position])
    }
    return answers.compactMap { $0 }
  }

  private func claim(at index: UInt64) throws(TraceError) -> ForeignTraceClaim {
    guard index >= prestate.step || index &+ 1 == prestate.step else {
      throw .beforePrestate(index: index, step: prestate.step)
    }
    try checkSource()
    if let known = answers.claim(at: index) { return known }
    try advance(to: index == .max ? .max : index + 1)
    if let known = answers.claim(at: index) { return known }
    guard index < .max else { throw endless }
    let claim = try calling { () throws(ForeignError) in try run.claim() }
    try answers.add(index, claim)
    return ForeignTraceClaim(index: index, claim: claim, isPastEnd: false)
  }

  private func step(at index: UInt64) throws(TraceError) -> ForeignTraceStep {
    guard index >= prestate.step else {
      throw .beforePrestate(index: index, step: prestate.step)
    }
    try checkSource()
    if let known = answers.step(at: index) { return known }
    try advance(to: index)
    if let known = answers.step(at: index) { return known }
    let proof = try calling { () throws(ForeignError) in try run.prove(at: index) }
    try recordEnd()
    return try answers.add(proof, at: index)
  }

  package func lastStep() throws(TraceError) -> ForeignTraceEnd {
    try checkSource()
    if let end = answers.end { return end }
    try advance(to: .max)
    guard let end = answers.end else { throw endless }
    return end
  }

  private var endless: TraceError {
    .file(
      StreamError(
        .tooLarge, path: directory.path.fileName,
        message: "the program does not exit before step 2^64 - 1, the last one that has a number"))
  }

  // MARK: The directory

  /// The state of the trace and its caches.
  package func status() -> ForeignTraceStatus {
    ForeignTraceStatus(
      lastStep: answers.end?.index, claimCount: claims.count, snapshots: states.steps,
      size: directory.used, budget: options.diskBudget)
  }

  /// Discards what is in quarantine, states, and then proofs, until the directory is within its budget.
  package func prune() throws(TraceError) { try states.makeRoom(for: 0) }

  /// Throws if the directory belongs to another source of pre-images, and binds it to this one otherwise.
  private func checkSource() throws(TraceError) {
    guard let identity = source.identity else { return }
    let hash = TraceInputs.hash(source: identity, locals: [])
    guard let known = claims.source else {
      // If the directory can't be written, it is bound by the next question.
      try? states.makeRoom(for: UInt64(ClaimRecord.size))
      try? claims.set(source: hash)
      return
    }
    guard known == hash else { throw .otherPreimages(path: directory.path.fileName) }
  }

  // MARK: Executing

  /// Brings the run to a step, or to the end of the trace if that comes first. Stores states on the way and
  /// there.
  private func advance(to step: UInt64) throws(TraceError) {
    do { try directory.checkPlace() } catch { throw .file(error) }
    try goNear(step)
    while true {
      let status = try calling { () throws(ForeignError) in try run.status() }
      states.policy.record(reached: status.step)
      if status.exited { return try recordEnd() }
      if status.step >= step { break }
      let last = states.nearest(to: status.step) ?? prestate.step
      let (next, overflow) = max(last, status.step).addingReportingOverflow(
        options.snapshotInterval)
      let stop = overflow ? step : min(step, next)
      try calling { () throws(ForeignError) in try run.run(until: stop) }
      let isExited = try calling { () throws(ForeignError) in try run.status().exited }
      if stop < step, !isExited { try storeState() }
    }
    states.policy.record(question: step)
    if step - min(states.nearest(to: step) ?? prestate.step, step) >= loadCost { try storeState() }
  }

  /// About the steps that are executed in the time that it takes to read a state.
  private var loadCost: UInt64 { max(1_000, stateSize / 16) }

  /// Goes to the nearest state before a step that is worth getting.
  private func goNear(_ step: UInt64) throws(TraceError) {
    var here: UInt64? = try calling { () throws(ForeignError) in try run.status().step }
    if let present = here, present > step { here = nil }
    while let stored = states.nearest(to: step), here.map({ stored > $0 + loadCost }) ?? true {
      if try load(stored) { return }
    }
    if here == nil { try reopen() }
  }

  private func reopen() throws(TraceError) {
    do throws(ForeignError) { run = try source.open(work) } catch { throw .vm(error) }
    let claim = try calling { () throws(ForeignError) in try run.claim() }
    guard claim == prestate.claim else {
      throw .prestateChanged(
        expected: Bytes32(padding: prestate.claim), found: Bytes32(padding: claim))
    }
    source.hints?.goBack(to: nil)
  }

  /// Goes to the state in a file, if it is there and right. Otherwise it is quarantined.
  private func load(_ step: UInt64) throws(TraceError) -> Bool {
    let (file, hintFile) = (directory.snapshot(step), directory.hint(step))
    var fault: String?
    var hint: [UInt8]?
    do throws(StreamError) {
      switch try HintFile.read(hintFile) {
      case .none: break
      case .hint(let bytes): hint = bytes
      case .corrupt(let reason): fault = "the hint before it is corrupt: \(reason)"
      }
    } catch { throw .file(error) }
    if fault == nil {
      do throws(ForeignError) {
        try run.read(stateAt: file.fileName)
        let (status, claim) = (try run.status(), try run.claim())
        if status.step != step || Bytes32(padding: claim) != claims[step - 1] {
          fault = "its claim is not the one in the log"
        }
      } catch {
        if error.isInterruption { throw .interrupted }
        fault = error.description
      }
    }
    if let fault {
      states.quarantine(step, fault)
      return false
    }
    source.hints?.goBack(to: hint)
    return true
  }

  /// Writes the run's state into a file, if there is room for it.
  private func storeState() throws(TraceError) {
    let step = try calling { () throws(ForeignError) in try run.status().step }
    guard step > prestate.step, !states.steps.contains(step) else { return }
    let claim = try calling { () throws(ForeignError) in try run.claim() }
    let hint = source.hints?.last.map { HintFile.encode($0) }
    guard source.hints?.last.map({ HintFile.hasRoom(for: $0) }) ?? true,
      try states.makeRoom(forState: step, stateSize + UInt64(hint?.count ?? 0))
    else { return }
    let file = directory.snapshot(step)
    var budgeted: BudgetSink?
    do throws(TraceError) {
      try directory.makeDirectory(directory.snapshots)
      try claims.add(step - 1, Bytes32(padding: claim), isAdopted: false, isDurable: true)
      if let hint { try directory.write(hint, to: directory.hint(step)) }
      let limit = states.budget.subtractingClamped(directory.used)
      do throws(StreamError) {
        try AtomicFile.write(
          path: file.fileName, permissions: 0o666, compression: Compression.none
        ) { (sink) throws(StreamError) in
          let sink = BudgetSink(sink, limit: limit)
          budgeted = sink
          do throws(ForeignError) { try run.write(to: sink) } catch {
            throw StreamError(
              sink.isFull ? .noSpace : .corrupt, path: file.fileName, message: error.description)
          }
          try directory.checkPlace()
        }
      } catch { throw .file(error) }
      let size = TraceDirectory.size(file)
      directory.account(from: 0, to: size)
      stateSize = size
      states.add(step)
      directory.reportCached()
    } catch {
      directory.remove(directory.hint(step))
      if let budgeted, budgeted.isFull {
        stateSize = max(stateSize, budgeted.count)
        return
      }
      guard error.isWantOfRoom else { throw error }
      directory.reportUncached(file, error)
    }
  }

  private func recordEnd() throws(TraceError) {
    let (status, claim, witness) = try calling { () throws(ForeignError) in
      (try run.status(), try run.claim(), try run.witness())
    }
    guard status.exited, status.step > 0 else { return }
    try answers.add(
      ForeignTraceEnd(
        index: status.step - 1, claim: claim, witness: witness, exitCode: status.exitCode))
  }

  private func calling<Result>(
    _ body: () throws(ForeignError) -> Result
  ) throws(TraceError) -> Result {
    do throws(ForeignError) { return try body() } catch {
      throw error.isInterruption ? .interrupted : .vm(error)
    }
  }
}
