/// Which accesses of a block are likely in the window of ``GuestSpace``, to go by what the registers hold when the block
/// is written: those through a register that points there, or that is computed from one which does.
///
/// Nothing relies on it but how fast the code is.
struct WindowForesight {
  private let bank: RegisterBank
  private let space: GuestSpace
  /// Before each operation, the registers that likely point into the window, a bit each.
  private let pointers = Scratch<UInt64>(repeating: 0, count: Block.mostOperations)

  init(_ bank: RegisterBank, _ space: GuestSpace) {
    self.bank = bank
    self.space = space
  }

  /// Looks at the registers as they are, and at the operations of a block that is to be entered so. O(operations).
  func look(at operations: OperationList) {
    var start: UInt64 = 0
    for register: UInt8 in 1..<32 where space.isInWindow(bank[register]) { start |= 1 << register }
    var now = start
    for index in operations.indices {
      pointers[index] = now
      let operation = operations[index]
      func points(_ register: UInt8) -> Bool { now >> register & 1 == 1 }
      let result =
        switch operation.operation {
        case .daddi, .dsub: points(operation.first)
        case .dadd, .or, .and: points(operation.first) || points(operation.second)
        // What was there when the block was reached the last time is as good a guess as any.
        default: start >> operation.destination & 1 == 1
        }
      now = now & ~(1 << operation.destination) | (result ? 1 : 0) << operation.destination
    }
  }

  /// Whether a register likely points into the window before an operation of the block that was looked at last.
  func points(_ register: UInt8, before index: Int) -> Bool {
    pointers[index] >> register & 1 == 1
  }
}
