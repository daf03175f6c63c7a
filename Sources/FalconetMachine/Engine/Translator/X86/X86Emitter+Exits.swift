extension X86Emitter {
  /// Writes the end of a block.
  mutating func emit(_ block: Block, _ cache: inout BlockCache) {
    if let returnAddress = block.returnAddress, block.exit.isCall,
      let immediate = Int32(exactly: returnAddress)
    {
      return emitCall(block.exit, returningTo: returnAddress, immediate, &cache)
    }
    switch block.exit {
    case .jump(let pc): emitLast(to: pc, &cache)
    case .leave(let pc): emitExit(.leave, at: pc)
    case .systemCall(let pc):
      assembler.set(.rax, to: pc)
      assembler.call(systemCallThunk)
      emitLast(to: (pc &+ 4) & mask, &cache)
    case .indirect(Block.linkRegister): assembler.ret()
    case .indirect(let register):
      let address = held(register, in: .rax)
      slowPaths.append(.exitAtRegister(emitTableJump(address, isCall: false), address))
    case .branch(let branch):
      let condition = emitComparison(branch)
      let taken = assembler.jump(condition)
      link(taken, to: branch.taken, &cache)
      emitLast(to: branch.next, &cache)
      openEnd?.branch = (taken, condition, branch.taken)
    }
  }

  /// Writes a jump at a block's end. If its block has no code yet, it may come right here.
  mutating func emitLast(to pc: UInt64, _ cache: inout BlockCache) {
    let jump = assembler.jump()
    link(jump, to: pc, &cache)
    openEnd = OpenEnd(jump: jump, pc: pc, end: assembler.position)
  }

  /// Takes back the jumps at the end of the code that are superfluous if the block at an address is written here.
  ///
  /// - Returns: a jump that waits for the block, and is one of those taken back.
  /// - Precondition: there is no block at the address yet.
  mutating func closeEnd(_ pc: UInt64, _ cache: inout BlockCache) -> Int? {
    guard let end = openEnd, end.end == assembler.position else { return nil }
    openEnd = nil
    if end.pc == pc {
      assembler.position -= X86Assembler.jumpBytes
      return end.jump
    }
    guard let branch = end.branch, branch.pc == pc else { return nil }
    // The opposite branch goes to the other block.
    let branchBytes = 6
    let target = assembler.target(of: end.jump)
    assembler.position -= X86Assembler.jumpBytes + branchBytes
    let other = assembler.jump(branch.condition.inverted)
    if let place = cache[end.pc, .usual] {
      assembler.patch(other, to: place)
    } else {
      assembler.patch(other, to: target)
      cache.replace(end.jump, with: other, for: end.pc)
    }
    return branch.jump
  }

  /// Has a jump go to the block at an address. As long as there is none, it ends the run.
  mutating func link(_ jump: Int, to pc: UInt64, _ cache: inout BlockCache) {
    switch cache.target(pc, of: jump) {
    case .block(let place): assembler.patch(jump, to: place)
    case .missing: slowPaths.append(.exit(jump, .unprepared, pc))
    }
  }

  /// Compares the operands of a branch.
  ///
  /// - Returns: the condition under which it is taken.
  private mutating func emitComparison(_ branch: BranchExit) -> X86Condition {
    if let comparison, branch.first == comparison.entry, branch.second == 0 {
      if branch.condition == .equal { return comparison.condition.inverted }
      if branch.condition == .notEqual { return comparison.condition }
    }
    let first = held(branch.first, in: .rax)
    switch branch.condition {
    case .equal, .notEqual:
      if branch.second == 0 {
        assembler.test(first)
      } else {
        apply(.cmp, first, branch.second)
      }
      return branch.condition == .equal ? .equal : .notEqual
    case .notPositive: return emitSignTest(first, .notGreater)
    case .positive: return emitSignTest(first, .greater)
    case .negative: return emitSignTest(first, .negative)
    case .notNegative: return emitSignTest(first, .notNegative)
    case .less, .notLess, .below, .notBelow:
      apply(.cmp, first, branch.second)
      let isSigned = branch.condition == .less || branch.condition == .notLess
      let condition: X86Condition = isSigned ? .less : .below
      setCondition(condition, branch.destination)
      let isInverted = branch.condition == .notLess || branch.condition == .notBelow
      return isInverted ? condition.inverted : condition
    }
  }

  private mutating func emitSignTest(_ register: X86Register, _ condition: X86Condition)
    -> X86Condition
  {
    assembler.test(register)
    return condition
  }

  // MARK: Slow paths

  /// Writes what the block needs out of line.
  mutating func emitSlowPaths(_ cache: inout BlockCache) {
    var next = 0
    // Writing one may ask for another.
    while next < slowPaths.count {
      emit(slowPaths[next], &cache)
      next += 1
    }
    slowPaths.removeAll(keepingCapacity: true)
  }

  private mutating func emit(_ path: SlowPath, _ cache: inout BlockCache) {
    switch path {
    case .budget(let jump):
      assembler.patchHere(jump)
      // Sets the low byte of rcx.
      assembler.byte(0xB0 | X86Register.rcx.low)
      assembler.byte(UInt8(truncatingIfNeeded: block.length))
      emitExit(.budget, at: block.pc)
    case .exit(let jump, let reason, let pc):
      assembler.patchHere(jump)
      emitExit(reason, at: pc)
    case .exitAtRegister(let jump, let address):
      assembler.patchHere(jump)
      assembler.move(.rax, address)
      emitExit(.unprepared)
    case .missedReturn(let jump, let address):
      assembler.patchHere(jump)
      assembler.move(.rax, address)
      assembler.jump(to: missedReturn)
    case .forgetCalls(let jump, let back):
      assembler.patchHere(jump)
      assembler.bank(0x8B, .rsp, RegisterBank.callsTop)
      assembler.jump(to: back)
    case .load(let jump, let address, let thunk, let target, let back):
      assembler.patchHere(jump)
      if let outside = emitRangeCheck(address, thunk) {
        let host = X86Register.holding(target) ?? .rax
        emitRead(
          .double, host, base: .r13, index: address.register, displacement: address.displacement)
        store(host, to: target)
        assembler.jump(to: back)
        assembler.patchHere(outside)
      }
      emitLoadCall(address, thunk: thunk, target, back: back)
    case .checkedLoad(let away, let near, let address, let thunk, let operation, let back):
      assembler.patchHere(away)
      assembler.patchHere(near)
      assembler.move(.rax, address)
      assembler.call(checkedLoadThunks[thunk])
      assembler.test(.rcx, wide: false)
      let rare = assembler.jump(.notEqual)
      store(.rax, to: operation.destination)
      assembler.jump(to: back)
      assembler.patchHere(rare)
      emitRare(operation)
      assembler.jump(to: back)
    case .store(let away, let guarded, let address, let thunk, let operation, let back):
      assembler.patchHere(away)
      if let outside = emitRangeCheck(address, thunk) {
        emitWrite(
          .double, held(operation.second, in: .rdx), base: .r13, index: address.register,
          displacement: address.displacement)
        assembler.jump(to: back)
        assembler.patchHere(outside)
      }
      assembler.patchHere(guarded)
      emitStoreCall(address, thunk: thunk, operation, back: back)
    case .rangedLoad(let jumps, let address, let access, let thunk, let target, let back):
      assembler.patchHere(jumps)
      emitFlatLoad(address, access, thunk: thunk, target, back: back)
    case .rangedStore(let jumps, let address, let access, let thunk, let operation, let back):
      assembler.patchHere(jumps)
      emitFlatStore(address, access, thunk: thunk, operation, back: back)
    case .unaligned(let jumps, let values, let back):
      assembler.patchHere(jumps)
      emitParts(of: values)
      assembler.jump(to: back)
    case .neighbours(let jumps, let place, let remaining, let back):
      assembler.patchHere(jumps)
      emitWholeCheck(of: place)
      assembler.jump(to: back)
      emitChecked(remaining, &cache)
    case .frame(let jump, let distance, let remaining, let back):
      assembler.patchHere(jump)
      emitCover(distance)
      assembler.jump(to: back)
      emitChecked(remaining, &cache)
    case .frameEnd(let jump, let exit, let back):
      assembler.patchHere(jump)
      emitCover(0)
      assembler.jump(to: back)
      emitLostExit(exit, &cache)
    case .emptyRange(let jump, let remaining):
      assembler.patchHere(jump)
      emitChecked(remaining, &cache)
    case .rare(let jump, let operation, let back):
      assembler.patchHere(jump)
      emitRare(operation)
      assembler.jump(to: back)
    case .leave(let jump, let remaining):
      assembler.patchHere(jump)
      emitLeave(remaining)
    }
  }

  /// Loads by a thunk, into a register of the guest.
  mutating func emitLoadCall(_ address: X86Address, thunk: Int, _ target: UInt8, back: Int) {
    assembler.set(.rax, to: address)
    assembler.call(loadThunks[thunk])
    store(.rax, to: target)
    assembler.jump(to: back)
  }

  /// Stores by a thunk.
  mutating func emitStoreCall(
    _ address: X86Address, thunk: Int, _ operation: DecodedOperation, back: Int
  ) {
    assembler.set(.rax, to: address)
    load(.rdx, from: operation.second)
    assembler.call(storeThunks[thunk])
    assembler.jump(to: back)
    emitLeave(operation.remaining)
  }

  /// Leaves the rest of the block to the plain step.
  private mutating func emitLeave(_ remaining: UInt8) {
    assembler.immediate(.add, .r14, Int32(remaining))
    emitExit(.leave, at: address(remaining))
  }

  /// The address of the instruction from which on steps of the block remain.
  private func address(_ remaining: UInt8) -> UInt64 {
    (block.pc &+ 4 &* (UInt64(block.length) - UInt64(remaining))) & mask
  }

  /// Goes on with the form of the block that checks each access. Few checks ever fail, so nothing records where they
  /// are: when one fails for the first time, a call tells it.
  private mutating func emitChecked(_ remaining: UInt8, _ cache: inout BlockCache) {
    assembler.immediate(.add, .r14, Int32(remaining))
    emitChecked(at: address(remaining), &cache)
  }

  /// The same at the end of the block.
  private mutating func emitChecked(at pc: UInt64, _ cache: inout BlockCache) {
    if let place = cache[pc, .checked] { return assembler.jump(to: place) }
    emitCheckedExit(at: pc)
  }

  /// Asks for the checked form of the block at an address.
  mutating func emitCheckedExit(at pc: UInt64) {
    assembler.set(.rax, to: pc)
    assembler.call(exits[Int(EngineExit.checked.rawValue)])
  }

  /// The exit of a block whose stack pointer is no frame's. It goes to blocks in the form that checks each access. If
  /// the next block's address is in a register, the run decides on the form.
  private mutating func emitLostExit(_ exit: BlockExit, _ cache: inout BlockCache) {
    switch exit {
    case .jump(let pc): emitChecked(at: pc, &cache)
    case .branch(let branch):
      let taken = assembler.jump(emitComparison(branch))
      emitChecked(at: branch.next, &cache)
      assembler.patchHere(taken)
      emitChecked(at: branch.taken, &cache)
    case .indirect(let register):
      load(.rax, from: register)
      emitExit(.unprepared)
    case .leave, .systemCall: break
    }
  }

  /// Makes a jump to a block of the call that asked for it.
  ///
  /// - Parameter end: the place behind the call.
  mutating func link(checkedCall end: Int, to place: Int) {
    let callBytes = 5
    let checked = exits[Int(EngineExit.checked.rawValue)]
    guard assembler.target(of: end - 4) == checked else { return }
    let position = assembler.position
    assembler.position = end - callBytes
    assembler.jump(to: place)
    assembler.position = position
  }
}
