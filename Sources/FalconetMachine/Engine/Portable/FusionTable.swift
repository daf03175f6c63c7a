/// A handler for two or three operations that lie in a row.
struct Fusion {
  let first: UInt8
  let second: UInt8
  /// Nil if there are two.
  let third: UInt8?
  let secondOperand: FusedOperand
  let thirdOperand: FusedOperand
  let handler: HandlerFunction

  /// - Precondition: the handler is that of the type, which has two or three operations.
  init<Parts: FusedHandler>(_ type: Parts.Type, _ handler: @escaping HandlerFunction) {
    let (numbers, operands) = (type.numbers, type.operands)
    first = numbers[0]
    second = numbers[1]
    third = numbers.count > 2 ? numbers[2] : nil
    secondOperand = operands[0]
    thirdOperand = operands.count > 1 ? operands[1] : .none
    self.handler = handler
  }

  /// The numbers of what it executes.
  var numbers: [UInt8] { [first, second] + (third.map { [$0] } ?? []) }

  /// How many operands it need not read from the bank.
  var operands: Int { (secondOperand == .none ? 0 : 1) + (thirdOperand == .none ? 0 : 1) }
}

/// Gives operations the handlers of several in a row, so that handlers go on to others as seldom as possible.
///
/// Each operation of a block gets the best one that begins with it, so nothing depends on the operation
/// that a run is at.
///
/// Safety: there are as many operations as numbers, and only those are accessed.
struct FusionTable {
  /// By their first two numbers.
  let fusions: [Fusion]
  /// By the first two numbers: where their fusions begin in ``fusions``, one behind the other.
  private let starts: [UInt16]

  /// Those of the handlers that come with the engine.
  static let standard = FusionTable(pairs + triples + exits)

  init(_ fusions: [Fusion]) {
    let sorted = fusions.sorted {
      Self.place($0.first, $0.second) < Self.place($1.first, $1.second)
    }
    var starts = [UInt16](repeating: UInt16(sorted.count), count: 1 << 16)
    for (index, fusion) in sorted.enumerated().reversed() {
      starts[Self.place(fusion.first, fusion.second)] = UInt16(index)
    }
    self.fusions = sorted
    self.starts = starts
  }

  private static func place(_ first: UInt8, _ second: UInt8) -> Int {
    Int(first) << 8 | Int(second)
  }

  /// What a jump from one handler to the next costs, and what an operand that is at hand saves.
  private static let jumpCost = 4
  private static let operandGain = 1

  /// Sets the targets of a block's operations.
  ///
  /// - Parameters:
  ///   - operations: those of the block and its exit, which have the handlers that they have alone.
  ///   - numbers: their numbers.
  func fuse(_ operations: UnsafeMutablePointer<PortableOperation>, _ numbers: [UInt8]) {
    // The costs from the next operation on, from the second next, and from the third.
    var costs = (0, 0, 0)
    for index in numbers.indices.reversed() {
      var best = Self.jumpCost + costs.0
      if index + 1 < numbers.count {
        let (first, second) = (numbers[index], numbers[index + 1])
        var candidate = Int(starts[Self.place(first, second)])
        while candidate < fusions.count {
          let fusion = fusions[candidate]
          guard fusion.first == first, fusion.second == second else { break }
          candidate += 1
          let cost =
            (fusion.third == nil ? costs.1 : costs.2) + Self.jumpCost
            - Self.operandGain * fusion.operands
          guard cost < best, fits(fusion, operations + index, numbers[index...]) else { continue }
          best = cost
          operations[index].target = unsafeBitCast(fusion.handler, to: UInt.self)
        }
      }
      costs = (best, costs.0, costs.1)
    }
  }

  /// Whether a fusion stands for the first of some operations. Its first two numbers are known to be theirs.
  private func fits(
    _ fusion: Fusion, _ operations: UnsafeMutablePointer<PortableOperation>,
    _ numbers: ArraySlice<UInt8>
  ) -> Bool {
    guard passes(fusion.secondOperand, operations[0], operations[1]) else { return false }
    guard let third = fusion.third else { return true }
    return numbers.count > 2 && numbers[numbers.startIndex + 2] == third
      && passes(fusion.thirdOperand, operations[1], operations[2])
  }

  /// Whether an operation's result is this operand of the next.
  private func passes(
    _ operand: FusedOperand, _ operation: PortableOperation, _ next: PortableOperation
  ) -> Bool {
    switch operand {
    case .none: true
    case .first: next.first == operation.destination
    case .second: next.second == operation.destination
    }
  }
}
