/// What executes blocks of one thread between events.
///
/// ``EngineCore`` has what all engines share; an engine writes code for blocks, and runs it.
protocol BlockEngine: EngineCore {
  var kind: EngineKind { get }

  /// Whether there may be no room for another block.
  var isFull: Bool { get }

  /// How many blocks are written that were not asked for: those that calls return to.
  var mostAhead: Int { get }

  /// Writes code for a block in a form, and inserts it into ``EngineCore/cache``.
  ///
  /// - Returns: its place.
  func write(_ block: Block, _ form: BlockForm) -> Int

  /// Makes a detour of the start of a forgotten block's code: see ``BlockCache``.
  func forget(_ block: BlockCache.ForgottenBlock)

  /// Reuses the memory of all code, which ``EngineCore/cache`` has discarded.
  func discardCode()

  /// Runs the code at a place, and that of the blocks that follow, until one of them doesn't fit into the
  /// budget or isn't there. Sets ``RegisterBank/budget``, ``RegisterBank/end`` and
  /// ``RegisterBank/reason``.
  ///
  /// - Parameter form: that of the block at the place. If it is ``BlockForm/checked``, the last call ended by asking
  ///   for this block, or ``EngineCore/holdsFrame()`` said no.
  func enter(_ place: Int, _ form: BlockForm, budget: UInt64)

  /// Executes until `target` steps are executed in all, or until something else asks for a stop.
  ///
  /// - Returns: why it stopped; nil if it did so because the machine has to make another engine.
  func run(
    to target: UInt64, stopAfterPreimageRead: Bool
  ) throws(MachineError) -> StopReason?

  /// Executes blocks of the active thread until one of them doesn't fit, or is left to the plain step;
  /// maybe none.
  func runActiveThread(to target: UInt64)
}

extension BlockEngine {
  func run(
    to target: UInt64, stopAfterPreimageRead: Bool
  ) throws(MachineError) -> StopReason? {
    switch memory.wordSize {
    case .bits32: try run(UInt32.self, to: target, stopAfterPreimageRead)
    case .bits64: try run(UInt64.self, to: target, stopAfterPreimageRead)
    }
  }

  private func run<Word: MachineWord>(
    _ word: Word.Type, to target: UInt64, _ stopAfterPreimageRead: Bool
  ) throws(MachineError) -> StopReason? {
    precondition(self.run == nil, "a machine does not run while it runs")
    let machine = machine
    let running = RunningMachine(machine)
    let generation = machine.engineGeneration
    running.loadThread()
    self.run = CurrentRun(
      running: .passUnretained(running), target: target,
      stopAfterPreimageRead: stopAfterPreimageRead, generation: generation)
    defer {
      self.run = nil
      running.saveThread()
    }
    // Steps that are too few for a block, and for which the scheduler has nothing to do.
    var tail: UInt64 = 0
    while !machine.state.scalars.exited {
      guard machine.state.scalars.step != target else { return .step }
      machine.turns &+= 1
      if machine.turns == 0 {
        running.saveThread()
        if machine.shouldInterrupt() { return .interrupted }
      }
      var isExecuted = false
      if tail == 0 {
        let budget = running.budget(to: target)
        if budget > 0 {
          if let unused = runBlocks(running, budget) { tail = unused } else { isExecuted = true }
          if let failure = takeFailure() { throw failure }
        } else if running.mayBeIdle {
          try running.executeRounds(word, to: target)
        }
        guard isExecuted || machine.state.scalars.step != target else { return .step }
      }
      if tail > 0, machine.stopRange == nil {
        let executed = try running.stepOrdinary(atMost: tail, word)
        tail -= executed
        machine.lastReadOffset = nil
        isExecuted = executed > 0
      }
      if !isExecuted {
        // What follows another step than an ordinary one may be anything, but this one asks the scheduler.
        tail = tail > 0 && machine.stopRange != nil ? tail - 1 : 0
        if machine.stopRange != nil {
          running.saveThread()
          if machine.isInStopRange { return .stopRange }
        }
        machine.lastReadOffset = nil
        try running.step(word)
      }
      if stopAfterPreimageRead, machine.lastReadOffset != nil, !machine.state.scalars.exited {
        return .preimageRead
      }
      // Whoever was called may have changed what the engine was made for.
      guard machine.engineGeneration == generation else { return nil }
    }
    return .exited
  }

  func runActiveThread(to target: UInt64) {
    let running = RunningMachine(machine)
    running.loadThread()
    let budget = running.budget(to: target)
    guard budget > 0 else { return }
    _ = runBlocks(running, budget)
    running.saveThread()
  }

  /// Executes at most `budget` steps of the active thread, maybe none.
  ///
  /// - Returns: how many of the next steps to execute without code: they are too few for the block that comes next, or
  ///   are what a block had left that didn't fit. Nil if code came to a system call last, and it was executed or failed.
  /// - Precondition: the scheduler has nothing to do for `budget` steps, and the thread is not in a
  ///   delay slot.
  @inline(__always)
  private func runBlocks(_ running: RunningMachine, _ budget: UInt64) -> UInt64? {
    if memory.hasStaleCode { forgetStaleCode() }
    if wantsNewCode(after: executed) { discardBlocks() }
    let start = running.scalars.step
    defer { executed &+= running.scalars.step &- start }
    deadline = running.scalars.step &+ budget
    let mask = memory.wordSize.mask
    var pc = running.place.pc
    var unused = budget
    var form = BlockForm.usual
    var tail: UInt64 = 0
    while true {
      var found = cache.enter(pc, form)
      if found == nil {
        if form == .usual, let rest = cuts.take(pc) {
          tail = min(rest, unused)
          break
        }
        found = prepare(pc, form)
      }
      guard var block = found else { break }
      stack.revalidate()
      if form == .usual, !holdsFrame() {
        form = .checked
        guard let checked = cache.enter(pc, form) ?? prepare(pc, form) else { break }
        block = checked
        // Decoding it may have made code of the page of its delay slot, which may be one of the range.
        stack.revalidate()
      }
      enter(block, form, budget: unused)
      unused = bank[RegisterBank.budget]
      pc = bank[RegisterBank.end] & mask
      let reason = bank[RegisterBank.reason]
      if reason == EngineExit.stepped.rawValue { return nil }
      form = reason == EngineExit.checked.rawValue ? .checked : .usual
      if reason == EngineExit.budget.rawValue {
        tail = unused
        cuts.note(pc, length: bank[RegisterBank.unfit], executed: unused)
      }
      guard form == .checked || reason == EngineExit.unprepared.rawValue, pc & 3 == 0 else { break }
    }
    running.place = (pc, (pc &+ 4) & mask)
    running.count(deadline &- unused &- running.scalars.step)
    return tail
  }

  /// How a system call in code failed, once.
  private func takeFailure() -> MachineError? {
    guard failure != nil else { return nil }
    defer { failure = nil }
    return failure
  }

  @inline(never)
  private func prepare(_ pc: UInt64, _ form: BlockForm) -> Int? {
    if isFull { discardBlocks() }
    guard decode(at: pc) else { return nil }
    let place = write(decoder.block, form)
    if form == .usual { writeAhead() }
    return place
  }

  /// Writes the blocks that calls return to right behind them.
  private func writeAhead() {
    for _ in 0..<mostAhead {
      guard let pc = decoder.block.returnAddress, cache[pc, .usual] == nil, !isFull,
        decode(at: pc)
      else { return }
      _ = write(decoder.block, .usual)
    }
  }

  /// Decodes the block at an address.
  ///
  /// - Returns: whether there is one.
  private func decode(at pc: UInt64) -> Bool {
    guard cache.admits(pc) else { return false }
    return decoder.decode(at: pc, page: memory.page(pc >> 12)) { slot in
      cache.admits(slot, reachedFrom: pc) ? memory.page(slot >> 12) : nil
    }
  }

  /// Leaves the instructions at some addresses, and at no others, to the plain step.
  func setStops(_ addresses: Set<UInt64>) {
    guard decoder.stopAddresses != addresses else { return }
    decoder.stopAddresses = addresses
    discardBlocks()
  }

  /// Has loads leave watched bytes to the plain step, or not.
  func setLoadChecks(_ checks: Bool) {
    guard checksLoads != checks else { return }
    checksLoads = checks
    decoder.keepsLoads = checks
    discardBlocks()
  }
}
