extension X86Emitter {
  /// The check that neighbours share, in the case that programs have most of the time: flat addresses, in one page
  /// if any is stored to.
  mutating func emitCheck(of place: Int, before operation: DecodedOperation) {
    let group = plan.neighbours[place]
    if group.isNear(margin: margin) { return emitNearCheck(of: place, before: operation) }
    emitLowest(group)
    var jumps = X86Jumps()
    if group.stored == nil {
      assembler.address(.rcx, .rax, group.extent)
      assembler.registers(X86Operation.or.opcode, .rcx, .rax)
      assembler.bank(0x85, .rcx, outside(group.alignment))
      jumps.append(assembler.jump(.notEqual))
    } else {
      assembler.bank(0x85, .rax, outside(group.alignment))
      jumps.append(assembler.jump(.notEqual))
      emitPageCheck(group.extent, &jumps)
    }
    slowPaths.append(
      .neighbours(jumps, place, remaining: operation.remaining, back: assembler.position))
  }

  /// The check of neighbours whose addresses are as they should be if the register's value is: see
  /// ``AccessPlan/Neighbours/isNear(margin:)``.
  private mutating func emitNearCheck(of place: Int, before operation: DecodedOperation) {
    let group = plan.neighbours[place]
    let register = held(group.register, in: .rdx)
    assembler.bank(0x85, register, outside(group.alignment))
    var jumps = X86Jumps(assembler.jump(.notEqual))
    if let stored = group.stored {
      let (first, last) = (
        stored.lowerBound - group.distance, stored.upperBound - group.distance
      )
      assembler.address(.rax, register, first)
      // What lies in one unit that the register's value is a multiple of lies in one page.
      let isOneUnit = first & -group.alignment == last & -group.alignment
      emitPageCheck(isOneUnit ? nil : last - first, &jumps)
    }
    slowPaths.append(
      .neighbours(jumps, place, remaining: operation.remaining, back: assembler.position))
  }

  /// Checks that the page of the address in rax is directly writable. If an extent is given, the address so much above
  /// it must lie in the same page. Adds the jumps that are taken if not.
  private mutating func emitPageCheck(_ extent: Int32?, _ jumps: inout X86Jumps) {
    if let extent {
      assembler.address(.rcx, .rax, extent)
      assembler.registers(X86Operation.xor.opcode, .rcx, .rax)
      assembler.immediate(.cmp, .rcx, 0xFFF)
      jumps.append(assembler.jump(.above))
    }
    emitFlagCheck(of: .rax)
    jumps.append(assembler.jump(.notEqual))
  }

  /// The check of neighbours in the other case that translated code covers: in two pages. If it does not hold, the code
  /// goes on behind the jump that follows.
  mutating func emitWholeCheck(of place: Int) {
    let group = plan.neighbours[place]
    emitLowest(group)
    // Distances from the lowest address, 12 bits each: to the highest, and to the first and the last byte that are
    // stored to.
    var distances = UInt64(group.extent)
    if let stored = group.stored {
      distances |= UInt64(stored.lowerBound - group.low) << 12
      distances |= UInt64(stored.upperBound - group.low) << 24
    }
    assembler.set(.rdx, to: distances)
    let thunk = Self.wholeChecks.firstIndex {
      $0.alignment == group.alignment && $0.isStored == (group.stored != nil)
    }
    assembler.call(wholeThunks[thunk ?? 0])
  }

  /// The kinds of checks of two pages, in the places of their thunks.
  static let wholeChecks = [1, 2, 4, 8].flatMap { (alignment: Int32) in
    [(alignment: alignment, isStored: false), (alignment: alignment, isStored: true)]
  }

  /// Checks the lowest address, in rax, and those at the distances in rdx. If the check does not hold, the code goes on
  /// behind the jump that follows the call. Keeps all registers but rcx and rdx.
  mutating func emitWholeThunk(_ alignment: Int32, _ isStored: Bool) -> Int {
    let place = assembler.position
    assembler.bank(0x85, .rax, outside(alignment))
    var fails = [assembler.jump(.notEqual)]
    emitDistance()
    assembler.bank(0x85, .rcx, RegisterBank.outside1)
    fails.append(assembler.jump(.notEqual))
    // All that is stored to takes less than a page, so it lies in the pages of its first and its last byte.
    for _ in 0..<(isStored ? 2 : 0) {
      assembler.shift(.right, .rdx, by: 12)
      emitDistance()
      emitFlagCheck(of: .rcx)
      fails.append(assembler.jump(.notEqual))
    }
    assembler.ret()
    for jump in fails { assembler.patchHere(jump) }
    assembler.returnBehindJump()
    assembler.align()
    return place
  }

  /// Sets rcx to the address that the low 12 bits of rdx say.
  private mutating func emitDistance() {
    assembler.registers(0x8B, .rcx, .rdx, wide: false)
    assembler.immediate(.and, .rcx, 0xFFF, wide: false)
    assembler.registers(X86Operation.add.opcode, .rcx, .rax)
  }

  /// Sets rax to the lowest address.
  private mutating func emitLowest(_ group: AccessPlan.Neighbours) {
    let register = held(group.register, in: .rax)
    assembler.address(.rax, register, group.low - group.distance)
  }

  private func outside(_ alignment: Int32) -> UInt8 {
    switch alignment {
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
