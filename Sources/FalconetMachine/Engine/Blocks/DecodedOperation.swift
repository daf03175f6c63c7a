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
  init(_ instruction: Instruction, under rules: Rules) {
    let operation = Operation(decoding: instruction, under: rules)
    let usesRt = operation.rawValue >= Operation.addi.rawValue && !operation.isBranch
    var destination = UInt8(usesRt ? instruction.rt : instruction.rd)
    if operation == .jal || operation == .bltzal || operation == .bgezal { destination = 31 }
    var immediate = Int32(Int16(truncatingIfNeeded: instruction.immediate))
    switch operation {
    case .andi, .ori, .xori: immediate = Int32(instruction.immediate)
    case .lui: immediate = Int32(bitPattern: UInt32(instruction.immediate) << 16)
    case .sll, .sllFill, .srl, .sra, .dsll, .dsrl, .dsra: immediate = Int32(instruction.shiftAmount)
    case .dsll32, .dsrl32, .dsra32: immediate = Int32(instruction.shiftAmount + 32)
    case .j, .jal: immediate = Int32(bitPattern: instruction.target << 2)
    case _ where operation.isBranch: immediate <<= 2
    default: break
    }
    self.init(
      operation: operation,
      destination: destination == 0 ? RegisterBank.discarded : destination,
      first: UInt8(instruction.rs), second: UInt8(instruction.rt), immediate: immediate)
    switch operation {
    case .dsll32: self.operation = .dsll
    case .dsrl32: self.operation = .dsrl
    case .dsra32: self.operation = .dsra
    case .syscall, .break: self.operation = .unknown
    default: break
    }
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
  var isExecuted: Bool { operation != .unknown }

  /// Whether it can stand in a delay slot that an engine executes: it needs no more than its
  /// operands.
  var fitsDelaySlot: Bool {
    switch operation {
    case .unknown, .ll, .lld, .sc, .scd: false
    default: !operation.isBranch
    }
  }

  /// Whether it does anything: a load or a result that goes to register 0 does not.
  var hasEffect: Bool {
    switch operation {
    case .mthi, .mtlo, .mult, .multu, .div, .divu, .dmult, .dmultu, .ddiv, .ddivu: true
    case .ll, .lld, .sc, .scd: true
    default: operation.isStore || destination != RegisterBank.discarded
    }
  }

  /// Whether it may write a register.
  func writes(_ register: UInt8) -> Bool { !operation.isStore && destination == register }

  /// Whether it may read or write a register.
  func touches(_ register: UInt8) -> Bool {
    first == register || second == register || destination == register
  }
}
