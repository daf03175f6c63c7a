/// Instructions that are executed one after the other, up to a branch with its delay slot, an
/// instruction that is left to the plain step, or the end of their page.
struct Block {
  /// The most steps that a block takes.
  static let longest = 240

  /// The address of the first instruction.
  var pc: UInt64
  /// Steps that executing all of it takes.
  var length = 0
  /// What is done, in order. Instructions without effect have no operation, and a delay slot comes
  /// before its branch.
  var operations: [DecodedOperation] = []
  var exit: BlockExit
}

/// How a block ends.
enum BlockExit {
  /// At an address that is known.
  case jump(UInt64)
  case branch(BranchExit)
  /// At the address in a register.
  case indirect(UInt8)
  /// At an address whose instruction is left to the plain step.
  case leave(UInt64)
}

/// The end of a block that goes one of two ways.
struct BranchExit {
  enum Condition: UInt8, CaseIterable {
    case equal, notEqual
    /// Of the first operand, signed, against zero.
    case notPositive, positive, negative, notNegative
    /// First operand below second, signed and unsigned: a comparison and a branch on it. The result
    /// of the comparison goes to `destination`.
    case less, notLess, below, notBelow
  }

  var condition: Condition
  var first: UInt8
  var second: UInt8
  var destination = RegisterBank.discarded
  /// Where it goes if the condition holds.
  var taken: UInt64
  /// Where it goes otherwise.
  var next: UInt64
}
