/// What an engine does for one instruction that is not the end of its block.
///
/// Operations that share a result's place take the same operands: `destination`, `first`, `second` and
/// `immediate`, registers by their number in the ``RegisterBank``.
struct DecodedOperation {
  var operation: Operation
  /// The register that the result goes to; ``RegisterBank/discarded`` for register 0.
  var destination: UInt8
  var first: UInt8
  var second: UInt8
  /// Steps from this instruction through the end of its block. Of a delay slot, those from its
  /// branch: what is not executed is left to the plain step from the branch on.
  var remaining: UInt8 = 0
  /// The immediate operand, sign- or zero-extended as the operation needs it; a shift amount; the
  /// distance of a branch from its delay slot, in bytes; the place of a jump in its 256 MiB.
  var immediate: Int32
}

extension DecodedOperation {
  init(_ instruction: Instruction, by decoder: InstructionDecoder) {
    let row = decoder[instruction]
    let operation = row.operation
    let destination = UInt8(row.kind.destination(of: instruction))
    self.init(
      operation: operation,
      destination: destination == 0 ? RegisterBank.discarded : destination,
      first: UInt8(instruction.rs), second: UInt8(instruction.rt),
      immediate: row.kind.immediate(of: instruction))
    // With the amount in full, a shift by 32 more is the other shift.
    if operation == .dsll32 { self.operation = .dsll }
    if operation == .dsrl32 { self.operation = .dsrl }
    if operation == .dsra32 { self.operation = .dsra }
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

  /// Whether an engine executes it itself.
  var isExecuted: Bool {
    switch operation.kind {
    case .none, .trap, .systemCall: false
    case .register, .fromHiLo, .toHiLo, .immediate, .load, .store, .loadLinked, .storeConditional,
      .jump, .jumpRegister, .branch:
      true
    }
  }

  /// Whether it can stand in a delay slot that an engine executes: it needs no more than its
  /// operands.
  var fitsDelaySlot: Bool {
    switch operation.kind {
    case .register, .fromHiLo, .toHiLo, .immediate, .load, .store: true
    case .none, .trap, .systemCall, .loadLinked, .storeConditional, .jump, .jumpRegister, .branch:
      false
    }
  }

  /// Whether it does anything: a load or a result that goes to register 0 does not.
  var hasEffect: Bool {
    switch operation.kind {
    case .none, .trap, .systemCall, .toHiLo, .store, .loadLinked, .storeConditional: true
    case .register, .fromHiLo, .immediate, .load, .jump, .jumpRegister, .branch:
      destination != RegisterBank.discarded
    }
  }

  /// Whether it may write a register.
  func writes(_ register: UInt8) -> Bool { destination == register }

  /// Whether it may read or write a register.
  func touches(_ register: UInt8) -> Bool {
    first == register || second == register || destination == register
  }
}
