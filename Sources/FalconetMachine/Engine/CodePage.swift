/// The decoded instructions of one page.
///
/// Soundness: both tables are allocated whole, and are indexed by a page's instruction number (0 to
/// 1023), or by one more, where ``operations`` has an end mark. The cache that owns the page frees it.
struct CodePage {
  static let count = 1024

  /// One for each instruction, then ``DecodedOperation/leave``, so that running off the page's end
  /// leaves the engine's loop as any operation that it doesn't execute does.
  let operations: UnsafeMutablePointer<DecodedOperation>
  /// How many steps execute from each instruction up to the end of its run: through the delay slot of
  /// the next branch, or up to the next instruction that is left to the plain step, or to the page's
  /// end. 0 where the instruction itself is left.
  let runs: UnsafeMutablePointer<UInt16>

  /// Decodes a page.
  ///
  /// - Parameters:
  ///   - bytes: 4096 bytes.
  ///   - address: the page's address.
  ///   - stopRange: instructions here are left to the plain step.
  init(
    _ bytes: UnsafeRawPointer, at address: UInt64, under rules: Rules, stopRange: Range<UInt64>?
  ) {
    operations = .allocate(capacity: Self.count + 1)
    runs = .allocate(capacity: Self.count + 1)
    (operations + Self.count).initialize(to: .leave)
    (runs + Self.count).initialize(to: 0)
    for index in stride(from: Self.count - 1, through: 0, by: -1) {
      let bits = bytes.load(fromByteOffset: 4 * index, as: UInt32.self).bigEndian
      var operation = DecodedOperation(Instruction(bits), under: rules)
      if let stopRange, stopRange.contains(address &+ UInt64(4 * index)) { operation = .leave }
      if operation.operation.isBranch, !operations[index + 1].fitsDelaySlot { operation = .leave }
      (operations + index).initialize(to: operation)
      let run: UInt16
      if !operation.isExecuted {
        run = 0
      } else if operation.operation.isBranch {
        run = 2
      } else {
        run = runs[index + 1] + 1
      }
      (runs + index).initialize(to: run)
    }
  }

  func deallocate() {
    operations.deallocate()
    runs.deallocate()
  }
}
