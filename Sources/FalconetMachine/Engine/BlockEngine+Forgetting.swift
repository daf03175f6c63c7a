extension BlockEngine {
  /// Forgets the blocks of pages that were overwritten.
  @inline(never)
  func forgetStaleCode() {
    for page in memory.takeStaleCode() {
      // There is room for the detours of one page at least, and of the blocks that reach into it.
      if isFull || cache.isWorn { discardBlocks() }
      for block in cache.forgetBlocks(ofPage: page) { forget(block) }
    }
  }

  /// Discards all blocks and their code.
  func discardBlocks() {
    discarded = true
    cache.discardAll()
    discardCode()
  }
}
