/// What a step acts on while an engine runs a machine: the machine, with the active thread's registers in its
/// bank.
///
/// So no thread is copied when an engine's code is entered, nor for a step in between: a system call, a step of the
/// scheduler, an instruction that no block holds. The thread gets its registers back before anyone looks at the
/// machine, and when another thread becomes active.
final class RunningMachine: StepEnvironment {
  let machine: Machine
  private let memory: Memory
  private let bank: RegisterBank
  private let wordSize: WordSize
  /// How often in a row a waiting thread was active when a budget was asked for.
  var waitingSteps = 0
  let rules: Rules
  let decoder: InstructionDecoder
  var place: (pc: UInt64, nextPC: UInt64) = (0, 4)

  init(_ machine: Machine) {
    self.machine = machine
    memory = machine.memory
    bank = machine.bank
    wordSize = machine.rules.wordSize
    rules = machine.rules
    decoder = machine.decoder
  }

  // MARK: Running

  /// Executes one step.
  func step<Word: MachineWord>(_ word: Word.Type) throws(MachineError) {
    let scalars = machine.state.scalars
    machine.firstWrite = nil
    do throws(StepError) {
      try Step<Word, RunningMachine>.run(in: self)
      memory.guardPage(of: machine.state.scalars.reservation.address)
    } catch {
      saveThread()
      machine.undo(scalars)
      throw machine.located(error)
    }
  }

  /// Executes steps of the active thread as long as they are ordinary. Of ``step(_:)`` it does what such steps need.
  ///
  /// - Precondition: the scheduler has nothing to do for `count` steps.
  /// - Returns: how many.
  func stepOrdinary<Word: MachineWord>(
    atMost count: UInt64, _ word: Word.Type
  ) throws(MachineError) -> UInt64 {
    var executed: UInt64 = 0
    while executed < count {
      let reservation = machine.state.scalars.reservation
      do throws(StepError) {
        guard try Step<Word, RunningMachine>.runOrdinary(in: self) else { break }
      } catch {
        machine.state.scalars.reservation = reservation
        self.count(executed)
        saveThread()
        throw machine.located(error)
      }
      executed += 1
      if machine.state.scalars.reservation != reservation {
        memory.guardPage(of: machine.state.scalars.reservation.address)
      }
    }
    self.count(executed)
    return executed
  }

  /// How many steps the active thread can run with nothing for the scheduler to do; 0 if the next step isn't
  /// one of a block.
  func budget(to target: UInt64) -> UInt64 {
    let side = machine.state.scalars.activeSide
    // Engines take register 0 to be zero. Only a snapshot can have set it.
    guard !machine.state.threads.isEmpty(side), place.pc & 3 == 0,
      place.nextPC == (place.pc &+ 4) & wordSize.mask, bank[0] == 0
    else { return 0 }
    let steps = target &- machine.state.scalars.step
    let quantum = Step<UInt64, Machine>.quantum
    let sinceSwitch = machine.state.scalars.stepsSinceContextSwitch
    switch rules.threading {
    // With no quantum, a bound makes sure that an interruption is noticed.
    case .single: return machine.withThread { $0.exited } ? 0 : min(steps, quantum)
    case .yieldingFutex:
      guard sinceSwitch < quantum, !machine.withThread({ $0.exited }) else { return 0 }
    case .blockingFutex:
      let none = ThreadState.noFutex(wordSize)
      guard machine.withThread({ $0.futexAddress == none }) else {
        waitingSteps += 1
        return 0
      }
      waitingSteps = 0
      guard sinceSwitch < quantum, machine.state.scalars.wakeup == none,
        !machine.withThread({ $0.exited })
      else { return 0 }
    }
    return min(steps, quantum - sinceSwitch)
  }

  /// Counts steps that were executed in blocks.
  @inline(__always)
  func count(_ steps: UInt64) {
    machine.state.scalars.step &+= steps
    if rules.threading != .single { machine.state.scalars.stepsSinceContextSwitch &+= steps }
  }

  // MARK: The active thread

  @inline(__always)
  func register<Word: MachineWord>(_ index: Int, as word: Word.Type) -> Word {
    Word(truncatingIfNeeded: bank[UInt8(truncatingIfNeeded: index & 31)])
  }

  @inline(__always)
  func setRegister(_ index: Int, _ value: some MachineWord) {
    guard index != 0 else { return }
    bank[UInt8(truncatingIfNeeded: index & 31)] = UInt64(truncatingIfNeeded: value.signed)
  }

  @inline(__always)
  func hiLo<Word: MachineWord>(as word: Word.Type) -> (hi: Word, lo: Word) {
    (
      Word(truncatingIfNeeded: bank[RegisterBank.hi]),
      Word(truncatingIfNeeded: bank[RegisterBank.lo])
    )
  }

  @inline(__always)
  func setHiLo<Word: MachineWord>(_ hi: Word, _ lo: Word) {
    bank[RegisterBank.hi] = UInt64(truncatingIfNeeded: hi.signed)
    bank[RegisterBank.lo] = UInt64(truncatingIfNeeded: lo.signed)
  }

  func saveThread() {
    let side = machine.state.scalars.activeSide
    guard !machine.state.threads.isEmpty(side) else { return }
    machine.state.threads.updateTop(side) { thread in
      bank.store(into: &thread, wordSize)
      (thread.pc, thread.nextPC) = place
    }
  }

  func loadThread() {
    let side = machine.state.scalars.activeSide
    guard !machine.state.threads.isEmpty(side) else { return }
    machine.state.threads.withTop(side) { thread in
      bank.load(thread, wordSize)
      place = (thread.pc, thread.nextPC)
    }
  }

  // MARK: The machine

  @inline(__always)
  var scalars: Scalars {
    get { machine.state.scalars }
    _modify { yield &machine.state.scalars }
  }

  @inline(__always)
  var threads: ThreadTable {
    get { machine.state.threads }
    _modify { yield &machine.state.threads }
  }

  @inline(__always)
  func fetch(at pc: UInt64) throws(StepError) -> UInt32 { memory.load32(pc) }

  @inline(__always)
  func loadWord(at address: UInt64, _ slot: MemorySlot) throws(StepError) -> UInt64 {
    memory.loadWord(at: address)
  }

  @inline(__always)
  func storeWord(_ value: UInt64, at address: UInt64, _ slot: MemorySlot) throws(StepError) {
    try machine.storeWord(value, at: address, slot)
  }

  func readPreimage() throws(StepError) -> (bytes: UInt64, count: UInt64) {
    // The source may look at the machine.
    if machine.state.scalars.preimageKey != machine.preimage.key { saveThread() }
    return try machine.readPreimage()
  }

  func writeHint(at address: UInt64, count: UInt64) throws(StepError) {
    saveThread()
    try machine.writeHint(at: address, count: count)
  }

  func writeOutput(_ stream: GuestStream, at address: UInt64, count: UInt64) {
    saveThread()
    machine.writeOutput(stream, at: address, count: count)
  }

  func note(_ event: StepEvent) { machine.note(event) }
}
