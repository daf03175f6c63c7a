internal import FalconetMachine

/// A thread of the program.
public struct GuestThread: Sendable, Hashable {
  /// The thread's number; the first one has 0.
  public let id: UInt64
  /// The address of the next instruction.
  public let pc: UInt64
  /// The address of the one after it, which differs from `pc + 4` behind a branch.
  public let nextPC: UInt64
  /// The 32 general registers. Those of a 32-bit machine are zero-extended.
  public let registers: [UInt64]
  /// The registers of multiplications and divisions.
  public let hi: UInt64, lo: UInt64
  /// The exit code, or nil if the thread has not exited.
  public let exitCode: UInt8?

  init(_ thread: ThreadState) {
    id = thread.id
    pc = thread.pc
    nextPC = thread.nextPC
    registers = (0..<32).map { thread.registers[$0] }
    hi = thread.hi
    lo = thread.lo
    exitCode = thread.exited ? thread.exitCode : nil
  }
}

/// Which of its streams a program writes to.
@frozen
public enum GuestStream: Sendable {
  /// Standard output.
  case output
  /// Standard error.
  case error
}

/// How a machine executes steps.
public struct Engine: Hashable, Sendable, CustomStringConvertible {
  let value: EngineKind

  init(_ value: EngineKind) { self.value = value }

  /// Translates code to the host's machine code. Where the host can't run that, as
  /// ``portable``.
  public static let translator = Engine(.translator)
  /// Executes decoded blocks. Slower by a factor of about 3, on any processor.
  public static let portable = Engine(.portable)
  /// Executes one instruction at a time, with the code that defines the semantics.
  public static let plain = Engine(.step)
  /// Executes with the fastest engine and with ``plain`` side by side, and compares the states.
  public static let check = Engine(.check)

  /// The engine's name on the command line.
  public var description: String { value.rawValue }
}
