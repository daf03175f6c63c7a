/// Executes blocks of the portable engine by a switch: what is used where the compiler doesn't turn
/// calls in tail position into jumps.
///
/// Soundness: as ``Handler``.
struct SwitchLoop<Word: MachineWord> {
  private let executor: OperationExecutor<Word>
  private let bank: RegisterBank

  init(_ machine: Machine) {
    executor = OperationExecutor(machine)
    bank = machine.bank
  }

  /// Executes blocks from `start` on until the next doesn't fit, or is not there.
  func run(_ start: UnsafeMutableRawPointer, _ budget: Int) {
    let registers = UnsafeMutableRawPointer(bank.values)
    var op = UnsafeRawPointer(start)
    var left = budget
    while true {
      let header = (op - PortableOperation.stride).load(as: PortableOperation.self)
      guard left >= Int(header.remaining) else {
        return Handler.exit(registers, .budget, at: UInt64(header.target), left)
      }
      left -= Int(header.remaining)
      guard let next = runBlock(&op, left) else { return }
      op = next
    }
  }

  /// Executes one block.
  ///
  /// - Returns: the next, or nil where the run has ended.
  private func runBlock(_ op: inout UnsafeRawPointer, _ left: Int) -> UnsafeRawPointer? {
    while true {
      let threaded = op.load(as: PortableOperation.self)
      let number = UInt8(truncatingIfNeeded: threaded.target)
      guard let operation = Operation(rawValue: number) else {
        return follow(threaded, number, op, left)
      }
      var immediate = threaded.immediate
      if PortableOperation.packsOperation(operation) {
        immediate = Int32(Int16(truncatingIfNeeded: immediate))
      }
      let decoded = DecodedOperation(
        operation: operation, destination: threaded.destination, first: threaded.first,
        second: threaded.second, remaining: threaded.remaining, immediate: immediate)
      let engine = executor.machine.blockEngine
      let outcome = executor.execute(
        decoded, step: engine?.step(of: decoded, left: UInt64(left)) ?? 0)
      if outcome == .leave {
        (engine as? PortableEngine)?.setEnd(at: op, left)
        return nil
      }
      op += PortableOperation.stride
    }
  }

  /// The block that an exit leads to, or nil where the run has ended.
  private func follow(
    _ exit: PortableOperation, _ number: UInt8, _ op: UnsafeRawPointer, _ left: Int
  ) -> UnsafeRawPointer? {
    let registers = UnsafeMutableRawPointer(bank.values)
    let trailer = (op + PortableOperation.stride).load(as: UInt64.self)
    if number == PortableExit.jump { return Handler.link(op, 0) }
    if number == PortableExit.leave {
      Handler.exit(registers, .leave, at: trailer, left)
      return nil
    }
    if number == PortableExit.unprepared {
      Handler.exit(registers, .unprepared, at: trailer, left)
      return nil
    }
    if number == PortableExit.indirect {
      Handler.exit(registers, .unprepared, at: bank[exit.first], left)
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

  /// What the comparison before the branch gives; nil where there is none.
  func result(_ holds: Bool) -> Bool? {
    switch self {
    case .less, .below: holds
    case .notLess, .notBelow: !holds
    case .equal, .notEqual, .notPositive, .positive, .negative, .notNegative: nil
    }
  }
}
