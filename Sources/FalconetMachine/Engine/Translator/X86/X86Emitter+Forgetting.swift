/// Detours at the start of forgotten blocks: see ``BlockCache``.
///
/// A detour is a jump, written over the bytes that check the budget. Nothing jumps to the middle of it. Only a block's
/// own code out of line jumps back into the block.
extension X86Emitter {
  mutating func forget(_ block: BlockCache.ForgottenBlock, in cache: inout BlockCache) {
    let first = cache.detour(of: block)
    if first != block.place { _ = writeDetour(at: block.place, to: first) }
    swapParts()
    let exit = assembler.position
    switch block.form {
    case .usual: emitExit(.unprepared, at: block.pc)
    case .checked: emitCheckedExit(at: block.pc)
    }
    swapParts()
    let link = writeDetour(at: first, to: exit)
    // One that leads to the checked form is linked when it is taken.
    if block.form == .usual { cache.wait(link, for: block.pc) }
  }

  /// - Returns: the jump.
  private mutating func writeDetour(at place: Int, to target: Int) -> Int {
    let position = assembler.position
    defer { assembler.position = position }
    assembler.position = place
    let jump = assembler.jump()
    assembler.patch(jump, to: target)
    return jump
  }
}
