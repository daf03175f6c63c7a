/// The operations of a block, in memory that is used again for the next: copies of a list share it.
struct OperationList {
  private let operations = Scratch(
    repeating: DecodedOperation(
      operation: .unknown, destination: 0, first: 0, second: 0, immediate: 0),
    count: Block.mostOperations)
  private(set) var count = 0

  var indices: Range<Int> { 0..<count }

  @inline(__always)
  subscript(index: Int) -> DecodedOperation { operations[index] }

  var last: DecodedOperation? { count > 0 ? operations[count - 1] : nil }

  @inline(__always)
  mutating func append(_ operation: DecodedOperation) {
    operations[count] = operation
    count += 1
  }

  mutating func removeLast() { count -= 1 }

  mutating func removeAll() { count = 0 }

  /// Makes of the steps before each operation in its block those that remain, of so many.
  func countDown(from steps: UInt8) {
    for index in indices { operations[index].remaining = steps &- operations[index].remaining }
  }
}
