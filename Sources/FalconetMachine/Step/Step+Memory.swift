extension Step {
  @inline(__always)
  private static func effectiveAddress(
    _ instruction: Instruction, _ environment: Environment
  ) -> Word {
    environment.register(instruction.rs, as: Word.self) &+ Word(extending: instruction.immediate)
  }

  /// Loads, into register 0 as well: the access is part of the proof.
  static func load(
    _ operation: Operation, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let address = effectiveAddress(instruction, environment)
    let word = try loadWord(at: address, environment)
    let old = environment.register(instruction.rt, as: Word.self)
    environment.setRegister(
      instruction.rt, SubWord.load(operation, from: word, at: address, into: old))
    environment.advance(Word.self)
  }

  static func store(
    _ operation: Operation, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let address = effectiveAddress(instruction, environment)
    let word = try loadWord(at: address, environment)
    let value = environment.register(instruction.rt, as: Word.self)
    let result = SubWord.store(operation, of: value, into: word, at: address)
    try storeWord(result, at: address.alignedToWord, .first, environment)
    environment.advance(Word.self)
  }

  /// `ll`, `lld`, `sc` and `scd`.
  static func readModifyWrite(
    _ operation: Operation, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let address = effectiveAddress(instruction, environment)
    let isDouble = operation == .lld || operation == .scd
    let status: UInt8 = isDouble ? 2 : 1
    let thread = environment.withThread { $0.id }
    let reservation = Reservation(status: status, address: UInt64(address), owner: thread)
    let result: Word
    if operation == .ll || operation == .lld {
      let word = try loadWord(at: address, environment)
      result = SubWord.load(operation, from: word, at: address, into: 0)
      if environment.rules.hasReservations {
        environment.scalars.reservation = reservation
        environment.note(.loadLinked(thread: thread))
      }
    } else if !environment.rules.hasReservations || environment.scalars.reservation == reservation {
      let word = try loadWord(at: address, environment)
      let value = environment.register(instruction.rt, as: Word.self)
      environment.scalars.reservation = Reservation()
      try environment.storeWord(
        UInt64(SubWord.store(operation, of: value, into: word, at: address)),
        at: UInt64(address.alignedToWord), .first)
      result = 1
      if environment.rules.hasReservations {
        environment.note(.storeConditional(thread: thread, succeeded: true))
      }
    } else {
      result = 0
      environment.note(.storeConditional(thread: thread, succeeded: false))
    }
    environment.setRegister(instruction.rt, result)
    environment.advance(Word.self)
  }

  /// The word that holds `address`, as the step's first access.
  static func loadWord(at address: Word, _ environment: Environment) throws(StepError) -> Word {
    Word(truncatingIfNeeded: try environment.loadWord(at: UInt64(address.alignedToWord), .first))
  }

  /// Writes a word, and ends a reservation of it, whoever holds it.
  static func storeWord(
    _ value: Word, at address: Word, _ slot: MemorySlot, _ environment: Environment
  ) throws(StepError) {
    if environment.rules.hasReservations,
      environment.scalars.reservation.covers(wordAt: UInt64(address), in: Word.size)
    {
      environment.scalars.reservation = Reservation()
      environment.note(.reservationEnded)
    }
    try environment.storeWord(UInt64(value), at: UInt64(address), slot)
  }
}
