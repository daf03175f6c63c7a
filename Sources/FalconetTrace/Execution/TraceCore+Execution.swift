import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

extension TraceCore {
  /// Brings the machine to a step, or to the end of the trace where that comes first. Keeps states
  /// on the way and where it ends.
  func advance(to step: UInt64) throws(TraceError) -> Machine {
    do { try folder.checkPlace() } catch { throw .file(error) }
    do throws(TraceError) {
      let machine = try machineNearest(to: step)
      try go(machine, to: step)
      try snapshots.settle()
      try noteEnd(machine)
      return machine
    } catch {
      // What is being written still adds to the folder. Of two failures the first is told.
      try? snapshots.settle()
      throw error
    }
  }

  private func go(_ machine: Machine, to step: UInt64) throws(TraceError) {
    var lastSnapshot = snapshots.nearest(to: machine.step) ?? prestate.step
    while machine.step < step, !machine.hasExited {
      let nextCheckpoint = Spacing.next(
        Spacing.checkpoints(machine, end: policy.end), after: machine.step)
      let nextSnapshot = Spacing.snapshot(
        machine, after: lastSnapshot, options.snapshotInterval)
      try run(machine, until: min(step, nextCheckpoint, nextSnapshot))
      policy.note(reached: machine.step)
      guard !machine.hasExited else { break }
      if machine.step == nextSnapshot {
        try snapshots.store(machine, oracle.hint, policy)
        lastSnapshot = nextSnapshot
      }
      if machine.step == nextCheckpoint { checkpoints?.keep(oracle.hint, policy) }
    }
    policy.note(question: machine.step)
    checkpoints?.keep(oracle.hint, policy)
    let nearest = snapshots.nearest(to: machine.step) ?? prestate.step
    if !machine.hasExited, Spacing.isWorthSaving(machine, from: nearest) {
      try snapshots.store(machine, oracle.hint, policy)
    }
  }

  func run(_ machine: Machine, until step: UInt64) throws(TraceError) {
    try connect()
    if interruption.isRequested(at: machine.step) { throw .interrupted }
    let before = machine.step
    defer { executed &+= machine.step &- before }
    let reason: StopReason
    do { reason = try machine.run(until: step) } catch { throw failed(error) }
    if reason == .interrupted { throw .interrupted }
  }

  /// Executes one step and proves it; nil where the program has exited.
  func prove(_ machine: Machine) throws(TraceError) -> StepWitness? {
    try connect()
    let before = machine.step
    let witness: StepWitness?
    do { witness = try machine.prove() } catch { throw failed(error) }
    executed &+= machine.step &- before
    try noteEnd(machine)
    if machine.step < before {
      // Past the counter's end its number no longer says where the machine is.
      self.machine = nil
      checkpoints = nil
    }
    return witness
  }

  func noteEnd(_ machine: Machine) throws(TraceError) {
    guard machine.hasExited, machine.step > 0 else { return }
    let witness = machine.witness()
    try keep(
      TraceEnd(
        index: machine.step - 1, claim: machine.state.claim(witness: witness), witness: witness))
  }

  // MARK: Where to go on from

  /// The machine at or before a step, as near as is worth getting: where it is, at a state in
  /// memory, at one in a file, or at the prestate.
  private func machineNearest(to step: UInt64) throws(TraceError) -> Machine {
    // A prestate that was taken to be the same as before is read before anything depends on it.
    if machine == nil { use(try readPrestate(), hint: nil) }
    let here = machine.flatMap { $0.step <= step ? $0.step : nil }
    let kept = checkpoints?.nearest(to: step)
    let inMemory = here.map { max($0, kept?.step ?? 0) } ?? kept?.step
    while let stored = snapshots.nearest(to: step), isWorthLoading(stored, inMemory) {
      guard let (image, hint) = try snapshots.load(stored) else { continue }
      return use(image, hint: hint)
    }
    if let machine, inMemory != nil {
      if let kept, here.map({ $0 < kept.step }) ?? true {
        machine.restore(kept.checkpoint)
        oracle.hint = kept.hint
        checkpoints?.trim(policy)
      }
      return machine
    }
    return use(try readPrestate(), hint: nil)
  }

  private func isWorthLoading(_ stored: UInt64, _ inMemory: UInt64?) -> Bool {
    guard let inMemory, let machine else { return true }
    return stored > inMemory && stored - inMemory > Spacing.loadCost(machine)
  }

  private func readPrestate() throws(TraceError) -> MemoryImage {
    let image: MemoryImage
    do { image = try source.prestate() } catch { throw .file(error) }
    let found = try TracePrestate(image, revision: source.revision)
    guard found == prestate else {
      throw .prestateChanged(expected: prestate.claim, found: found.claim)
    }
    return image
  }

  @discardableResult
  func use(_ image: MemoryImage, hint: [UInt8]?) -> Machine {
    let machine = Machine(
      state: image.state, memory: image.memory, engine: options.engine, revision: prestate.revision)
    machine.shouldInterrupt = { [interruption, unowned machine] in
      interruption.isRequested(at: machine.step)
    }
    machine.oracle = oracle
    machine.hintLimit = options.hintLimit
    oracle.hint = hint
    self.machine = machine
    checkpoints = CheckpointShelf(machine, options)
    checkpoints?.keep(hint, policy)
    return machine
  }
}
