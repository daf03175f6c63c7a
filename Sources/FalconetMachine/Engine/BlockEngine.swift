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

/// The machine that an engine works for, its blocks, and how to execute an operation without code.
///
/// Safety: a machine owns its engine, so it outlives it.
class EngineCore {
  private let owner: Unmanaged<Machine>
  let memory: Memory
  let bank: RegisterBank
  final var cache: BlockCache
  final var stack: StackRange
  fileprivate final var decoder: BlockDecoder
  /// The step at which the budget of the current run is used up.
  final var deadline: UInt64 = 0
  /// How many steps code has executed.
  fileprivate final var executed: UInt64 = 0
  /// The current run, if its code may execute system calls.
  fileprivate(set) final var run: CurrentRun?
  /// How the system call failed that code executed last.
  final var failure: MachineError?
  /// Whether all blocks were discarded since the last system call in code began.
  final var discarded = false
  /// Whether the code of loads compares addresses with what is watched. No other code does, so that a run
  /// without such watches loses nothing.
  fileprivate(set) final var checksLoads = false

  /// Nil if the host has no memory. Parameters as those of ``BlockCache/init(_:codeStart:missing:)``.
  init?(_ machine: Machine, stopRange: Range<UInt64>?, codeStart: UInt, missing: Int) {
    guard let cache = BlockCache(machine.memory, codeStart: codeStart, missing: missing) else {
      return nil
    }
    owner = .passUnretained(machine)
    self.cache = cache
    memory = machine.memory
    bank = machine.bank
    stack = StackRange(machine.bank, machine.memory)
    decoder = BlockDecoder(rules: machine.rules, stopRange: stopRange)
    bank.describe(memory.space)
    bank.describeWatches(memory)
    bank[RegisterBank.jumpTable] = UInt64(cache.jumpTableAddress)
    bank[RegisterBank.owner] = UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
  }

  /// Whether all code should be written anew, since the engine has learned something of the program.
  ///
  /// - Parameter steps: how many the engine has executed, whatever the machine was taken back to in between.
  func wantsNewCode(after steps: UInt64) -> Bool { false }

  /// Whether the usual form of blocks may be entered, with the registers as they are: see ``FramePlan``.
  func holdsFrame() -> Bool { true }

  /// The machine. Where calls are frequent, see ``withMachine(_:)``.
  final var machine: Machine { owner._withUnsafeGuaranteedRef { $0 } }

  /// What `body` makes of the machine, which is not retained for it.
  @inline(__always)
  final func withMachine<Result>(_ body: (Machine) -> Result) -> Result {
    owner._withUnsafeGuaranteedRef(body)
  }

  /// Executes one operation: what an engine's code calls for those that it doesn't cover.
  ///
  /// - Parameter budget: the steps that may be executed after the operation's block.
  /// - Returns: whether it was executed; otherwise the plain step must.
  final func execute(_ operation: DecodedOperation, budget: UInt64) -> Bool {
    switch memory.wordSize {
    case .bits32: execute(operation, budget, UInt32.self)
    case .bits64: execute(operation, budget, UInt64.self)
    }
  }

  @inline(never)
  private func execute<Word: MachineWord>(
    _ operation: DecodedOperation, _ budget: UInt64, _ word: Word.Type
  ) -> Bool {
    withMachine {
      let outcome = OperationExecutor<Word>($0)
        .execute(operation, step: self.step(of: operation, budget: budget))
      if case .loadLinked = operation.operation.kind {
        stack.exclude($0.state.scalars.reservation.address)
      }
      return outcome == .next
    }
  }

  /// The step of an operation, counted from the program's start.
  final func step(of operation: DecodedOperation, budget: UInt64) -> UInt64 {
    step(budget &+ UInt64(operation.remaining))
  }

  /// The same by how many steps of the budget are left from this one on.
  final func step(_ steps: UInt64) -> UInt64 { deadline &- steps &+ 1 }
}

extension BlockEngine {
  /// A shorter block may come before the budget's end.
  private static var longestTail: UInt64 { 48 }

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
    // Steps that are too few for a block.
    var tail: UInt64 = 0
    while !machine.state.scalars.exited {
      guard machine.state.scalars.step != target else { return .step }
      machine.turns &+= 1
      if machine.turns == 0 {
        running.saveThread()
        if machine.shouldInterrupt() { return .interrupted }
      }
      var isExecuted = false
      if tail > 0 {
        tail -= 1
      } else {
        let budget = running.budget(to: target)
        if budget > 0 {
          if let unused = runBlocks(running, budget) { tail = unused } else { isExecuted = true }
          if let failure = takeFailure() { throw failure }
        } else if running.mayBeIdle {
          try running.executeRounds(word, to: target)
        }
        guard isExecuted || machine.state.scalars.step != target else { return .step }
      }
      if !isExecuted {
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
  /// - Returns: how many of the next steps the plain step should execute, since they are too few for the block that
  ///   comes next: trying each address in turn would take longer. Nil if code came to a system call last, and it was
  ///   executed or failed.
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
    while var block = cache.enter(pc, form) ?? prepare(pc, form) {
      stack.revalidate()
      if form == .usual, !holdsFrame() {
        form = .checked
        guard let checked = cache.enter(pc, form) ?? prepare(pc, form) else { break }
        block = checked
      }
      enter(block, form, budget: unused)
      unused = bank[RegisterBank.budget]
      pc = bank[RegisterBank.end] & mask
      let reason = bank[RegisterBank.reason]
      if reason == EngineExit.stepped.rawValue { return nil }
      form = reason == EngineExit.checked.rawValue ? .checked : .usual
      if reason == EngineExit.budget.rawValue { tail = min(unused, Self.longestTail) }
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
    cache.admits(pc) && decoder.decode(at: pc, page: memory.page(pc >> 12))
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
