import Keccak

/// Why ``Machine/run(until:stopAfterPreimageRead:)`` came back.
package enum StopReason: Sendable, Equatable {
  /// The step that it was to stop at is reached.
  case step
  /// The program exited.
  case exited
  /// A step read part of a pre-image.
  case preimageRead
  /// Execution reached the range of ``Machine/stopRange``.
  case stopRange
  /// ``Machine/shouldInterrupt`` said so.
  case interrupted
}

/// An illegal act of the guest, and where it was.
package struct MachineFault: Error, Sendable, CustomStringConvertible {
  package var panic: Panic
  /// The step that could not be executed: the number of steps executed before it.
  package var step: UInt64
  package var pc: UInt64
  /// The id of the thread.
  package var thread: UInt64

  package var description: String {
    "\(panic.message), at step \(step), pc \(hex(pc, digits: 8)), thread \(thread)"
  }
}

/// Why a machine could not go on.
package enum MachineError: Error, Sendable, CustomStringConvertible {
  /// The guest did something illegal: there is no next state.
  case fault(MachineFault)
  /// A pre-image was not available: nothing is known of the next state.
  case preimage(PreimageError, step: UInt64, pc: UInt64)
  /// The host has no memory for the next state, or the guest may have no more.
  case memory(HostMemoryError, step: UInt64, pc: UInt64)
  /// Engines that are compared differ: no result of the run can be trusted.
  case engines(EngineMismatch)

  package var description: String {
    switch self {
    case .fault(let fault): fault.description
    case .preimage(let error, let step, let pc):
      "\(error), at step \(step), pc \(hex(pc, digits: 8))"
    case .memory(let error, let step, let pc):
      "\(error), at step \(step), pc \(hex(pc, digits: 8))"
    case .engines(let mismatch): mismatch.description
    }
  }
}

extension Machine {
  /// Executes until `step` steps are executed in all, or until something else asks for a stop.
  ///
  /// - Parameters:
  ///   - step: the step to stop at, counted from the program's start.
  ///   - stopAfterPreimageRead: stop after each step that reads part of a pre-image.
  /// - Returns: why it stopped. A program that exits is reported first.
  package func run(
    until step: UInt64, stopAfterPreimageRead: Bool = false
  ) throws(MachineError) -> StopReason {
    // Not past the counter's end: no step is later than the last one.
    try run(
      steps: step > self.step ? step - self.step : 0,
      stopAfterPreimageRead: stopAfterPreimageRead)
  }

  /// Executes a number of steps, unless something else asks for a stop before.
  ///
  /// The counter of steps goes on with 0 after 2^64 - 1, as Cannon's does.
  ///
  /// - Parameters:
  ///   - count: how many steps to execute.
  ///   - stopAfterPreimageRead: stop after each step that reads part of a pre-image.
  /// - Returns: why it stopped. A program that exits is reported first.
  package func run(
    steps count: UInt64, stopAfterPreimageRead: Bool = false
  ) throws(MachineError) -> StopReason {
    engine == .check
      ? try runChecked(count, stopAfterPreimageRead)
      : try runEngine(count, stopAfterPreimageRead)
  }

  func runEngine(
    _ count: UInt64, _ stopAfterPreimageRead: Bool = false
  ) throws(MachineError) -> StopReason {
    // Reached after `count` steps and not before, past the counter's end too.
    let target = step &+ count
    return switch rules.wordSize {
    case .bits32: try run(UInt32.self, to: target, stopAfterPreimageRead)
    case .bits64: try run(UInt64.self, to: target, stopAfterPreimageRead)
    }
  }

  private func run<Word: MachineWord>(
    _ word: Word.Type, to target: UInt64, _ stopAfterPreimageRead: Bool
  ) throws(MachineError) -> StopReason {
    lastReadOffset = nil
    while !state.scalars.exited {
      if let engine = preparedEngine() {
        let reason = try engine.run(to: target, stopAfterPreimageRead: stopAfterPreimageRead)
        guard let reason else { continue }
        return reason
      }
      guard state.scalars.step != target else { return .step }
      turns &+= 1
      if turns == 0, shouldInterrupt() { return .interrupted }
      if isInStopRange { return .stopRange }
      lastReadOffset = nil
      try plainStep(word)
      if stopAfterPreimageRead, lastReadOffset != nil, !state.scalars.exited {
        return .preimageRead
      }
    }
    return .exited
  }

  /// Whether the next instruction lies in ``stopRange``.
  package var isInStopRange: Bool {
    guard let range = stopRange, let pc = state.activeThread?.pc else { return false }
    return range.contains(pc)
  }

  /// Executes one step with the plain step. Does nothing if the program has exited.
  package func runStep() throws(MachineError) {
    guard !state.scalars.exited else { return }
    lastReadOffset = nil
    switch rules.wordSize {
    case .bits32: try plainStep(UInt32.self)
    case .bits64: try plainStep(UInt64.self)
    }
  }

  /// The pre-image part that the last step read, if ``runStep()`` executed it or
  /// ``run(until:stopAfterPreimageRead:)`` stopped for it.
  package var lastPreimageRead: PreimageRead? {
    lastReadOffset.map { PreimageRead(key: preimage.key, offset: $0, value: preimage.bytes) }
  }

  func plainStep<Word: MachineWord>(_ word: Word.Type) throws(MachineError) {
    try transaction { () throws(StepError) in
      try Step<Word, Machine>.run(in: self)
    }
  }

  /// Runs `body`, one step; if it fails, the state is again what it was.
  func transaction(_ body: () throws(StepError) -> Void) throws(MachineError) {
    let scalars = state.scalars
    let hasThread = !state.threads.isEmpty(scalars.activeSide)
    if hasThread { state.threads.withTop(scalars.activeSide) { threadBefore = copy $0 } }
    firstWrite = nil
    do {
      try body()
      memory.guardPage(of: state.scalars.reservation.address)
    } catch {
      undo(scalars)
      if hasThread { state.threads[top: scalars.activeSide] = threadBefore }
      throw located(error)
    }
  }

  /// Takes back what a step that failed changed, but for the active thread.
  func undo(_ scalars: Scalars) {
    state.scalars = scalars
    // The page exists by now, so that writing it can't fail.
    if let firstWrite { try? memory.storeWord(firstWrite.old, at: firstWrite.address) }
  }

  /// Adds to a step's error where it happened; the state is the one before the step.
  func located(_ error: StepError) -> MachineError {
    let pc = state.activeThread?.pc ?? 0
    switch error {
    case .panic(let panic):
      return .fault(
        MachineFault(
          panic: panic, step: state.scalars.step, pc: pc, thread: state.activeThread?.id ?? 0))
    case .preimage(var error):
      // Interruptions come at whatever step.
      if error.kind != .interrupted {
        if error.key != nil { error.offset = state.scalars.preimageOffset }
        error.systemCall = state.activeThread.map { SystemCallRow.title(of: $0.registers[2]) }
      }
      return .preimage(error, step: state.scalars.step, pc: pc)
    case .memory(let error): return .memory(error, step: state.scalars.step, pc: pc)
    case .witness(let fault):
      // A machine has all of its memory; only a verifier's environment lacks any.
      return .preimage(
        PreimageError(.unreadable, message: fault.description), step: state.scalars.step, pc: pc)
    }
  }
}
