import FalconetMachine
import FalconetProofs
import FalconetRun
import FalconetSnapshots
import FalconetStreams
import Keccak

/// Executes the steps of a trace: from the nearest state, which it looks for in memory, in files, and at
/// last in the prestate. It caches states on the way, and the end.
final class TraceRunner {
  private let directory: TraceDirectory
  private let prestates: PrestateCache
  private let snapshots: SnapshotCache
  private let answers: AnswerCache
  private let inputs: SourceInputs
  private let options: TraceOptions
  let interruption = TraceInterruption()
  /// Made when the first step is to be executed.
  private var machine: Machine?
  private(set) var checkpoints: CheckpointCache?
  /// Whether the machine executes from an adopted state that no execution from the prestate has confirmed.
  private(set) var isAdopted = false
  /// Steps executed since the trace was opened.
  private(set) var executed: UInt64 = 0

  init(
    _ directory: TraceDirectory, _ prestates: PrestateCache, _ snapshots: SnapshotCache,
    _ answers: AnswerCache, _ inputs: SourceInputs, _ options: TraceOptions
  ) {
    var prestates = prestates
    let image = prestates.takeImage()
    self.directory = directory
    self.prestates = prestates
    self.snapshots = snapshots
    self.answers = answers
    self.inputs = inputs
    self.options = options
    if let image { use(image, hint: nil, isAdopted: false) }
  }

  private var first: UInt64 { prestates.prestate.step }

  /// Frees the machine and the states in memory, and closes the source.
  func close() {
    forget()
    inputs.disconnect()
  }

  /// Frees the machine and the states in memory.
  func forget() {
    machine = nil
    checkpoints = nil
    isAdopted = false
    interruption.note(pages: 0)
  }

  // MARK: Executing

  /// Brings the machine to a step, or to the end of the trace if that comes first. Caches states on the
  /// way and at the step.
  func advance(to step: UInt64) throws(TraceError) -> Machine {
    do { try directory.checkPlace() } catch { throw .file(error) }
    do throws(TraceError) {
      let machine = try machineNearest(to: step)
      try go(machine, to: step)
      try snapshots.settle()
      try recordEnd(machine)
      return machine
    } catch {
      // What is being written still adds to the directory. Of two failures the first is reported.
      try? snapshots.settle()
      throw error
    }
  }

  /// Executes up to a step, and caches states on the way and there.
  private func go(_ machine: Machine, to step: UInt64) throws(TraceError) {
    let advance = Advance(self, machine, to: step)
    try run(machine, until: step, advance)
    try advance.arrive()
    snapshots.policy.record(question: machine.step)
    checkpoints?.add(inputs.lastHint, snapshots.policy)
    if !machine.hasExited, Spacing.isWorthSaving(machine, from: nearestStored(to: machine.step)) {
      try store(machine)
    }
  }

  private func run(
    _ machine: Machine, until step: UInt64, _ observer: some RunObserver<TraceError>
  ) throws(TraceError) {
    let before = machine.step
    defer { executed &+= machine.step &- before }
    if case .interrupted = try machine.run(until: step, RunSchedule(), observer) {
      throw .interrupted
    }
  }

  /// The step of the last stored state at or before a step, or of the prestate.
  private func nearestStored(to step: UInt64) -> UInt64 { snapshots.nearest(to: step) ?? first }

  private func store(_ machine: Machine) throws(TraceError) {
    try snapshots.store(machine, inputs.lastHint, isAdopted: isAdopted)
  }

  /// Called before steps are executed.
  private func prepare(_ machine: Machine) throws(TraceError) {
    try inputs.connect()
    if interruption.isRequested(at: machine.step) { throw .interrupted }
  }

  /// The observer of a run that caches nothing.
  private struct Stretch: PausingObserver {
    typealias Failure = TraceError

    let runner: TraceRunner
    let machine: Machine

    func prepare() throws(TraceError) -> UInt64 {
      try runner.prepare(machine)
      return .max
    }

    func failure(_ error: MachineError) -> TraceError { runner.inputs.failed(error) }
  }

  /// The observer of a run that caches states on the way, and compares claims with known ones.
  private final class Advance: PausingObserver {
    typealias Failure = TraceError

    private let runner: TraceRunner
    private let machine: Machine
    private var lastSnapshot: UInt64
    private var nextSnapshot: UInt64?
    private var nextCheckpoint: UInt64?
    private var comparisons: ArraySlice<UInt64>

    init(_ runner: TraceRunner, _ machine: Machine, to target: UInt64) {
      self.runner = runner
      self.machine = machine
      lastSnapshot = runner.nearestStored(to: machine.step)
      comparisons =
        Spacing.comparisons(
          machine,
          with: runner.answers.claims.known(in: machine.step..<max(target, machine.step)),
          isAdopted: runner.isAdopted, until: target)[...]
    }

    /// Does what is due at the machine's step.
    func arrive() throws(TraceError) {
      runner.snapshots.policy.record(reached: machine.step)
      guard !machine.hasExited else { return }
      if machine.step == comparisons.first {
        comparisons.removeFirst()
        try runner.answers.add(
          machine.step - 1, machine.claim(), isAdopted: runner.isAdopted)
      }
      if machine.step == nextSnapshot {
        try runner.store(machine)
        lastSnapshot = machine.step
      }
      if machine.step == nextCheckpoint {
        runner.checkpoints?.add(runner.inputs.lastHint, runner.snapshots.policy)
      }
    }

    func prepare() throws(TraceError) -> UInt64 {
      try arrive()
      let checkpoint = Spacing.next(
        Spacing.checkpoints(machine, runner.snapshots.policy), after: machine.step)
      // Once it is chosen it stays, however often the run stops before.
      let snapshot =
        nextSnapshot.flatMap { $0 > machine.step ? $0 : nil }
        ?? Spacing.snapshot(machine, after: lastSnapshot, runner.options.snapshotInterval)
      (nextCheckpoint, nextSnapshot) = (checkpoint, snapshot)
      try runner.prepare(machine)
      return min(checkpoint, snapshot, comparisons.first ?? .max) - machine.step
    }

    func failure(_ error: MachineError) -> TraceError { runner.inputs.failed(error) }
  }

  /// Executes one step and proves it; nil if the program has exited.
  func prove(_ machine: Machine) throws(TraceError) -> StepWitness? {
    try inputs.connect()
    let before = machine.step
    let witness: StepWitness?
    do { witness = try machine.prove() } catch { throw inputs.failed(error) }
    executed &+= machine.step &- before
    try recordEnd(machine)
    if machine.step < before {
      // Past the counter's end, the machine's step no longer tells its place in the trace.
      forget()
    }
    return witness
  }

  private func recordEnd(_ machine: Machine) throws(TraceError) {
    guard machine.hasExited, machine.step > 0 else { return }
    let witness = machine.witness()
    try answers.add(
      TraceEnd(
        index: machine.step - 1, claim: machine.state.claim(witness: witness), witness: witness),
      isAdopted: isAdopted)
  }

  // MARK: Where to go on from

  /// The machine at or before a step, as near as is worth getting: at its present step, at a state in
  /// memory, at one in a file, or at the prestate.
  private func machineNearest(to step: UInt64) throws(TraceError) -> Machine {
    if machine == nil { use(try prestates.read(), hint: nil, isAdopted: false) }
    let here = machine.flatMap { $0.step <= step ? $0.step : nil }
    let cached = checkpoints?.nearest(to: step)
    let inMemory = here.map { max($0, cached?.step ?? 0) } ?? cached?.step
    while let stored = snapshots.nearest(to: step), isWorthLoading(stored, inMemory) {
      guard let (image, hint) = try snapshots.load(stored) else { continue }
      return use(image, hint: hint, isAdopted: answers.claims.isAdopted(stored - 1))
    }
    if let machine, inMemory != nil {
      if let cached, here.map({ $0 < cached.step }) ?? true {
        machine.restore(cached.checkpoint)
        inputs.lastHint = cached.hint
        checkpoints?.trim(snapshots.policy)
      }
      return machine
    }
    return use(try prestates.read(), hint: nil, isAdopted: false)
  }

  private func isWorthLoading(_ stored: UInt64, _ inMemory: UInt64?) -> Bool {
    guard let inMemory, let machine else { return true }
    return stored > inMemory && stored - inMemory > Spacing.loadCost(machine)
  }

  @discardableResult
  private func use(_ image: MemoryImage, hint: [UInt8]?, isAdopted: Bool) -> Machine {
    let machine = Machine(
      state: image.state, memory: image.memory, engine: options.engine,
      revision: prestates.prestate.revision)
    machine.shouldInterrupt = { [interruption, unowned machine] in
      interruption.note(pages: machine.memory.pageCount)
      return interruption.isRequested(at: machine.step)
    }
    machine.oracle = inputs
    machine.hintLimit = options.hintLimit
    inputs.lastHint = hint
    self.machine = machine
    self.isAdopted = isAdopted
    checkpoints = CheckpointCache(machine, options)
    checkpoints?.add(hint, snapshots.policy)
    return machine
  }

  // MARK: Confirming

  /// Executes up to a step, proves it, and has a second machine confirm that with plain steps. Nil if the
  /// program exits before it.
  ///
  /// - Parameter start: the step to confirm from.
  func confirm(
    _ target: UInt64, from start: UInt64, stretch: UInt64
  ) throws(TraceError) -> (StepWitness, Confirmation)? {
    let machine = try advance(to: start)
    guard !machine.hasExited else { return nil }
    let confirmer = Confirmer(machine, stretch: stretch)
    defer { confirmer.detach() }
    confirmer.mark()
    try run(machine, until: target, Stretch(runner: self, machine: machine))
    try recordEnd(machine)
    guard let witness = try prove(machine) else { return nil }
    do throws(ConfirmationFailure) {
      let confirmation = try confirmer.confirm(witness)
      executed &+= confirmation.steps
      return (witness, confirmation)
    } catch {
      confirmer.goBack()
      switch error {
      case .interrupted: throw .interrupted
      case .machine(let failure): throw .machine(failure)
      case .claim, .data, .proof, .execution: throw .unconfirmed(error)
      }
    }
  }
}
