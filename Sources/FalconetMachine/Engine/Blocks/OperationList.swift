/// The operations of a block. Their memory is used again for the next block, and copies of a list share it.
///
/// Safety: whoever makes a list keeps the memory as long as there are copies, which count no references: a block is
/// handed on for each that is translated. Each access compares its index with the memory's size.
struct OperationList {
  private let operations: UnsafeMutablePointer<DecodedOperation>
  private(set) var count = 0

  init(in memory: Scratch<DecodedOperation>) { operations = memory.elements }

  /// Memory for one list, of the longest block.
  static func memory() -> Scratch<DecodedOperation> {
    Scratch(
      repeating: DecodedOperation(
        operation: .unknown, destination: 0, first: 0, second: 0, immediate: 0),
      count: Block.mostOperations)
  }

  var indices: Range<Int> { 0..<count }

  @inline(__always)
  subscript(index: Int) -> DecodedOperation {
    checkBounds(index)
    return operations[index]
  }

  @inline(__always)
  private func checkBounds(_ index: Int) {
    precondition(UInt(bitPattern: index) < UInt(Block.mostOperations))
  }

  var last: DecodedOperation? { count > 0 ? operations[count - 1] : nil }

  @inline(__always)
  mutating func append(_ operation: DecodedOperation) {
    checkBounds(count)
    operations[count] = operation
    count += 1
  }

  mutating func removeLast() { count -= 1 }

  mutating func removeAll() { count = 0 }

  /// Each operation's `remaining` is the number of steps before it in its block. Sets it to the number that remains, of
  /// this many steps.
  func countDown(from steps: UInt8) {
    for index in indices { operations[index].remaining = steps &- operations[index].remaining }
  }
}
