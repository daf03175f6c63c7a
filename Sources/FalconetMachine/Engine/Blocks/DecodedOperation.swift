/// What an engine does for one instruction that is not the end of its block.
///
/// All operations have the same operands: `destination`, `first`, `second` and `immediate`. Registers are named by
/// their number in the ``RegisterBank``.
struct DecodedOperation {
  /// `destination`, `first`, `second` and ``remaining``, a byte each from the lowest on. They are one number so that
  /// functions hand an operation on in two registers of the host.
  private var bytes: UInt32
  var operation: Operation
  /// The immediate operand, sign- or zero-extended as the operation needs it. Of a shift, its amount. Of a branch, the
  /// distance from its delay slot, in bytes. Of a jump, its place in its 256 MiB.
  var immediate: Int32

  @inline(__always)
  init(
    operation: Operation, destination: UInt8, first: UInt8, second: UInt8, remaining: UInt8 = 0,
    immediate: Int32
  ) {
    bytes =
      UInt32(destination) | UInt32(first) << 8 | UInt32(second) << 16 | UInt32(remaining) << 24
    self.operation = operation
    self.immediate = immediate
  }

  /// The register that the result goes to; ``RegisterBank/discarded`` for register 0.
  @inline(__always) var destination: UInt8 {
    get { byte(0) }
    set { setByte(0, newValue) }
  }
  @inline(__always) var first: UInt8 {
    get { byte(8) }
    set { setByte(8, newValue) }
  }
  @inline(__always) var second: UInt8 {
    get { byte(16) }
    set { setByte(16, newValue) }
  }
  /// Steps from this instruction through the end of its block. Of a delay slot, those from its branch on: if the slot
  /// is not executed, the plain step begins with the branch.
  @inline(__always) var remaining: UInt8 {
    get { byte(24) }
    set { setByte(24, newValue) }
  }

  @inline(__always)
  private func byte(_ position: UInt32) -> UInt8 {
    UInt8(truncatingIfNeeded: bytes &>> position)
  }

  @inline(__always)
  private mutating func setByte(_ position: UInt32, _ value: UInt8) {
    bytes = bytes & ~(0xFF &<< position) | UInt32(value) &<< position
  }
}

extension DecodedOperation {
  /// Decodes an instruction that has a row.
  @inline(__always)
  init(_ instruction: Instruction, _ row: InstructionDecoder.Row) {
    let destination = UInt8(truncatingIfNeeded: row.fields.destination(of: instruction))
    var operation = row.operation
    // With the amount in full, a shift by 32 more is the other shift.
    switch operation {
    case .dsll32: operation = .dsll
    case .dsrl32: operation = .dsrl
    case .dsra32: operation = .dsra
    default: break
    }
    self.init(
      operation: operation,
      destination: destination == 0 ? RegisterBank.discarded : destination,
      first: UInt8(truncatingIfNeeded: instruction.rs),
      second: UInt8(truncatingIfNeeded: instruction.rt),
      immediate: row.fields.immediate(of: instruction))
  }

  /// `destination` becomes what `source` holds.
  static func move(_ source: UInt8, to destination: UInt8) -> DecodedOperation {
    DecodedOperation(
      operation: .or, destination: destination, first: source, second: 0, immediate: 0)
  }

  /// `destination` becomes a number, sign-extended.
  static func set(_ destination: UInt8, to value: Int32) -> DecodedOperation {
    DecodedOperation(
      operation: .lui, destination: destination, first: 0, second: 0, immediate: value)
  }

  /// Whether it may write a register.
  func writes(_ register: UInt8) -> Bool { destination == register }

  /// Whether it may read or write a register.
  func touches(_ register: UInt8) -> Bool {
    first == register || second == register || destination == register
  }
}

extension InstructionKind {
  /// Whether an engine executes such an operation itself.
  @inline(__always) var isExecuted: Bool {
    switch self {
    case .none, .trap, .systemCall: false
    case .register, .fromHiLo, .toHiLo, .immediate, .load, .store, .loadLinked, .storeConditional,
      .jump, .jumpRegister, .branch:
      true
    }
  }

  /// Whether such an operation can stand in a delay slot that an engine executes: it needs no more than its
  /// operands.
  @inline(__always) var fitsDelaySlot: Bool {
    switch self {
    case .register, .fromHiLo, .toHiLo, .immediate, .load, .store: true
    case .none, .trap, .systemCall, .loadLinked, .storeConditional, .jump, .jumpRegister, .branch:
      false
    }
  }

  @inline(__always) var isLoad: Bool {
    if case .load = self { true } else { false }
  }

  /// Whether such an operation does anything even if its result goes to register 0.
  @inline(__always) var hasOtherEffect: Bool {
    switch self {
    case .none, .trap, .systemCall, .toHiLo, .store, .loadLinked, .storeConditional: true
    case .register, .fromHiLo, .immediate, .load, .jump, .jumpRegister, .branch: false
    }
  }
}
