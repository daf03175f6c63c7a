/// What the fast engine does for one instruction.
///
/// Cases that share a result's place take the same operands: `destination`, `first`, `second` and
/// `immediate` of ``DecodedOperation``, in registers of the ``RegisterBank``.
struct DecodedOperation {
  var operation: Operation
  /// The register that the result goes to; ``RegisterBank/discarded`` for register 0.
  var destination: UInt8
  var first: UInt8
  var second: UInt8
  /// The immediate operand, sign- or zero-extended as the operation needs it; a shift amount; the
  /// distance of a branch from its delay slot, in bytes; the place of a jump in its 256 MiB.
  var immediate: Int32
}

extension DecodedOperation {
  /// An operation that the engine leaves to the plain step: it is executed there, in its place.
  static let leave = DecodedOperation(
    operation: .unknown, destination: RegisterBank.discarded, first: 0, second: 0, immediate: 0)

  /// Nothing: a result that goes nowhere. `or` of register 0 with itself, into the discarded one.
  static let nothing = DecodedOperation(
    operation: .or, destination: RegisterBank.discarded, first: 0, second: 0, immediate: 0)

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
    // Bank entry 0 is the guest's register 0, which a snapshot may have set: it is read like others.
    switch operation {
    case .dsll32: self.operation = .dsll
    case .dsrl32: self.operation = .dsrl
    case .dsra32: self.operation = .dsra
    case .syscall, .break: self.operation = .unknown
    default: break
    }
  }

  /// Whether the engine executes it itself.
  var isExecuted: Bool { operation != .unknown }

  /// Whether it can stand in a delay slot that the engine executes: it needs no more than its
  /// operands.
  var fitsDelaySlot: Bool {
    switch operation {
    case .unknown, .ll, .lld, .sc, .scd: false
    default: !operation.isBranch
    }
  }
}
