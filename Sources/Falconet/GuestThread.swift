internal import FalconetInsight
internal import FalconetMachine

/// A thread of the program.
public struct GuestThread: Sendable, Hashable {
  /// The thread's number. The first thread has number 0.
  public let id: UInt64
  /// The address of the next instruction.
  public let pc: UInt64
  /// The 32 general registers, then HI and LO. Those of a 32-bit machine are zero-extended.
  public let registers: [UInt64]

  init(_ thread: ThreadState) {
    id = thread.id
    pc = thread.pc
    registers = (0..<32).map { thread.registers[$0] } + [thread.hi, thread.lo]
  }
}

/// A call that a thread is in.
public struct GuestFrame: Sendable, Hashable {
  /// The function's name in the source.
  public let function: String
  /// The address of the function's first instruction. Of an inlined call, of the function that it is inlined in.
  public let entry: UInt64
  /// The next instruction of the innermost call; of the others, where the call returns to.
  public let pc: UInt64
  /// The source file, as the compiler was given it; nil if it is not known.
  public let file: String?
  /// The line in the source file.
  public let line: UInt32?
  /// Whether the compiler put the function's code into its caller's.
  public let isInlined: Bool

  init(_ location: CodeLocation, _ frame: Frame) {
    function = location.function
    entry = frame.instruction &- location.offset
    pc = frame.pc
    file = location.file
    line = location.line
    isInlined = location.isInlined
  }
}

/// The stream that a program writes to.
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

  /// Translates code to the host's machine code. If the host cannot run that, the same as
  /// ``portable``.
  public static let translator = Engine(.translator)
  /// Executes decoded blocks, on any processor. Takes about three times as long.
  public static let portable = Engine(.portable)
  /// Executes one instruction at a time, with the code that defines the semantics.
  public static let plain = Engine(.step)
  /// Executes with the fastest engine and with ``plain`` side by side, and compares the states.
  public static let check = Engine(.check)

  /// The engine's name, such as `translator`.
  public var description: String { value.rawValue }
}
