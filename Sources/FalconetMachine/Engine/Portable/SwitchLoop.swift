/// Executes blocks of the portable engine by a switch. It takes the place of handlers that don't pass the
/// ``TailCallCheck``, as in builds without optimization.
///
/// Safety: as ``Handler``.
struct SwitchLoop<Word: MachineWord> {
  private let engine: PortableEngine
  private let executor: OperationExecutor<Word>
  private let bank: RegisterBank

  init(_ engine: PortableEngine) {
    self.engine = engine
    executor = OperationExecutor(engine.machine)
    bank = engine.bank
  }

  /// Executes blocks from `start` on until the next doesn't fit, or is not there.
  func run(_ start: UnsafeMutableRawPointer, _ budget: Int) {
    let registers = UnsafeMutableRawPointer(bank.values)
    var op = UnsafeRawPointer(start)
    var budget = budget
    while true {
      let header = (op - PortableOperation.stride).load(as: PortableOperation.self)
      guard budget >= Int(header.remaining) else {
        bank[RegisterBank.unfit] = UInt64(header.remaining)
        return Handler.exit(registers, .budget, at: UInt64(header.target), budget)
      }
      budget -= Int(header.remaining)
      guard let next = runBlock(&op, budget) else { return }
      op = next
    }
  }

  /// Executes one block.
  ///
  /// - Returns: the next, or nil if the run has ended.
  private func runBlock(_ op: inout UnsafeRawPointer, _ budget: Int) -> UnsafeRawPointer? {
    while true {
      let packed = op.load(as: PortableOperation.self)
      let number = UInt8(truncatingIfNeeded: packed.target)
      guard let operation = Operation(rawValue: number) else {
        return follow(packed, number, op, budget)
      }
      var immediate = packed.immediate
      if PortableOperation.packsOperation(operation) {
        immediate = Int32(packed.packedImmediate)
      }
      let decoded = DecodedOperation(
        operation: operation, destination: packed.destination, first: packed.first,
        second: packed.second, remaining: packed.remaining, immediate: immediate)
      let outcome = executor.execute(
        decoded, step: engine.step(of: decoded, budget: UInt64(budget)))
      if outcome == .leave {
        engine.endRun(before: op, budget)
        return nil
      }
      op += PortableOperation.stride
    }
  }

  /// The block that an exit leads to, or nil if the run has ended.
  private func follow(
    _ exit: PortableOperation, _ number: UInt8, _ op: UnsafeRawPointer, _ budget: Int
  ) -> UnsafeRawPointer? {
    let registers = UnsafeMutableRawPointer(bank.values)
    if number == PortableExit.jump { return Handler.link(op, 0) }
    if number == PortableExit.detour { return Handler.detour(op) }
    if number == PortableExit.leave {
      Handler.exit(registers, .leave, at: Handler.trailingAddress(op), budget)
      return nil
    }
    if number == PortableExit.unprepared {
      Handler.exit(registers, .unprepared, at: Handler.trailingAddress(op), budget)
      return nil
    }
    if number == PortableExit.indirect {
      Handler.exit(registers, .unprepared, at: bank[exit.first], budget)
      return nil
    }
    guard let condition = BranchExit.Condition(rawValue: number &- PortableExit.conditions) else {
      return nil
    }
    let holds = condition.holds(bank[exit.first], bank[exit.second])
    if let result = condition.result(holds) { bank[exit.destination] = result ? 1 : 0 }
    return Handler.link(op, holds ? 0 : 1)
  }
}

extension BranchExit.Condition {
  /// Whether the branch is taken, with these operands.
  @inline(__always)
  func holds(_ first: UInt64, _ second: UInt64) -> Bool {
    switch self {
    case .equal: first == second
    case .notEqual: first != second
    case .notPositive: first.signed <= 0
    case .positive: first.signed > 0
    case .negative: first.signed < 0
    case .notNegative: first.signed >= 0
    case .less: first.signed < second.signed
    case .notLess: first.signed >= second.signed
    case .below: first < second
    case .notBelow: first >= second
    }
  }

  /// What the comparison before the branch gives; nil if there is none.
  @inline(__always)
  func result(_ holds: Bool) -> Bool? {
    switch self {
    case .less, .below: holds
    case .notLess, .notBelow: !holds
    case .equal, .notEqual, .notPositive, .positive, .negative, .notNegative: nil
    }
  }
}
