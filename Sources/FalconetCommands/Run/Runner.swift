import Falconet
import Logging

/// A run: executes between events, and does at each what the plan says.
struct Runner {
  let machine: Machine
  let plan: RunPlan
  let guest: GuestProgram
  let progress: Progress
  let logger: Logger
  /// The profile that is recorded, if any.
  let profile: ProfileRecording?
  private let snapshots: SnapshotSeries
  private let proofs: ProofSeries
  private let kept: KeptStateSeries?
  private let checks: RunChecks
  /// What a state that is saved early needs; nil if none is to be.
  private let hints: HintLog?

  init(
    machine: Machine, from input: String, plan: RunPlan, guest: GuestProgram, progress: Progress,
    logger: Logger,
    profile: ProfileRecording? = nil
  ) throws(CommandError) {
    self.machine = machine
    self.plan = plan
    self.guest = guest
    self.progress = progress
    self.logger = logger
    self.profile = profile
    if plan.saveOnError.isEmpty {
      hints = nil
    } else {
      let log = HintLog(machine.oracle)
      machine.oracle = log
      hints = log
    }
    checks = try RunChecks(plan, machine, hints, logger)
    snapshots = SnapshotSeries(plan)
    proofs = ProofSeries(plan)
    kept = try KeptStateSeries(plan, machine, from: input, logger)
  }

  /// Runs until the program exits, the plan stops it, or something fails, and writes the output.
  func run() throws(CommandError) {
    defer {
      progress.end()
      checks.end()
    }
    if plan.tracesThreads { UserSignal.install() }
    machine.shouldInterrupt = {
      attend()
      return Interruption.isRequested || snapshots.hasFailed
    }
    var isExecuted = false
    do throws(CommandError) {
      try execute()
      kept?.end(machine)
      try finishProofs()
      try finishSnapshots()
      kept?.finish()
      isExecuted = true
      progress.end()
      logger.info(
        "Execution stopped",
        metadata: [
          "exited": .stringConvertible(machine.hasExited),
          "code": .stringConvertible(machine.state.scalars.exitCode),
        ])
      try write()
      // Whoever finds another exit code than 0 finds the state too.
      if Interruption.isRequested { throw .interrupted }
      // All is there, so time can't run out any more.
      Deadline.clear()
    } catch {
      // What is being written becomes whole, whatever ends the run.
      do { try proofs.finish() } catch {
        logger.error("Failed to write proof data", metadata: ["err": "\(error)"])
      }
      do { try snapshots.finish() } catch {
        logger.error("Failed to write state snapshot", metadata: ["err": "\(error)"])
      }
      kept?.finish()
      switch error.cause {
      case .interrupted, .outOfTime: saveState()
      case .fault(let fault):
        saveStateBefore(fault)
        if plan.tracesThreads { traceThreads() }
      case .other:
        saveState()
        if plan.tracesThreads, !isExecuted { traceThreads() }
      }
      do { if !isExecuted { try profile?.write() } } catch {
        logger.error("Failed to write the profile", metadata: ["err": "\(error)"])
      }
      throw error.stopped(machine)
    }
  }

  /// Shows what the user may want to see while execution goes on.
  private func attend() {
    progress.draw(machine)
    if plan.tracesThreads, UserSignal.take() { traceThreads() }
  }

  /// Prints the calls that each thread is in. That they can't be printed stops no run.
  private func traceThreads() {
    progress.end()
    let traceback = guest.traceback(of: machine)
    do { try OutputFile.print(traceback.lines()) } catch {
      logger.error("Failed to print tracebacks", metadata: ["err": "\(error)"])
    }
  }

  /// The main loop. At one step things happen in this order: progress, stop, snapshot, proof.
  private func execute() throws(CommandError) {
    while !machine.hasExited {
      let step = machine.step
      attend()
      if Interruption.isRequested { throw .interrupted }
      if plan.info.matches(step) { progress.log(machine) }
      if machine.isInStopRange {
        throw CommandError("detected an infinite loop at step \(step)")
      }
      if plan.stop.matches(step) {
        logger.info("Reached stop at")
        return
      }
      let isSaved = plan.snapshots.matches(step)
      if isSaved { try snapshot() }
      if let kept, step >= kept.next { kept.keep(machine, isSaved: isSaved) }
      let stepsToMark = try checks.mark()
      let read =
        plan.proofs.matches(step) || plan.checks.shadowAt.matches(step)
        ? try prove(step)
        : try advance(
          min(plan.stepsToEvent(after: step), kept?.stepsToNext(from: step) ?? .max, stepsToMark))
      if let read, let reason = plan.preimageStop?.reason(for: read, step: machine.step &- 1) {
        logger.info("Stopping at preimage read", metadata: reason)
        return
      }
    }
  }

  /// Executes so many steps, or up to a read of a pre-image where those may stop the run.
  ///
  /// - Returns: what the last step read, if it is why execution came back.
  private func advance(_ steps: UInt64) throws(CommandError) -> PreimageRead? {
    do { try proofs.prepare(toRun: steps) } catch {
      throw CommandError(error, while: "failed to write proof data")
    }
    do {
      let stops = plan.preimageStop != nil
      let reason =
        if let profile { try profile.run(steps: steps, stopAfterPreimageRead: stops) } else {
          try machine.run(steps: steps, stopAfterPreimageRead: stops)
        }
      if reason == .interrupted {
        if snapshots.hasFailed { try finishSnapshots() }
        throw CommandError.interrupted
      }
      return reason == .preimageRead ? machine.lastPreimageRead : nil
    } catch let error as MachineError {
      throw failure(error)
    } catch let error as CommandError {
      throw error
    } catch { throw CommandError("\(error)") }
  }

  /// Executes one step, has it checked, and writes its proof.
  ///
  /// - Returns: what the step read of a pre-image.
  private func prove(_ step: UInt64) throws(CommandError) -> PreimageRead? {
    let witness: StepWitness?
    do { witness = try machine.prove() } catch { throw failure(error) }
    guard let witness else { return nil }
    try checks.check(witness)
    guard plan.proofs.matches(step) else { return witness.preimage }
    do { try proofs.save(witness) } catch {
      throw CommandError(error, while: "failed to write proof data")
    }
    return witness.preimage
  }

  /// Why execution failed. A state that leads to a pre-image that can't be had is not kept.
  private func failure(_ error: MachineError) -> CommandError {
    if case .preimage(let failure, _, _) = error { kept?.note(failure) }
    return CommandError(error, in: machine, symbols: guest.symbols)
  }

  private func snapshot() throws(CommandError) {
    do { try snapshots.save(machine) } catch {
      throw CommandError(error, while: "failed to write state snapshot")
    }
  }

  private func finishProofs() throws(CommandError) {
    do { try proofs.finish() } catch {
      throw CommandError(error, while: "failed to write proof data")
    }
  }

  private func finishSnapshots() throws(CommandError) {
    do { try snapshots.finish() } catch {
      throw CommandError(error, while: "failed to write state snapshot")
    }
  }

  private func write() throws(CommandError) {
    do {
      if plan.tracesThreads {
        let traceback = guest.traceback(of: machine)
        try OutputFile.print(traceback.lines())
      }
      try profile?.write()
      if !plan.output.isEmpty { try OutputFile.write(plan.output, MemoryImage(machine)) }
      if !plan.debugInfo.isEmpty {
        let info = DebugInfo(machine)
        try OutputFile.write(plan.debugInfo) { (sink) throws(StreamError) in
          try info.write(to: sink)
        }
      }
    } catch { throw CommandError(error, while: "failed to write the run's output") }
  }

  /// Saves the state that a run which ended early can go on from. A failure is logged: the run ends
  /// with what ended it.
  private func saveState() {
    progress.end()
    guard let hints else { return }
    let path = plan.saveOnError
    let state: MachineState
    do throws(HintStorageError) { state = try hints.resumable(machine.state) } catch {
      logger.error(
        "The saved state lacks the hints that a new host must get", metadata: ["err": "\(error)"])
      state = machine.state
    }
    do throws(StreamError) {
      try Snapshot.save(MemoryImage(state: state, memory: machine.memory), path: path)
      logger.warning(
        "Saved the state to go on from",
        metadata: ["path": "\(path)", "step": .stringConvertible(machine.step)])
    } catch {
      logger.error("Failed to save the state to go on from", metadata: ["err": "\(error)"])
    }
  }

  /// Saves the state that an illegal act ended, so that it can be looked at. A failure is logged:
  /// the fault is what the run ends with.
  private func saveStateBefore(_ fault: MachineFault) {
    progress.end()
    guard let path = RunPlan.failedOutput(for: plan.output) else { return }
    do {
      try Snapshot.save(MemoryImage(machine), path: path)
      logger.warning("Saved the state before the failing step", metadata: ["path": "\(path)"])
    } catch {
      logger.error(
        "Failed to save the state before the failing step", metadata: ["err": "\(error)"])
    }
  }
}
