/// Blocks that are executed one after the other, as long as no branch is taken: what an engine writes code for at a
/// time.
///
/// All but the last end in a branch or a jump, so that one check can serve accesses of several, see ``AccessPlan``.
/// A block joins only if it accesses memory by a register that one before it does too: otherwise nothing is gained, and
/// much of what is behind branches is never executed.
struct Trace {
  private var blocks: [Block] = []
  private(set) var count = 0
  /// The steps that executing all of it takes.
  private(set) var length = 0

  /// A trace of so many steps gets no other block.
  static let longest = 64

  subscript(index: Int) -> Block {
    _read {
      precondition(index < count, "a trace has no block \(index)")
      yield blocks[index]
    }
  }

  var last: Block {
    _read { yield self[count - 1] }
  }

  mutating func clear() {
    count = 0
    length = 0
  }

  /// Adds a block if it is the first or may share a check with another. It becomes another block, whose memory is used
  /// again.
  ///
  /// - Returns: whether it was added.
  mutating func append(_ block: inout Block) -> Bool {
    if count > 0, !sharesBase(with: block) { return false }
    length += block.length
    if count == blocks.count { blocks.append(Block(pc: 0, exit: .leave(0))) }
    swap(&blocks[count], &block)
    count += 1
    return true
  }

  private func sharesBase(with block: Block) -> Bool {
    let bases = block.bases
    return (0..<count).contains { blocks[$0].bases & bases != 0 }
  }

  /// Where the next block is, if the last one ends in a jump, or in a branch forward.
  ///
  /// What is behind a branch back is executed once for many times that the branch is.
  var next: UInt64? {
    if last.returnAddress != nil { return nil }
    switch last.exit {
    case .jump(let pc): return pc
    case .branch(let branch): return branch.taken > branch.next ? branch.next : nil
    case .indirect, .leave: return nil
    }
  }

  /// Whether a block begins at an address, or branches to it.
  func leads(to pc: UInt64) -> Bool {
    for index in 0..<count {
      if blocks[index].pc == pc { return true }
      if case .branch(let branch) = blocks[index].exit, branch.taken == pc { return true }
    }
    return false
  }
}

extension Block {
  /// The registers by which it accesses memory, a bit each.
  fileprivate var bases: UInt64 {
    var bases: UInt64 = 0
    for operation in operations {
      switch operation.operation.kind {
      case .load, .store: bases |= 1 << UInt64(operation.first)
      case .none, .trap, .systemCall, .register, .fromHiLo, .toHiLo, .immediate, .loadLinked,
        .storeConditional, .jump, .jumpRegister, .branch:
        break
      }
    }
    return bases
  }
}
