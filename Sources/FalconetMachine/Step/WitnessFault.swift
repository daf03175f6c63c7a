import Keccak

/// A memory proof of a step's proof data. The raw value is its place among them.
package enum ProofSlot: Int, Sendable, CaseIterable, CustomStringConvertible {
  /// The leaf that holds the instruction.
  case instruction
  /// The first word of data that the step touches.
  case first
  /// The second.
  case second

  init(_ slot: MemorySlot) { self = slot == .first ? .first : .second }

  package var description: String {
    switch self {
    case .instruction: "instruction proof"
    case .first: "memory proof 1"
    case .second: "memory proof 2"
    }
  }
}

/// What is wrong with the data that a step is executed from; a contract would revert.
package enum WitnessFault: Error, Sendable, Equatable {
  /// The state's witness has another size, in bytes, than the version's.
  case stateDataSize(expected: Int, given: Int)
  /// The proof data has another size, in bytes, than the version's.
  case proofDataSize(expected: Int, given: Int)
  /// A byte that stands for true or false is neither 1 nor 0.
  case boolean(field: String, value: UInt8)
  /// The thread and the root below it don't lead to the root of the stack that runs.
  case stackRoot(StackSide, thread: UInt64, expected: Bytes32, given: Bytes32)
  /// A memory proof doesn't lead from its leaf to the memory's root.
  case memoryRoot(ProofSlot, address: UInt64, expected: Bytes32, given: Bytes32)
  /// The step reads a pre-image, and none is given.
  case noPreimage(key: Bytes32)
  /// The pre-image is another key's than the state's.
  case preimageKey(expected: Bytes32, given: Bytes32)
  /// The pre-image's part starts elsewhere than at the state's offset.
  case preimageOffset(expected: UInt64, given: UInt64)
  /// The pre-image's length prefix, nil if it is cut short, is not its length.
  case preimageLength(expected: UInt64, given: UInt64?)
}

extension WitnessFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .stateDataSize(let expected, let given):
      "state-data has \(given) bytes, this state version's witness has \(expected)"
    case .proofDataSize(let expected, let given):
      "proof-data has \(given) bytes, this state version's has \(expected)"
    case .boolean(let field, let value):
      "\(field) is \(value), which is neither 0 nor 1"
    case .stackRoot(let side, let thread, let expected, let given):
      "thread \(thread) does not lead to the root of the \(side) thread stack: the state has "
        + "\(expected), the thread's witness gives \(given)"
    case .memoryRoot(let slot, let address, let expected, let given):
      "\(slot) for address \(hex(address, digits: 8)) does not lead to the memory root: expected "
        + "\(expected), the proof gives \(given)"
    case .noPreimage(let key):
      "the step reads the pre-image of \(key), and the proof has no oracle-key"
    case .preimageKey(let expected, let given):
      "oracle-key is \(given), the state's pre-image key is \(expected)"
    case .preimageOffset(let expected, let given):
      "oracle-offset is \(given), the state's pre-image offset is \(expected)"
    case .preimageLength(let expected, let given?):
      "oracle-value says that the pre-image has \(given) bytes, and holds \(expected)"
    case .preimageLength(_, nil): "oracle-value is shorter than its length prefix of 8 bytes"
    }
  }
}
