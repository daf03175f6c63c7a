/// Where a function keeps its caller's registers, at one instruction.
struct FrameRow: Equatable {
  /// What a register held in the caller.
  enum Rule: Equatable {
    case same
    /// Nothing is left of it. Of the return address: there is no caller.
    case undefined
    /// It is in memory, so many bytes from the frame's address.
    case saved(Int64)
    /// It was the frame's address and so many bytes.
    case frame(Int64)
    /// Another register holds it.
    case register(Int)
    /// An expression tells, which is not looked into.
    case expression
  }

  /// The register that the frame's address (the caller's stack pointer) is counted from; nil if an
  /// expression tells it.
  var base: Int?
  var offset: Int64 = 0
  /// Of registers that are not as they are.
  var rules: [Int: Rule] = [:]
  var returnAddress = 31
}
