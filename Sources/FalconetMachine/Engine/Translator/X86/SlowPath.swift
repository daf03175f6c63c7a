/// Code of a block that is rarely executed: it stands behind the block, and jumps back to it.
enum SlowPath {
  /// The block doesn't fit into the budget. The jump that comes here.
  case budget(Int)
  /// A jump that ends the run at an address.
  case exit(Int, EngineExit, UInt64)
  /// A jump that ends the run at the address in a register.
  case exitAtRegister(Int, X86Register)
  /// A return that no call matches: the jump that comes here, and the register with the address.
  case missedReturn(Int, X86Register)
  /// A call for which the host's stack has no room: the jump that comes here, and where the code goes on.
  case forgetCalls(Int, back: Int)
  /// A load from elsewhere: the jump that comes here, the address, the load's thunk, the register
  /// that it goes to, and where the code goes on.
  case load(Int, X86Address, thunk: Int, UInt8, back: Int)
  /// A load that compares its address with what is watched: the jumps from elsewhere and from near the
  /// watched bytes, the register with the address, its thunk, the load, and where the code goes on.
  case checkedLoad(Int, Int, X86Register, thunk: Int, DecodedOperation, back: Int)
  /// A store to elsewhere, or to a page that is not directly writable: the jumps that come here, the address,
  /// the store and its thunk, and where the code goes on.
  case store(Int, Int, X86Address, thunk: Int, DecodedOperation, back: Int)
  /// A load from outside of the stack's range: the jumps that come here, the register with the address, the load's thunk,
  /// the register that it goes to, and where the code goes on.
  case rangedLoad(X86Jumps, X86Register, AccessKind, thunk: Int, UInt8, back: Int)
  /// A store to there: the jumps that come here, the register with the address, the store and its thunk, and where the code
  /// goes on.
  case rangedStore(X86Jumps, X86Register, AccessKind, thunk: Int, DecodedOperation, back: Int)
  /// Unaligned values elsewhere, or in pages that are not directly writable: the jumps that come here, the values, and where
  /// the code goes on.
  case unaligned(X86Jumps, UnalignedValues, back: Int)
  /// What the hot check of neighbours leaves open: its jumps, which come here, the place of the neighbours, the steps
  /// from the operation on that the check stands before, and where the code goes on.
  case neighbours(X86Jumps, Int, remaining: UInt8, back: Int)
  /// A check of the stack pointer plus a distance: the jump that comes here, the steps from the operation on that it
  /// stands before, and where the code goes on.
  case frame(Int, Int32, remaining: UInt8, back: Int)
  /// A check of the stack pointer at the end of a block: the jump that comes here, the block's exit, and where the code
  /// goes on.
  case frameEnd(Int, BlockExit, back: Int)
  /// The stack's range is empty after an operation: the jump that comes here, and the steps behind the operation.
  case emptyRange(Int, remaining: UInt8)
  /// An operation in a case that a call back executes: the jump that comes here, and where the code goes on.
  case rare(Int, DecodedOperation, back: Int)
  /// An operation that was not executed: the jump that comes here, and the steps from it on.
  case leave(Int, remaining: UInt8)
}
