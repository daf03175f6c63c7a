/// Where a caller puts something for the function that it calls.
enum ArgumentPlace: Hashable, Sendable {
  case register(Int)
  /// So many bytes above the stack pointer at the function's entry.
  case stack(Int64)
}

/// What is known of a register's or a stack slot's content without running the program.
enum StaticValue: Equatable, Sendable {
  case unknown
  case constant(UInt64)
  /// What the caller put there.
  case argument(ArgumentPlace)
  /// The stack pointer at the function's entry, plus so many bytes.
  case stackAddress(Int64)

  func adding(_ offset: Int64) -> StaticValue {
    switch self {
    case .constant(let value): .constant(value &+ UInt64(bitPattern: offset))
    case .stackAddress(let value): .stackAddress(value &+ offset)
    default: offset == 0 ? self : .unknown
    }
  }
}
