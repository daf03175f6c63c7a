extension Step {
  /// Instructions that touch registers only.
  static func compute(
    _ row: InstructionDecoder.Row, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let effect = Computation.effect(
      row.operation, environment.register(instruction.rs, as: Word.self),
      environment.register(instruction.rt, as: Word.self), row.kind.immediate(of: instruction),
      hi: Word(truncatingIfNeeded: environment.withThread { $0.hi }),
      lo: Word(truncatingIfNeeded: environment.withThread { $0.lo }))
    switch effect {
    case .result(let value):
      environment.setRegister(row.kind.destination(of: instruction), value)
    case .hiLo(let hi, let lo):
      environment.updateThread { thread in
        thread.hi = UInt64(hi)
        thread.lo = UInt64(lo)
      }
      environment.setRegister(row.kind.destination(of: instruction), 0 as Word)
    case .nothing, .notComputed: break
    case .divisionByZero: throw .panic(.divisionByZero(instruction.bits))
    }
    environment.advance(Word.self)
  }
}
