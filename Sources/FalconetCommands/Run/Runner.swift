import Falconet
import Logging

/// A run: executes between events, and does at each what the plan says.
struct Runner {
  let machine: Machine
  let plan: RunPlan
  let symbols: SymbolTable?
  let progress: Progress
  let logger: Logger
  private let snapshots: SnapshotSeries

  init(
    machine: Machine, plan: RunPlan, symbols: SymbolTable?, progress: Progress, logger: Logger
  ) {
    self.machine = machine
    self.plan = plan
    self.symbols = symbols
    self.progress = progress
    self.logger = logger
    snapshots = SnapshotSeries(plan)
  }

  /// Runs until the program exits, the plan stops it, or something fails, and writes the output.
  func run() throws(CommandError) {
    defer { progress.end() }
    machine.shouldInterrupt = { [machine, progress] in
      progress.draw(machine)
      return Interruption.isRequested
    }
    do { try execute() } catch {
      if case .fault(let fault) = error.cause { saveStateBefore(fault) }
      throw error
    }
    progress.end()
    logger.info(
      "Execution stopped",
      metadata: [
        "exited": .stringConvertible(machine.hasExited),
        "code": .stringConvertible(machine.state.scalars.exitCode),
      ])
    try write()
  }

  /// The main loop. At one step things happen in this order: progress, stop, snapshot, proof.
  private func execute() throws(CommandError) {
    while !machine.hasExited {
      let step = machine.step
      if Interruption.isRequested { throw .interrupted }
      if plan.info.matches(step) { progress.log(machine) }
      if machine.isInStopRange {
        throw CommandError("detected an infinite loop at step \(step)")
      }
      if plan.stop.matches(step) {
        logger.info("Reached stop at")
        return
      }
      if plan.snapshots.matches(step) { try snapshot() }
      let read =
        plan.proofs.matches(step)
        ? try prove(step) : try advance(to: plan.nextEvent(after: step))
      if let read, let reason = plan.preimageStop?.reason(for: read, step: machine.step - 1) {
        logger.info("Stopping at preimage read", metadata: reason)
        return
      }
    }
  }

  /// Executes up to a step, or a read of a pre-image where those may stop the run.
  ///
  /// - Returns: what the last step read, if it is why execution came back.
  private func advance(to step: UInt64) throws(CommandError) -> PreimageRead? {
    do {
      let reason = try machine.run(
        until: step, stopAfterPreimageRead: plan.preimageStop != nil)
      if reason == .interrupted { throw CommandError.interrupted }
      return reason == .preimageRead ? machine.lastPreimageRead : nil
    } catch let error as MachineError {
      throw CommandError(error, in: machine, symbols: symbols)
    } catch let error as CommandError {
      throw error
    } catch { throw CommandError("\(error)") }
  }

  /// Executes one step and writes its proof.
  ///
  /// - Returns: what the step read of a pre-image.
  private func prove(_ step: UInt64) throws(CommandError) -> PreimageRead? {
    let witness: StepWitness?
    do { witness = try machine.prove() } catch {
      throw CommandError(error, in: machine, symbols: symbols)
    }
    guard let witness else { return nil }
    let proof = StepProof(witness)
    do {
      try OutputFile.write(plan.proofName.name(step: step)) { (sink) throws(StreamError) in
        try proof.write(to: sink)
      }
    } catch { throw CommandError(error, while: "failed to write proof data") }
    return witness.preimage
  }

  private func snapshot() throws(CommandError) {
    do { try snapshots.save(machine) } catch {
      throw CommandError(error, while: "failed to write state snapshot")
    }
  }

  private func write() throws(CommandError) {
    do {
      if plan.tracesThreads { try OutputFile.print(ThreadTrace(machine, symbols).lines) }
      if !plan.output.isEmpty { try OutputFile.write(plan.output, MemoryImage(machine)) }
      if !plan.debugInfo.isEmpty {
        let info = DebugInfo(machine)
        try OutputFile.write(plan.debugInfo) { (sink) throws(StreamError) in
          try info.write(to: sink)
        }
      }
    } catch { throw CommandError(error, while: "failed to write the run's output") }
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

/// Where each thread is: the function of its pc and of its return address.
struct ThreadTrace {
  private let machine: Machine
  private let symbols: SymbolTable?

  init(_ machine: Machine, _ symbols: SymbolTable?) {
    self.machine = machine
    self.symbols = symbols
  }

  var lines: [String] {
    var lines: [String] = []
    let threads = machine.state.threads
    for thread in threads.left + threads.right {
      let state = thread.exited ? "exited with code \(thread.exitCode)" : "running"
      lines.append("thread \(thread.id): \(state)")
      for (label, address) in [("pc", thread.pc), ("ra", thread.registers[31])] {
        let name = symbols?.name(at: address) ?? SymbolTable.unknown
        lines.append("\t\(label) 0x\(String(address, radix: 16)) \(name)")
      }
    }
    return lines
  }
}
