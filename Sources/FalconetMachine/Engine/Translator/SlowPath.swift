/// Code of a block that is rarely executed: it stands behind the block, and jumps back to it.
enum SlowPath {
  /// The block doesn't fit into the steps that are left. The jump that comes here.
  case budget(Int)
  /// A jump that leaves the code at an address.
  case exit(Int, EngineExit, UInt64)
  /// A jump that leaves the code at the address in rax.
  case exitAtRAX(Int)
  /// A load from elsewhere: the jump that comes here, the load's thunk, the register that it goes to,
  /// and where the code goes on.
  case load(Int, thunk: Int, UInt8, back: Int)
  /// A store to elsewhere, or to a page that is not free: the jumps that come here, the store and its
  /// thunk, and where the code goes on.
  case store(Int, Int, thunk: Int, DecodedOperation, back: Int)
  /// An operation that was not executed: the jump that comes here, and the steps from it on.
  case leave(Int, remaining: UInt8)
}

extension Translator {
  /// Writes what the block needs out of line.
  func emitSlowPaths() {
    var next = 0
    // Writing one may ask for another.
    while next < slowPaths.count {
      emit(slowPaths[next])
      next += 1
    }
    slowPaths.removeAll(keepingCapacity: true)
  }

  private func emit(_ path: SlowPath) {
    switch path {
    case .budget(let jump):
      assembler.patchHere(jump)
      assembler.immediate(.add, .r14, Int32(block.length))
      emitExit(.budget, at: block.pc)
    case .exit(let jump, let reason, let pc):
      assembler.patchHere(jump)
      emitExit(reason, at: pc)
    case .exitAtRAX(let jump):
      assembler.patchHere(jump)
      emitExit(.unprepared)
    case .load(let jump, let thunk, let target, let back):
      assembler.patchHere(jump)
      assembler.call(loadThunks[thunk])
      store(.rax, to: target)
      assembler.jump(to: back)
    case .store(let away, let notFree, let thunk, let operation, let back):
      assembler.patchHere(away)
      assembler.patchHere(notFree)
      load(.rdx, from: operation.second)
      assembler.call(storeThunks[thunk])
      assembler.test(.rax, wide: false)
      slowPaths.append(.leave(assembler.jump(.notEqual), remaining: operation.remaining))
      assembler.jump(to: back)
    case .leave(let jump, let remaining):
      assembler.patchHere(jump)
      assembler.immediate(.add, .r14, Int32(remaining))
      let executed = UInt64(block.length) - UInt64(remaining)
      emitExit(.leave, at: (block.pc &+ 4 &* executed) & memory.wordSize.mask)
    }
  }
}
