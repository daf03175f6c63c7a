extension Step {
  @inline(__always)
  private static func effectiveAddress(
    _ instruction: Instruction, _ environment: Environment
  ) -> Word {
    environment.register(instruction.rs, as: Word.self) &+ Word(extending: instruction.immediate)
  }

  /// Loads, into register 0 as well: the access is part of the proof.
  static func load(
    _ access: AccessKind, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let address = effectiveAddress(instruction, environment)
    let word = try loadWord(at: address, environment)
    let old = environment.register(instruction.rt, as: Word.self)
    environment.setRegister(
      instruction.rt, SubWord.load(access, from: word, at: address, into: old))
    environment.advance(Word.self)
  }

  static func store(
    _ access: AccessKind, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let address = effectiveAddress(instruction, environment)
    let word = try loadWord(at: address, environment)
    let value = environment.register(instruction.rt, as: Word.self)
    let result = SubWord.store(access, of: value, into: word, at: address)
    try storeWord(result, at: address.alignedToWord, .first, environment)
    environment.advance(Word.self)
  }

  /// The reservation of the active thread that a read-modify-write instruction makes or needs.
  private static func reservation(
    _ access: AccessKind, at address: Word, _ environment: Environment
  ) -> Reservation {
    Reservation(
      status: Reservation.status(access.size), address: UInt64(address),
      owner: environment.withThread { $0.id })
  }

  /// `ll` and `lld`.
  static func loadLinked(
    _ access: AccessKind, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let address = effectiveAddress(instruction, environment)
    let word = try loadWord(at: address, environment)
    if environment.rules.hasReservations {
      let reservation = reservation(access, at: address, environment)
      environment.scalars.reservation = reservation
      environment.note(.loadLinked(thread: reservation.owner))
    }
    environment.setRegister(
      instruction.rt, SubWord.load(access, from: word, at: address, into: 0))
    environment.advance(Word.self)
  }

  /// `sc` and `scd`. A machine without reservations always stores.
  static func storeConditional(
    _ access: AccessKind, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let address = effectiveAddress(instruction, environment)
    let reservation = reservation(access, at: address, environment)
    let keeps = environment.rules.hasReservations
    let succeeds = !keeps || environment.scalars.reservation == reservation
    if succeeds {
      let word = try loadWord(at: address, environment)
      let value = environment.register(instruction.rt, as: Word.self)
      environment.scalars.reservation = Reservation()
      try environment.storeWord(
        UInt64(SubWord.store(access, of: value, into: word, at: address)),
        at: UInt64(address.alignedToWord), .first)
    }
    if keeps {
      environment.note(.storeConditional(thread: reservation.owner, succeeded: succeeds))
    }
    environment.setRegister(instruction.rt, (succeeds ? 1 : 0) as Word)
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
