/// Checks of the stack pointer: see ``FramePlan`` and ``StackRange``.
extension X86Emitter {
  /// The check that a block makes itself.
  mutating func emitCheck(_ check: FramePlan.Check, before operation: DecodedOperation) {
    assembler.address(.rax, held(FramePlan.stackPointer, in: .rax), check.distance)
    // The stack pointer is a multiple of the unit, see ``FramePlan``.
    let jump = emitRangeTest(.rax, isMultiple: check.distance & (isWide ? 7 : 3) == 0)
    slowPaths.append(
      .frame(jump, check.distance, remaining: operation.remaining, back: assembler.position))
  }

  /// The check at the end of a block of which it is not known whether the stack pointer is a frame's.
  mutating func emitFrameEnd(_ exit: BlockExit) {
    switch exit {
    // The code behind the block is entered by the run, or after a system call, which both check it.
    case .leave, .systemCall: return
    case .jump, .branch, .indirect: break
    }
    // The flags of the last operation are gone.
    comparison = nil
    load(.rax, from: FramePlan.stackPointer)
    let jump = emitRangeTest(.rax)
    slowPaths.append(.frameEnd(jump, exit, back: assembler.position))
  }

  /// Goes on with the form of the next block that checks each access if `ll` took a page from the range.
  mutating func emitCheckAfterLink(_ operation: DecodedOperation) {
    guard isFramed else { return }
    // Compares the entry with a number. The operation's number stands in the place of a register's.
    assembler.bank(0x83, .rdi, RegisterBank.stackSize)
    assembler.byte(0)
    slowPaths.append(.emptyRange(assembler.jump(.equal), remaining: operation.remaining - 1))
  }

  /// Has the range cover the frames of the stack pointer and of a place at a distance from it. If it can't, the code goes
  /// on behind the jump that follows.
  mutating func emitCover(_ distance: Int32) {
    let stackPointer = held(FramePlan.stackPointer, in: .rax)
    assembler.address(.rax, stackPointer, min(distance, 0))
    assembler.set(.rdx, to: UInt64(distance.magnitude) + StackRange.frame)
    assembler.call(coverThunk)
  }

  /// Jumps away if an address that is not flat is no unit of the ``StackRange``. Most of what is accessed there are the
  /// arrays of a stack in the window.
  ///
  /// - Returns: the jump; nil, without code, if ``checksRange`` is false or it is no access of a whole unit.
  mutating func emitRangeCheck(_ address: X86Address, _ thunk: Int) -> Int? {
    guard checksRange, isWide, thunk == Self.thunk(of: .double) else { return nil }
    assembler.set(.rcx, to: address)
    return emitRangeTest(.rcx)
  }

  /// The same for unaligned values whose addresses are counted from a register.
  mutating func emitRangeCheck(_ values: UnalignedValues, _ base: X86Register) -> Int? {
    let unit: Int32 = 8
    guard checksRange, isWide, values.high - values.low <= Int32(StackRange.frame) - unit else {
      return nil
    }
    assembler.address(.rcx, base, values.low)
    assembler.immediate(.and, .rcx, -unit)
    return emitRangeTest(.rcx, isMultiple: true)
  }

  /// Jumps away if the range has no frame at an address. The register that held the address holds another number then.
  ///
  /// - Parameter isMultiple: whether the address is known to be a multiple of the unit.
  mutating func emitRangeTest(_ address: X86Register, isMultiple: Bool = false) -> Int {
    assembler.bank(X86Operation.sub.opcode, address, RegisterBank.stackStart)
    if isMultiple {
      assembler.bank(X86Operation.cmp.opcode, address, RegisterBank.stackBytes)
      return assembler.jump(.notBelow)
    }
    // Rotates to the right: what is no multiple of the unit becomes large.
    assembler.single(0xC1, 1, address)
    assembler.byte(isWide ? 3 : 2)
    assembler.bank(X86Operation.cmp.opcode, address, RegisterBank.stackSize)
    return assembler.jump(.notBelow)
  }

  private var isWide: Bool { mask == .max }
}
