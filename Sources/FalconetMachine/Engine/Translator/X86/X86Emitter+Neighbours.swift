extension X86Emitter {
  /// The check that neighbours share, in the case that programs have most of the time: flat addresses, in one page
  /// if any is stored to.
  mutating func emitCheck(of place: Int, before operation: DecodedOperation) {
    let group = plan.neighbours[place]
    guard !group.isStack else { return emitStackCheck(of: place, before: operation) }
    if group.isNear(margin: margin) { return emitNearCheck(of: place, before: operation) }
    emitLowest(group)
    var jumps = X86Jumps()
    if group.stored == nil {
      assembler.address(.rcx, .rax, group.extent)
      assembler.registers(X86Operation.or.opcode, .rcx, .rax)
      assembler.bank(0x85, .rcx, outside(group))
      jumps.append(assembler.jump(.notEqual))
    } else {
      assembler.bank(0x85, .rax, outside(group))
      jumps.append(assembler.jump(.notEqual))
      assembler.address(.rcx, .rax, group.extent)
      assembler.registers(X86Operation.xor.opcode, .rcx, .rax)
      assembler.immediate(.cmp, .rcx, 0xFFF)
      jumps.append(assembler.jump(.above))
      emitFlagCheck(of: .rax)
      jumps.append(assembler.jump(.notEqual))
    }
    slowPaths.append(
      .neighbours(jumps, place, remaining: operation.remaining, back: assembler.position))
  }

  /// The check of addresses that are what they should be if the register's value is.
  private mutating func emitNearCheck(of place: Int, before operation: DecodedOperation) {
    let group = plan.neighbours[place]
    let register = held(group.register, in: .rdx)
    assembler.bank(0x85, register, outside(group))
    var jumps = X86Jumps(assembler.jump(.notEqual))
    if let stored = group.stored {
      let (first, last) = (
        stored.lowerBound - group.distance, stored.upperBound - group.distance
      )
      assembler.address(.rax, register, first)
      // What lies in one unit that the register's value is a multiple of lies in one page.
      if first & -group.alignment != last & -group.alignment {
        assembler.address(.rcx, register, last)
        assembler.registers(X86Operation.xor.opcode, .rcx, .rax)
        assembler.immediate(.cmp, .rcx, 0xFFF)
        jumps.append(assembler.jump(.above))
      }
      emitFlagCheck(of: .rax)
      jumps.append(assembler.jump(.notEqual))
    }
    slowPaths.append(
      .neighbours(jumps, place, remaining: operation.remaining, back: assembler.position))
  }

  /// The check of a stack frame: whether the unit that the last of the accesses lies in is a unit of the range.
  private mutating func emitStackCheck(of place: Int, before operation: DecodedOperation) {
    let group = plan.neighbours[place]
    let (_, top) = units(group)
    let register = held(group.register, in: .rax)
    assembler.address(.rax, register, top)
    assembler.bank(X86Operation.sub.opcode, .rax, RegisterBank.stackStart)
    // Rotates to the right: what is no multiple of the unit becomes large.
    assembler.single(0xC1, 1, .rax)
    assembler.byte(isWide ? 3 : 2)
    assembler.bank(X86Operation.cmp.opcode, .rax, RegisterBank.stackSize)
    let jump = assembler.jump(.notBelow)
    slowPaths.append(
      .neighbours(X86Jumps(jump), place, remaining: operation.remaining, back: assembler.position))
  }

  /// Has the range cover a stack frame.
  ///
  /// - Parameter back: where the code goes on then.
  /// - Returns: the jumps if it can't.
  mutating func emitCover(of place: Int, _ back: Int) -> [Int] {
    let group = plan.neighbours[place]
    let (first, top) = units(group)
    let register = held(group.register, in: .rax)
    assembler.address(.rax, register, first)
    assembler.set(.rdx, to: UInt64(top - first + unit))
    assembler.call(coverThunk)
    assembler.test(.rax, wide: false)
    let fails = [assembler.jump(.notEqual)]
    assembler.jump(to: back)
    return fails
  }

  /// The first and the last unit that the accesses of a stack frame lie in, from the stack pointer on.
  private func units(_ group: AccessPlan.Neighbours) -> (first: Int32, last: Int32) {
    ((group.low - group.distance) & -unit, (group.high - group.distance) & -unit)
  }

  private var isWide: Bool { mask == .max }

  /// Bytes of a guest register.
  private var unit: Int32 { isWide ? 8 : 4 }

  /// The check of neighbours in the other case that translated code covers: two pages.
  ///
  /// - Parameter back: where the code goes on if it holds.
  /// - Returns: the jumps if it does not.
  mutating func emitWholeCheck(of place: Int, _ back: Int) -> [Int] {
    let group = plan.neighbours[place]
    emitLowest(group)
    assembler.bank(0x85, .rax, outside(group))
    var fails = [assembler.jump(.notEqual)]
    assembler.address(.rcx, .rax, group.extent)
    assembler.bank(0x85, .rcx, RegisterBank.outside1)
    fails.append(assembler.jump(.notEqual))
    fails += emitFlagChecks(group)
    assembler.jump(to: back)
    return fails
  }

  /// Checks the pages that neighbours store to: the first and the last byte's, since they take less than a page.
  private mutating func emitFlagChecks(_ group: AccessPlan.Neighbours) -> [Int] {
    guard let stored = group.stored else { return [] }
    return [stored.lowerBound, stored.upperBound].map { offset in
      assembler.address(.rcx, .rax, offset - group.low)
      emitFlagCheck(of: .rcx)
      return assembler.jump(.notEqual)
    }
  }

  /// Sets rax to the lowest address.
  private mutating func emitLowest(_ group: AccessPlan.Neighbours) {
    let register = held(group.register, in: .rax)
    assembler.address(.rax, register, group.low - group.distance)
  }

  private func outside(_ group: AccessPlan.Neighbours) -> UInt8 {
    switch group.alignment {
    case 1: RegisterBank.outside1
    case 2: RegisterBank.outside2
    case 4: RegisterBank.outside4
    default: RegisterBank.outside8
    }
  }
}

extension AccessPlan.Neighbours {
  /// From the lowest address to the highest that is a multiple of the alignment.
  fileprivate var extent: Int32 { (high - low) & ~(alignment - 1) }
}
