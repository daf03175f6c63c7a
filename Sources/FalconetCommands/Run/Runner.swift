import FalconetInsight
import FalconetMachine
import FalconetOracle
import FalconetRun
import FalconetSnapshots
import FalconetStreams
import Logging

/// A run: executes between events, and does at each what the plan says.
struct Runner {
  let machine: Machine
  let plan: RunPlan
  let guest: GuestProgram
  let progress: Progress
  /// What says why the run waits.
  let watch: HostWatch
  let logger: Logger
  /// Where op-challenger looks for what a proved step needs; nil if the host writes it.
  let challenger: ChallengerDirectory?
  /// What fetches ahead; nil without a plan.
  let prefetch: Prefetch?
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
    watch: HostWatch, logger: Logger, challenger: ChallengerDirectory? = nil,
    prefetch: Prefetch? = nil, profile: ProfileRecording? = nil
  ) throws(CommandError) {
    self.machine = machine
    self.plan = plan
    self.guest = guest
    self.progress = progress
    self.watch = watch
    self.logger = logger
    self.challenger = challenger
    self.prefetch = prefetch
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
    watch.note(step: machine.step, pages: machine.memory.pageCount)
    defer {
      progress.end()
      checks.end()
      watch.note(step: machine.step, pages: machine.memory.pageCount)
      watch.end()
      // The closure holds the machine.
      machine.shouldInterrupt = { false }
    }
    if plan.tracesThreads { UserSignal.install() }
    machine.shouldInterrupt = {
      show()
      return Interruption.isRequested || snapshots.hasFailed
    }
    var isExecuted = false
    do throws(CommandError) {
      try execute()
      kept?.end(machine)
      try finishProofs()
      try finishSnapshots()
      kept?.finish()
      // All that was fetched ahead goes into the store.
      prefetch?.stop()
      do { try machine.oracle.flush() } catch { throw CommandError("\(error)") }
      isExecuted = true
      progress.end()
      logger.info(
        "Execution stopped",
        metadata: [
          "exited": .stringConvertible(machine.hasExited),
          "code": .stringConvertible(machine.state.scalars.exitCode),
        ])
      try write()
      // If the exit code is not 0, the state is there all the same.
      if Interruption.isRequested { throw .interrupted }
      // Everything is written, so the deadline no longer applies.
      Deadline.clear()
    } catch {
      // Whatever ends the run, files in progress are completed.
      do { try proofs.finish() } catch {
        logger.error("Failed to write proof data", metadata: ["err": "\(error)"])
      }
      do { try snapshots.finish() } catch {
        logger.error("Failed to write state snapshot", metadata: ["err": "\(error)"])
      }
      kept?.finish()
      prefetch?.stop()
      do { try machine.oracle.flush() } catch {
        logger.error("Failed to record pre-images", metadata: ["err": "\(error)"])
      }
      switch error.cause {
      case .interrupted, .outOfTime: saveState()
      case .fault(let fault):
        saveStateBefore(fault)
        if plan.tracesThreads { traceThreads() }
      case .other:
        saveState()
        if plan.tracesThreads, !isExecuted { traceThreads() }
      case .outputClosed, .panic: saveState()
      }
      do { if !isExecuted { try profile?.write(logger) } } catch {
        logger.error("Failed to write the profile", metadata: ["err": "\(error)"])
      }
      throw error.stopped(machine)
    }
  }

  /// Shows what the user may want to see during execution.
  private func show() {
    progress.draw(machine)
    watch.note(step: machine.step, pages: machine.memory.pageCount)
    if plan.tracesThreads, UserSignal.take() { traceThreads() }
  }

  /// Prints the calls that each thread is in. A failure to print stops no run.
  private func traceThreads() {
    progress.end()
    let traceback = guest.traceback(of: machine)
    do { try OutputFile.print(traceback.lines()) } catch {
      logger.error("Failed to print tracebacks", metadata: ["err": "\(error)"])
    }
  }

  private func execute() throws(CommandError) {
    var execute: ((UInt64, Bool) throws(MachineError) -> StopReason)?
    if let profile {
      execute = { (steps, stops) throws(MachineError) in
        try profile.run(steps: steps, stopAfterPreimageRead: stops)
      }
    }
    switch try machine.run(plan.schedule, self, execute: execute) {
    case .exited, .preimageRead: break
    case .stop: logger.info("Reached stop at")
    case .stopRange: throw CommandError("detected an infinite loop at step \(machine.step)")
    case .interrupted:
      if snapshots.hasFailed { try finishSnapshots() }
      throw CommandError.interrupted
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
      try profile?.write(logger)
      if !plan.output.isEmpty { try OutputFile.write(plan.output, MemoryImage(machine)) }
      if !plan.debugInfo.isEmpty {
        let info = DebugInfo(machine)
        try OutputFile.write(plan.debugInfo) { (sink) throws(StreamError) in
          try info.write(to: sink)
        }
      }
    } catch { throw CommandError(error, while: "failed to write the run's output") }
  }

  /// Saves the state from which a run that ended early can continue. A failure is logged; the run ends
  /// with the error that ended it.
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
      try Snapshot.save(
        MemoryImage(state: state, memory: machine.memory), path: path, Interruption.cancellation)
      logger.warning(
        "Saved the state to continue from",
        metadata: ["path": "\(path)", "step": .stringConvertible(machine.step)])
    } catch {
      logger.error("Failed to save the state to continue from", metadata: ["err": "\(error)"])
    }
  }

  /// Saves the state before an illegal act of the guest, so that it can be inspected. A failure is
  /// logged; the run ends with the fault.
  private func saveStateBefore(_ fault: MachineFault) {
    progress.end()
    guard let path = RunPlan.failedOutput(for: plan.output) else { return }
    do {
      try Snapshot.save(MemoryImage(machine), path: path, Interruption.cancellation)
      logger.warning("Saved the state before the failing step", metadata: ["path": "\(path)"])
    } catch {
      logger.error(
        "Failed to save the state before the failing step", metadata: ["err": "\(error)"])
    }
  }
}

// MARK: - Events

extension Runner: RunObserver {
  typealias Failure = CommandError

  func attend() throws(CommandError) {
    show()
    if Interruption.isRequested { throw .interrupted }
  }

  func report() { progress.log(machine) }

  func snapshot() throws(CommandError) {
    do { try snapshots.save(machine) } catch {
      throw CommandError(error, while: "failed to write state snapshot")
    }
  }

  func prepare() throws(CommandError) -> UInt64 {
    if let kept, machine.step >= kept.next {
      kept.keep(machine, isSaved: plan.snapshots.matches(machine.step))
    }
    return min(kept?.stepsToNext(from: machine.step) ?? .max, try checks.mark())
  }

  func willExecute(_ steps: UInt64) throws(CommandError) {
    do { try proofs.prepare(toRun: steps) } catch {
      throw CommandError(error, while: "failed to write proof data")
    }
  }

  func proved(_ witness: StepWitness) throws(CommandError) {
    try checks.check(witness)
    guard plan.proofs.matches(witness.step) else { return }
    if let challenger, let read = witness.preimage {
      // The value begins with its length.
      do { try challenger.complete(read.key, Array(read.value.dropFirst(8))) } catch {
        throw CommandError("failed to store what the proved step reads: \(error)")
      }
    }
    do { try proofs.save(witness) } catch {
      throw CommandError(error, while: "failed to write proof data")
    }
  }

  func stops(after read: PreimageRead, step: UInt64) -> Bool {
    guard let reason = plan.preimageStop?.reason(for: read, step: step) else { return false }
    logger.info("Stopping at preimage read", metadata: reason)
    return true
  }

  /// Why execution failed. A state that leads to a pre-image that is not available is not stored.
  func failure(_ error: MachineError) -> CommandError {
    if case .preimage(let failure, _, _) = error { kept?.note(failure) }
    return CommandError(error, in: machine, symbols: guest.symbols)
  }
}
