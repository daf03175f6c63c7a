/// One step of the machine: the one place where the semantics of instructions, system calls and the
/// scheduler stand.
///
/// Generic over the word, so that 32- and 64-bit machines share it, and over the environment, so that
/// a machine, a proof's maker and its verifier do. What a version does differently is read from
/// `environment.rules`.
package enum Step<Word: MachineWord, Environment: StepEnvironment> {
  /// Steps a thread may run before it is preempted.
  static var quantum: UInt64 { 100_000 }

  /// Executes one step.
  ///
  /// - Precondition: the state has not exited.
  /// - Throws: ``StepError``. Scalars may then be changed in part, and one word of memory; registers and
  ///   thread stacks are not. The caller restores the former.
  package static func run(in environment: Environment) throws(StepError) {
    environment.scalars.step &+= 1
    let side = environment.scalars.activeSide
    guard !environment.threads.isEmpty(side) else { throw .panic(.noThread) }
    if environment.rules.threading != .single, try runScheduler(environment) { return }
    try execute(environment)
  }

  /// The instruction at the active thread's pc.
  private static func execute(_ environment: Environment) throws(StepError) {
    let pc = environment.place.pc
    guard pc & 3 == 0 else { throw .panic(.misalignedFetch) }
    let instruction = Instruction(try environment.fetch(at: pc))
    try execute(environment.decoder[instruction], instruction, environment)
  }

  @inline(__always)
  private static func execute(
    _ row: InstructionDecoder.Row, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    switch row.kind {
    case .none: throw .panic(.unknownInstruction(instruction.bits))
    case .trap: throw .panic(.breakInstruction)
    case .systemCall: try systemCall(environment)
    case .register, .fromHiLo, .toHiLo, .immediate: try compute(row, instruction, environment)
    case .load(let access): try load(access, instruction, environment)
    case .store(let access): try store(access, instruction, environment)
    case .loadLinked(let access): try loadLinked(access, instruction, environment)
    case .storeConditional(let access): try storeConditional(access, instruction, environment)
    case .jump, .jumpRegister, .branch: try branch(row, instruction, environment)
    }
  }

  /// Executes the next instruction if it is an ordinary one, see ``InstructionKind/isOrdinary``, but does not count it.
  ///
  /// - Precondition: the scheduler has nothing to do.
  /// - Returns: whether it did.
  /// - Throws: ``StepError``. A reservation may then have ended, and nothing else has changed.
  @inline(__always)
  static func runOrdinary(in environment: Environment) throws(StepError) -> Bool {
    let pc = environment.place.pc
    guard pc & 3 == 0 else { return false }
    let instruction = Instruction(try environment.fetch(at: pc))
    let row = environment.decoder[instruction]
    guard row.kind.isOrdinary else { return false }
    try execute(row, instruction, environment)
    return true
  }
}

/// The active thread, as the step reads and writes it.
extension StepEnvironment {
  /// Its registers may be others: see ``saveThread()``.
  @inline(__always) var thread: ThreadState {
    get { threads[top: scalars.activeSide] }
    _modify { yield &threads[top: scalars.activeSide] }
  }

  /// What `body` makes of the active thread, whose registers may be others. Copies nothing.
  @inline(__always) func withThread<Result>(_ body: (borrowing ThreadState) -> Result) -> Result {
    threads.withTop(scalars.activeSide, body)
  }

  /// Changes the active thread in place, but for its registers.
  @inline(__always) func updateThread(_ body: (inout ThreadState) -> Void) {
    threads.updateTop(scalars.activeSide, body)
  }

  /// Moves the active thread on to its next instruction.
  @inline(__always) func advance<Word: MachineWord>(_ word: Word.Type) {
    let next = Word(truncatingIfNeeded: place.nextPC)
    place = (UInt64(next), UInt64(next &+ 4))
  }
}
