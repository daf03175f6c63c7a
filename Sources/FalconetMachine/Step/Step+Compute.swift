extension Step {
  /// Instructions that touch registers only.
  static func compute(
    _ row: InstructionDecoder.Row, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let (hi, lo) = environment.hiLo(as: Word.self)
    let effect = Computation.effect(
      row.operation, environment.register(instruction.rs, as: Word.self),
      environment.register(instruction.rt, as: Word.self), row.fields.immediate(of: instruction),
      hi: hi, lo: lo)
    switch effect {
    case .result(let value):
      environment.setRegister(row.fields.destination(of: instruction), value)
    case .hiLo(let hi, let lo):
      environment.setHiLo(hi, lo)
      environment.setRegister(row.fields.destination(of: instruction), 0 as Word)
    case .nothing, .notComputed: break
    case .divisionByZero: throw .panic(.divisionByZero(instruction.bits))
    }
    environment.advance(Word.self)
  }
}
