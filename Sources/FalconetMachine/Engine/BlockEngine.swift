/// Why an engine's code was left.
enum EngineExit: UInt64 {
  /// The next block doesn't fit into the steps that are left.
  case budget = 0
  /// The next instruction is left to the plain step.
  case leave = 1
  /// The next block is not prepared yet.
  case unprepared = 2
}

/// What executes blocks of one thread between events: the part that both engines share.
///
/// An engine keeps blocks in a form of its own. It never stores to a page whose code it holds: such a
/// store is left to the plain step, and before the next run all blocks are forgotten.
class BlockEngine {
  /// Where a run stopped.
  struct End {
    var pc: UInt64
    /// Steps of the budget that were not executed.
    var left: UInt64
  }

  /// The machine owns the engine, so it outlives it.
  unowned(unsafe) let machine: Machine
  let memory: Memory
  let bank: RegisterBank
  /// The step at which the budget of the run in hand is used up.
  private(set) var deadline: UInt64 = 0

  /// Pages that hold code, to be told when it is forgotten.
  private var codePages: Set<UInt64> = []
  /// How often code of a page was written over.
  private var rewrites: [UInt64: Int] = [:]
  /// A page whose code is written over more often than this is left to the plain step: decoding it
  /// again and again would take longer.
  private static let mostRewrites = 16

  init(_ machine: Machine) {
    self.machine = machine
    memory = machine.memory
    bank = machine.bank
    bank.describe(memory.space)
  }

  /// Executes at most `budget` steps from `pc`, which is not in a delay slot and a multiple of 4.
  func run(from pc: UInt64, budget: UInt64) -> End { End(pc: pc, left: budget) }

  /// Forgets all blocks. Overriders call this.
  func forget() {
    memory.forgetCode(onPages: codePages)
    codePages.removeAll(keepingCapacity: true)
  }

  /// Executes one operation: what code of the engine calls for those it doesn't cover.
  ///
  /// - Parameter left: the steps that are left after the operation's block.
  /// - Returns: whether it was executed; otherwise the plain step must.
  final func execute(_ operation: DecodedOperation, left: UInt64) -> Bool {
    switch memory.wordSize {
    case .bits32: execute(operation, left, UInt32.self)
    case .bits64: execute(operation, left, UInt64.self)
    }
  }

  @inline(never)
  private func execute<Word: MachineWord>(
    _ operation: DecodedOperation, _ left: UInt64, _ word: Word.Type
  ) -> Bool {
    OperationExecutor<Word>(machine)
      .execute(operation, step: self.step(of: operation, left: left)) == .next
  }

  /// Whether blocks on the page of `pc` can be kept: whether the page exists and is not written over
  /// all the time. Writes to it are noticed from here on.
  final func canKeepBlocks(at pc: UInt64) -> Bool {
    let page = pc >> 12
    if codePages.contains(page) { return true }
    guard rewrites[page, default: 0] < Self.mostRewrites, memory.noteCode(onPage: page) else {
      return false
    }
    codePages.insert(page)
    return true
  }

  /// The step of an operation, counted from the program's start.
  final func step(of operation: DecodedOperation, left: UInt64) -> UInt64 {
    deadline &- (left &+ UInt64(operation.remaining)) &+ 1
  }

  /// Executes at most `budget` steps of the active thread, maybe none.
  ///
  /// - Precondition: the scheduler has nothing to do for `budget` steps, and the thread is not in a
  ///   delay slot.
  final func runActiveThread(_ budget: UInt64) {
    if memory.hasStaleCode {
      for page in memory.takeStaleCode() { rewrites[page, default: 0] += 1 }
      forget()
    }
    let side = machine.state.scalars.activeSide
    let wordSize = memory.wordSize
    deadline = machine.state.scalars.step &+ budget
    let pc = machine.state.threads.withTop(side) { thread in
      bank.load(thread, wordSize)
      return thread.pc
    }
    let end = run(from: pc, budget: budget)
    machine.state.threads.updateTop(side) { thread in
      bank.store(into: &thread, wordSize)
      thread.pc = end.pc
      thread.nextPC = (end.pc &+ 4) & wordSize.mask
    }
    machine.state.scalars.step &+= budget &- end.left
    if machine.rules.threading != .single {
      machine.state.scalars.stepsSinceContextSwitch &+= budget &- end.left
    }
  }
}
