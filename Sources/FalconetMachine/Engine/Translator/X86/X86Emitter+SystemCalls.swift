/// System calls are calls back after which the code goes on. So neither the run ends, nor are the calls on the host's
/// stack forgotten.
extension X86Emitter {
  /// Executes the system call at the address in rax. The code behind the call of this goes on at the next instruction.
  /// If the run ends or goes on elsewhere, this does not return. The registers are in the bank meanwhile.
  mutating func emitSystemCallThunk() -> Int {
    let place = assembler.position
    assembler.push(.rax)
    savePinned()
    assembler.bank(0x8B, .rdi, RegisterBank.owner)
    assembler.move(.rsi, .rax)
    assembler.move(.rdx, .r14)
    let function: CallBack.SystemCall = CallBack.systemCall
    emitFunctionCall(UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
    // Another thread may be active, and the stack's range may have moved.
    loadPinned()
    assembler.bank(0x8B, .r13, RegisterBank.stackBase)
    assembler.pop(.rdx)
    assembler.test(.rax)
    let away = assembler.jump(.negative)
    assembler.move(.r14, .rax)
    assembler.ret()
    assembler.patchHere(away)
    for outcome in [SystemCallOutcome.left, .executed] {
      assembler.immediate(.cmp, .rax, Int32(outcome.rawValue))
      let other = assembler.jump(.notEqual)
      assembler.move(.rax, .rdx)
      assembler.jump(to: exits[Int((outcome == .left ? EngineExit.leave : .stepped).rawValue)])
      assembler.patchHere(other)
    }
    assembler.bank(0x8B, .r14, RegisterBank.budget)
    assembler.bank(0x8B, .rax, RegisterBank.end)
    assembler.jump(to: missedReturn)
    assembler.align()
    return place
  }
}
