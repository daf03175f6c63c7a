extension Step {
  /// Instructions that touch registers only.
  static func compute(
    _ operation: Operation, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let effect = Computation.effect(
      operation, environment.register(instruction.rs, as: Word.self),
      environment.register(instruction.rt, as: Word.self), operation.immediate(of: instruction),
      hi: Word(truncatingIfNeeded: environment.thread.hi),
      lo: Word(truncatingIfNeeded: environment.thread.lo))
    switch effect {
    case .result(let value):
      environment.setRegister(operation.destination(of: instruction), value)
    case .hiLo(let hi, let lo):
      environment.thread.hi = UInt64(hi)
      environment.thread.lo = UInt64(lo)
      environment.setRegister(operation.destination(of: instruction), 0 as Word)
    case .nothing, .notComputed: break
    case .divisionByZero: throw .panic(.divisionByZero(instruction.bits))
    }
    environment.advance(Word.self)
  }
}
