/// Where a handler finds an operand of its second or third operation. What the operation before has just computed need
/// not be read from the bank, which takes a processor longer than most operations.
protocol OperandSource {
  /// Which operand is the result of the operation before.
  static var operand: FusedOperand { get }
  static func first(_ op: Handler.Operations, _ bank: Handler.Bytes, _ before: UInt64) -> UInt64
  static func second(_ op: Handler.Operations, _ bank: Handler.Bytes, _ before: UInt64) -> UInt64
}

/// Which operand of an operation a fused handler takes from the one before.
enum FusedOperand {
  case none, first, second
}

/// Operands are in the bank, unless a source says otherwise.
extension OperandSource {
  @inline(__always)
  static func first(_ op: Handler.Operations, _ bank: Handler.Bytes, _ before: UInt64) -> UInt64 {
    Handler.first(op, bank)
  }

  @inline(__always)
  static func second(_ op: Handler.Operations, _ bank: Handler.Bytes, _ before: UInt64) -> UInt64 {
    Handler.second(op, bank)
  }
}

/// Both operands are in the bank.
enum InBank: OperandSource {
  @inline(__always) static var operand: FusedOperand { .none }
}

/// The first operand is the result before.
enum AsFirst: OperandSource {
  @inline(__always) static var operand: FusedOperand { .first }

  @inline(__always)
  static func first(_ op: Handler.Operations, _ bank: Handler.Bytes, _ before: UInt64) -> UInt64 {
    before
  }
}

/// The second operand is the result before.
enum AsSecond: OperandSource {
  @inline(__always) static var operand: FusedOperand { .second }

  @inline(__always)
  static func second(_ op: Handler.Operations, _ bank: Handler.Bytes, _ before: UInt64) -> UInt64 {
    before
  }
}

/// What a handler does for one operation that is not the end of its block.
protocol HandlerPart {
  static var operation: Operation { get }

  /// Executes the operation, if this part covers it; then its result is in the bank.
  ///
  /// - Parameter before: the result of the operation before.
  /// - Returns: what its destination holds now; nil if nothing was done and ``leave(_:_:_:_:_:)`` must.
  static func execute<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ before: UInt64, _ source: Source.Type
  ) -> UInt64?

  /// Executes what the part doesn't cover, and goes on with the operation behind. Called in tail position.
  static func leave(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int)
}

extension HandlerPart {
  @inline(__always)
  static func leave(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    Handler.rare(op, bank, base, flags, budget)
  }
}

/// What a handler does at the end of a block.
protocol ExitPart {
  /// As in ``PortableExit``.
  static var number: UInt8 { get }

  /// Goes on with the next block.
  static func follow<Source: OperandSource>(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int, _ before: UInt64, _ source: Source.Type)
}
