/// What unwinding needs to know of a Go function at one address.
struct GoFrame {
  /// Functions of the runtime that change stacks, or are called in ways of their own.
  enum Kind {
    case ordinary
    /// Calls a function on the thread's own stack.
    case systemStack
    /// Gets a larger stack; called before the caller has a frame, with the caller's return address
    /// in register 3.
    case moreStack
    /// Leaves a goroutine for the thread's own stack, for good.
    case switchesForGood
  }

  /// Bytes between the stack pointer and what it was at the function's entry; nil if the table
  /// doesn't tell.
  let size: UInt64?
  let isOutermost: Bool
  let kind: Kind
  /// Whether the function moves to other stacks in ways that the table doesn't tell.
  let writesStackPointer: Bool

  init(_ function: GoFunction, of table: GoFunctionTable, at address: UInt64) {
    size = table.frameSize(of: function, at: address)
    let name = table.name(of: function)
    let flags = table.flags(of: function)
    // The second half of `runtime.gogo`, which is told to be outermost, is not told so.
    isOutermost = flags.contains(.topFrame) || name == "gogo"
    writesStackPointer = flags.contains(.writesStackPointer)
    kind =
      switch name {
      case "runtime.systemstack": .systemStack
      case "runtime.morestack", "runtime.morestack_noctxt": .moreStack
      case "runtime.mcall": .switchesForGood
      default: .ordinary
      }
  }
}
