extension Step {
  /// Branches and jumps. The link, where there is one, is the address after the delay slot.
  static func branch(
    _ operation: Operation, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let pc = Word(truncatingIfNeeded: environment.thread.pc)
    let nextPC = Word(truncatingIfNeeded: environment.thread.nextPC)
    guard nextPC == pc &+ 4 else { throw .panic(.branchInDelaySlot(instruction.bits)) }

    let rs = environment.register(instruction.rs, as: Word.self)
    let target: Word
    switch operation {
    case .j, .jal: target = jumpTarget(instruction, from: nextPC)
    case .jr, .jalr: target = rs
    default:
      let rt = environment.register(instruction.rt, as: Word.self)
      let taken = isTaken(operation, rs, rt)
      target = taken ? nextPC &+ Word(extending: instruction.immediate) &<< 2 : nextPC &+ 4
    }
    switch operation {
    case .jal, .bltzal, .bgezal: environment.setRegister(31, pc &+ 8)
    case .jalr: environment.setRegister(instruction.rd, pc &+ 8)
    default: break
    }
    environment.thread.pc = UInt64(nextPC)
    environment.thread.nextPC = UInt64(target)
  }

  /// Where `j` and `jal` go: inside the 256 MiB of the delay slot.
  @inline(__always)
  static func jumpTarget(_ instruction: Instruction, from nextPC: Word) -> Word {
    nextPC & Word(extending: 0xF000_0000 as UInt32) | Word(instruction.target << 2)
  }

  /// Whether a conditional branch is taken.
  @inline(__always)
  static func isTaken(_ operation: Operation, _ rs: Word, _ rt: Word) -> Bool {
    switch operation {
    case .beq: rs == rt
    case .bne: rs != rt
    case .blez: rs.signed <= 0
    case .bgtz: rs.signed > 0
    case .bltz, .bltzal: rs.signed < 0
    case .bgez, .bgezal: rs.signed >= 0
    default: false
    }
  }
}
