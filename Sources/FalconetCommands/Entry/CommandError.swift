import FalconetELF
import FalconetForeignVM
import FalconetMachine
import FalconetStreams
import FalconetTrace

/// Why a command failed, as the user reads it, and its exit code.
struct CommandError: Error, CustomStringConvertible {
  /// The cause, as far as callers act on it.
  enum Cause {
    case other
    case fault(MachineFault)
    /// The program did something illegal in another VM.
    case panic
    case interrupted
    /// The time that the user gave is over.
    case outOfTime
    /// What reads standard output has closed it, as `head` does once it has seen enough.
    case outputClosed
  }

  let cause: Cause
  let description: String

  init(_ description: String) {
    cause = .other
    self.description = description
  }

  private init(_ cause: Cause, _ description: String) {
    self.cause = cause
    self.description = description
  }

  /// A signal asked for the end, or the time is over.
  static var interrupted: CommandError {
    switch Interruption.cause {
    case .deadline:
      CommandError(.outOfTime, "out of time: the command took longer than --timeout allows")
    case .request, nil: CommandError(.interrupted, "command interrupted")
    }
  }

  /// A machine's failure, with the function that the pc is in.
  init(_ error: MachineError, in machine: Machine, symbols: SymbolTable?) {
    func located(_ pc: UInt64, _ text: String) -> String {
      symbols.map { "\(text), in \($0.sourceName(at: pc))" } ?? text
    }
    switch error {
    case .fault(let fault):
      let text = "the program stopped the VM: \(fault)" + Self.instruction(of: fault, machine)
      self.init(.fault(fault), located(fault.pc, text))
    case .preimage(let failure, _, _) where failure.kind == .interrupted:
      self = .interrupted
    case .memory(let failure, _, let pc) where failure.limit != nil:
      self.init(
        .other, "failed to execute a step: " + located(pc, "\(error)") + Self.memoryRemedy)
    case .preimage(_, _, let pc), .memory(_, _, let pc):
      self.init(.other, "failed to execute a step: " + located(pc, "\(error.withFlag)"))
    case .engines: self.init(.other, "\(error)")
    }
  }

  /// A trace that could not answer.
  init(_ error: TraceError) {
    switch error {
    case .interrupted: self = .interrupted
    case .file(let failure): self.init(failure)
    case .locked: self.init(.other, "\(error); --wait waits")
    // The source was waited for.
    case .source(let failure) where failure.kind == .interrupted,
      .machine(.preimage(let failure, _, _)) where failure.kind == .interrupted:
      self = .interrupted
    case .vm(let error): self.init(error)
    case .machine(.fault(let fault)):
      self.init(.fault(fault), "the program stopped the VM: \(fault)")
    case .machine(.memory(let failure, _, _)) where failure.limit != nil:
      self.init(.other, "\(error)" + Self.memoryRemedy)
    default: self.init(.other, "\(error.withFlag)")
    }
  }

  /// A call of another VM that failed, which may be an interruption.
  init(_ error: ForeignError) {
    if error.isInterruption {
      self = .interrupted
    } else if error.isPanic {
      self.init(.panic, "the program stopped the VM: \(error)")
    } else {
      self.init("\(error)")
    }
  }

  private static let memoryRemedy = ": allow it more with --max-memory"

  /// The instruction of a fault, if its description lacks it.
  private static func instruction(of fault: MachineFault, _ machine: Machine) -> String {
    switch fault.panic {
    case .unknownInstruction, .branchInDelaySlot, .divisionByZero, .misalignedFetch, .noThread: ""
    case .breakInstruction, .unknownSystemCall, .preimageOffset:
      ", instruction 0x\(Progress.hex8(UInt64(machine.memory.instruction(at: fault.pc))))"
    }
  }

  /// The same error, with the step that a machine stopped at if time ran out.
  func stopped(_ machine: Machine) -> CommandError {
    guard case .outOfTime = cause else { return self }
    let pc = machine.state.activeThread?.pc ?? 0
    return CommandError(
      cause, "\(description), stopped before step \(machine.step), pc 0x\(Progress.hex8(pc))")
  }

  /// 2 only for a panic of the VM: challengers act on it.
  var exitCode: Int32 {
    switch cause {
    case .other: 1
    case .fault, .panic: 2
    case .outOfTime: 3
    // What a shell reports of a program that SIGPIPE ends. Not 0: nobody read the rest, which may
    // hold a verdict.
    case .outputClosed: 141
    case .interrupted: 130
    }
  }
}

extension CommandError {
  /// A failure of a file, which may be an interruption.
  init(_ error: StreamError, while action: String? = nil) {
    if error.kind == .interrupted {
      self = .interrupted
    } else if error.kind == .brokenPipe, error.path == StandardOutputSink.name {
      self.init(.outputClosed, "\(error)")
    } else {
      let text = "\(error.withFlag)"
      self.init(action.map { "\($0): \(text)" } ?? text)
    }
  }
}
