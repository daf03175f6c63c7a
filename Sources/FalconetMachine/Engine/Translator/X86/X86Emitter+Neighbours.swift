extension X86Emitter {
  /// The check that neighbours share, in the case that programs have most of the time: flat addresses, in one page
  /// if any is stored to.
  mutating func emitCheck(of place: Int, before operation: DecodedOperation) {
    let group = plan.neighbours[place]
    emitLowest(group)
    var jumps: [Int] = []
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
    if place == stackNeighbours { assembler.move(.r13, .r12) }
    slowPaths.append(
      .neighbours(jumps, place, remaining: operation.remaining, back: assembler.position))
  }

  /// The check of neighbours in the other cases that translated code covers: more than one page, or the stack in the
  /// window.
  ///
  /// - Parameter back: where the code goes on if it holds.
  /// - Returns: the jumps if it does not.
  mutating func emitWholeCheck(of place: Int, _ back: Int) -> [Int] {
    let group = plan.neighbours[place]
    var fails: [Int] = []
    emitLowest(group)
    assembler.bank(0x85, .rax, outside(group))
    let elsewhere = assembler.jump(.notEqual)
    assembler.address(.rcx, .rax, group.extent)
    assembler.bank(0x85, .rcx, RegisterBank.outside1)
    fails.append(assembler.jump(.notEqual))
    fails += emitFlagChecks(group, RegisterBank.flags)
    if place == stackNeighbours { assembler.move(.r13, .r12) }
    assembler.jump(to: back)
    guard place == stackNeighbours else { return fails + [elsewhere] }
    assembler.patchHere(elsewhere)
    // Tests the low bits of rax.
    assembler.byte(0xA8)
    assembler.byte(UInt8(truncatingIfNeeded: group.alignment - 1))
    fails.append(assembler.jump(.notEqual))
    for distance in [0, group.extent] {
      assembler.address(.rcx, .rax, distance)
      assembler.bank(X86Operation.sub.opcode, .rcx, RegisterBank.windowStart)
      assembler.bank(X86Operation.cmp.opcode, .rcx, RegisterBank.windowSize)
      fails.append(assembler.jump(.notBelow))
    }
    fails += emitFlagChecks(group, RegisterBank.windowFlags)
    assembler.bank(0x8B, .r13, RegisterBank.windowBase)
    assembler.jump(to: back)
    return fails
  }

  /// Checks the pages that neighbours store to: the first and the last byte's, since they take less than a page.
  private mutating func emitFlagChecks(_ group: AccessPlan.Neighbours, _ flags: UInt8) -> [Int] {
    guard let stored = group.stored else { return [] }
    return [stored.lowerBound, stored.upperBound].map { offset in
      assembler.address(.rcx, .rax, offset - group.low)
      emitFlagCheck(of: .rcx, of: flags)
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
