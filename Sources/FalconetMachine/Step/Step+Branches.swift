extension Step {
  /// Branches and jumps. The link, if there is one, is the address after the delay slot.
  static func branch(
    _ row: InstructionDecoder.Row, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let place = environment.place
    let pc = Word(truncatingIfNeeded: place.pc)
    let nextPC = Word(truncatingIfNeeded: place.nextPC)
    guard nextPC == pc &+ 4 else { throw .panic(.branchInDelaySlot(instruction.bits)) }

    let rs = environment.register(instruction.rs, as: Word.self)
    let target: Word
    switch row.kind {
    case .jump: target = jumpTarget(instruction, from: nextPC)
    case .branch(let condition, _):
      let rt = environment.register(instruction.rt, as: Word.self)
      let taken = isTaken(condition, rs, rt)
      target = taken ? nextPC &+ Word(extending: instruction.immediate) &<< 2 : nextPC &+ 4
    // Those that are no branches never come here.
    case .jumpRegister, .none, .trap, .systemCall, .register, .fromHiLo, .toHiLo, .immediate, .load,
      .store, .loadLinked, .storeConditional:
      target = rs
    }
    if row.kind.links {
      environment.setRegister(row.fields.destination(of: instruction), pc &+ 8)
    }
    environment.place = (UInt64(nextPC), UInt64(target))
  }

  /// Where `j` and `jal` go: inside the 256 MiB of the delay slot.
  @inline(__always)
  static func jumpTarget(_ instruction: Instruction, from nextPC: Word) -> Word {
    nextPC & Word(extending: 0xF000_0000 as UInt32) | Word(instruction.target << 2)
  }

  @inline(__always)
  static func isTaken(_ condition: BranchCondition, _ rs: Word, _ rt: Word) -> Bool {
    switch condition {
    case .equal: rs == rt
    case .notEqual: rs != rt
    case .notPositive: rs.signed <= 0
    case .positive: rs.signed > 0
    case .negative: rs.signed < 0
    case .notNegative: rs.signed >= 0
    case .never: false
    }
  }
}
