/// Calls and returns of the guest are calls and returns of the host, whose processor then foresees where they go.
///
/// A return goes to the code behind the call that was made last, which compares the guest's address with the one that it
/// is for. If they differ, as they do after a switch of stacks, it jumps through the table of blocks, and forgets all
/// calls. So does the end of a run. The first entry is one that no call made.
///
/// The host's stack is a multiple of 8 while translated code runs; see ``emitFunctionCall(_:)``.
extension X86Emitter {
  static let firstCallBytes: Int32 = 8
  /// Bytes of the host's stack for calls. If they are used up, all are forgotten. What a system call calls has its frames
  /// below them, so they are a small part of the stack that a calling thread must have.
  private static let mostBytes: Int32 = 8 << 10

  /// Part of the entry: the entry that no call made.
  mutating func emitFirstCall() {
    pushFirstReturn()
    assembler.bank(0x89, .rsp, RegisterBank.callsTop)
    assembler.move(.rax, .rsp)
    assembler.immediate(.sub, .rax, Self.mostBytes)
    assembler.bank(0x89, .rax, RegisterBank.callsLimit)
  }

  /// Pushes the address of the code for the entry that no call made, which stands before here.
  private mutating func pushFirstReturn() {
    assembler.byte(0x48)
    assembler.byte(0x8D)
    assembler.byte(0x05)
    assembler.int32(Int32(truncatingIfNeeded: firstReturn - assembler.position - 4))
    assembler.push(.rax)
  }

  /// The code of returns that no call matches: forgets all calls, and goes to the address in rax.
  mutating func emitMissedReturn() {
    firstReturn = assembler.position
    // The return took its entry.
    pushFirstReturn()
    load(.rax, from: Block.linkRegister)
    missedReturn = assembler.position
    assembler.bank(0x8B, .rsp, RegisterBank.callsTop)
    let missing = emitTableJump(.rax, isCall: false)
    assembler.patchHere(missing)
    emitExit(.unprepared)
    assembler.align()
  }

  /// A call of the block that `exit` goes to.
  mutating func emitCall(
    _ exit: BlockExit, returningTo returnAddress: UInt64, _ immediate: Int32,
    _ cache: inout BlockCache
  ) {
    assembler.bank(X86Operation.cmp.opcode, .rsp, RegisterBank.callsLimit)
    slowPaths.append(.forgetCalls(assembler.jump(.below), back: assembler.position))
    switch exit {
    case .jump(let pc): link(assembler.call(), to: pc, &cache)
    case .indirect(let register):
      let address = held(register, in: .rax)
      let missing = emitTableJump(address, isCall: true)
      slowPaths.append(.exitAtRegister(missing, address))
    case .branch, .leave, .systemCall: break
    }
    let address = held(Block.linkRegister, in: .rax)
    assembler.immediate(.cmp, address, immediate)
    slowPaths.append(.missedReturn(assembler.jump(.notEqual), address))
    emitLast(to: returnAddress, &cache)
  }

  /// A jump or call through the table of blocks: place (pc / 4) modulo its size, 16 bytes each.
  ///
  /// - Returns: the jump if the table does not have the address.
  @discardableResult
  mutating func emitTableJump(_ address: X86Register, isCall: Bool) -> Int {
    assembler.registers(0x8B, .rcx, address, wide: false)
    // The place times 4, since the address is.
    assembler.single(0x81, X86Operation.and.number, .rcx, wide: false)
    assembler.int32(Int32((JumpTable.count - 1) << 2))
    assembler.bank(0x8B, .rdx, RegisterBank.jumpTable)
    // Compares the address with the one of the entry at rdx + 4 * rcx, and goes to its code.
    assembler.scaled(X86Operation.cmp.opcode, address.rawValue, base: .rdx, index: .rcx)
    let missing = assembler.jump(.notEqual)
    let (callTo, jumpTo): (UInt8, UInt8) = (2, 4)
    assembler.scaled(
      0xFF, isCall ? callTo : jumpTo, base: .rdx, index: .rcx,
      displacement: UInt8(JumpTable.codeOffset), wide: false)
    return missing
  }
}
