/// A handler made of parts: of one operation, or of several that lie in a row. The first of them names it.
///
/// Each operation stays in its place, with the handler that it has alone. So when the slow path has executed the
/// operation of a part, the run goes on with the handler of the next operation.
protocol FusedHandler {
  /// The operations and exits, by number.
  static var numbers: [UInt8] { get }
  /// What each but the first takes from the one before.
  static var operands: [FusedOperand] { get }

  static func run(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int)
}

/// One operation.
enum One<A: HandlerPart>: FusedHandler {
  static var numbers: [UInt8] { [A.operation.rawValue] }
  static var operands: [FusedOperand] { [] }

  @inline(__always)
  static func run(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    guard A.execute(op, bank, base, flags, 0, InBank.self) != nil else {
      return A.leave(op, bank, base, flags, budget)
    }
    Handler.next(op, bank, base, flags, budget)
  }
}

/// Two operations.
enum Two<A: HandlerPart, S: OperandSource, B: HandlerPart>: FusedHandler {
  static var numbers: [UInt8] { [A.operation.rawValue, B.operation.rawValue] }
  static var operands: [FusedOperand] { [S.operand] }

  @inline(__always)
  static func run(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    guard let a = A.execute(op, bank, base, flags, 0, InBank.self) else {
      return A.leave(op, bank, base, flags, budget)
    }
    let second = op + PortableOperation.stride
    guard B.execute(second, bank, base, flags, a, S.self) != nil else {
      return B.leave(second, bank, base, flags, budget)
    }
    Handler.next(second, bank, base, flags, budget)
  }
}

/// Three operations.
enum Three<A: HandlerPart, S: OperandSource, B: HandlerPart, T: OperandSource, C: HandlerPart>:
  FusedHandler
{
  static var numbers: [UInt8] {
    [A.operation.rawValue, B.operation.rawValue, C.operation.rawValue]
  }
  static var operands: [FusedOperand] { [S.operand, T.operand] }

  @inline(__always)
  static func run(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    guard let a = A.execute(op, bank, base, flags, 0, InBank.self) else {
      return A.leave(op, bank, base, flags, budget)
    }
    let second = op + PortableOperation.stride
    guard let b = B.execute(second, bank, base, flags, a, S.self) else {
      return B.leave(second, bank, base, flags, budget)
    }
    let third = second + PortableOperation.stride
    guard C.execute(third, bank, base, flags, b, T.self) != nil else {
      return C.leave(third, bank, base, flags, budget)
    }
    Handler.next(third, bank, base, flags, budget)
  }
}

/// The end of a block.
enum Exit<X: ExitPart>: FusedHandler {
  static var numbers: [UInt8] { [X.number] }
  static var operands: [FusedOperand] { [] }

  @inline(__always)
  static func run(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    X.follow(op, bank, base, flags, budget, 0, InBank.self)
  }
}

/// An operation and the end of a block.
enum OneExit<A: HandlerPart, S: OperandSource, X: ExitPart>: FusedHandler {
  static var numbers: [UInt8] { [A.operation.rawValue, X.number] }
  static var operands: [FusedOperand] { [S.operand] }

  @inline(__always)
  static func run(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    guard let a = A.execute(op, bank, base, flags, 0, InBank.self) else {
      return A.leave(op, bank, base, flags, budget)
    }
    X.follow(op + PortableOperation.stride, bank, base, flags, budget, a, S.self)
  }
}

/// Two operations and the end of a block.
enum TwoExit<A: HandlerPart, S: OperandSource, B: HandlerPart, T: OperandSource, X: ExitPart>:
  FusedHandler
{
  static var numbers: [UInt8] { [A.operation.rawValue, B.operation.rawValue, X.number] }
  static var operands: [FusedOperand] { [S.operand, T.operand] }

  @inline(__always)
  static func run(
    _ op: Handler.Operations, _ bank: Handler.Bytes, _ base: Handler.Bytes, _ flags: Handler.Bytes,
    _ budget: Int
  ) {
    guard let a = A.execute(op, bank, base, flags, 0, InBank.self) else {
      return A.leave(op, bank, base, flags, budget)
    }
    let second = op + PortableOperation.stride
    guard let b = B.execute(second, bank, base, flags, a, S.self) else {
      return B.leave(second, bank, base, flags, budget)
    }
    X.follow(second + PortableOperation.stride, bank, base, flags, budget, b, T.self)
  }
}
