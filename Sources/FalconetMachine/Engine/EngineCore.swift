/// The machine that an engine works for, its blocks, and how to execute an operation without code.
///
/// Safety: a machine owns its engine, so it outlives it.
class EngineCore {
  private let owner: Unmanaged<Machine>
  let memory: Memory
  let bank: RegisterBank
  final var cache: BlockCache
  final var stack: StackRange
  final let cuts = CutBlocks()
  final var decoder: BlockDecoder
  /// The step at which the budget of the current run is used up.
  final var deadline: UInt64 = 0
  /// How many steps code has executed.
  final var executed: UInt64 = 0
  /// The current run, if its code may execute system calls.
  final var run: CurrentRun?
  /// How the system call failed that code executed last.
  final var failure: MachineError?
  /// Whether all blocks were discarded since the last system call in code began.
  final var discarded = false
  /// Whether the code of loads compares addresses with what is watched. No other code does, so that a run
  /// without such watches loses nothing.
  final var checksLoads = false

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
  /// - Parameter steps: how many steps the engine has executed. They still count if the machine was taken back.
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

  /// The same, by how many steps of the budget are left, this one counted.
  final func step(_ steps: UInt64) -> UInt64 { deadline &- steps &+ 1 }
}
