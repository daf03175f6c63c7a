/// Executes runs of decoded instructions of one thread.
///
/// A run is entered only where all of it fits into the steps that are left, so that no step asks
/// whether it may execute. What the loop doesn't execute, it leaves to the plain step; what it does
/// execute, lock-step tests hold against the plain step.
struct FastLoop<Word: MachineWord> {
  let machine: Machine
  let memory: Memory
  let bank: RegisterBank

  /// What executing one operation leads to.
  enum Outcome {
    case next
    /// The operation was executed, and wrote to a page with decoded code.
    case codeChanged
    /// The operation was not executed: the plain step must.
    case leave
  }

  @inline(__always)
  init(_ machine: Machine) {
    self.machine = machine
    memory = machine.memory
    bank = machine.bank
  }

  /// Where the loop stopped.
  struct End {
    var pc: UInt64
    var nextPC: UInt64
    /// Steps of the budget that were not executed.
    var left: UInt64
  }

  /// Executes at most `budget` steps from `start`, which is not in a delay slot.
  @inline(never)
  func run(from start: UInt64, budget: UInt64) -> End {
    var pc = start
    var left = budget
    let code = machine.code
    enter: while pc & 3 == 0, let page = code.page(pc >> 12, of: memory) {
      let base = pc & ~0xFFF
      var position = Int(pc & 0xFFF) >> 2
      let run = UInt64(page.runs[position])
      guard run != 0, run <= left else { break }
      left &-= run
      while true {
        let operation = page.operations[position]
        let here = base &+ UInt64(position &* 4)
        switch operation.operation {
        case .unknown:
          // The run's end: the next instruction is left to the plain step, or on the next page.
          pc = Self.wrap(here)
          continue enter
        case .j, .jal, .jr, .jalr, .beq, .bne, .blez, .bgtz, .bltz, .bgez, .bltzal, .bgezal,
          .branchNever:
          pc = branch(operation, at: here)
          switch execute(page.operations[position &+ 1]) {
          case .next: continue enter
          case .codeChanged: break enter
          case .leave: return End(pc: Self.wrap(here &+ 4), nextPC: pc, left: left &+ 1)
          }
        case .ll, .lld, .sc, .scd:
          let remaining = UInt64(page.runs[position])
          let step = machine.state.scalars.step &+ (budget &- left &- remaining) &+ 1
          let outcome = readModifyWrite(operation, step: step)
          if outcome != .next { return end(outcome, at: here, left &+ remaining) }
        default:
          let outcome = execute(operation)
          if outcome != .next {
            return end(outcome, at: here, left &+ UInt64(page.runs[position]))
          }
        }
        position &+= 1
      }
    }
    return End(pc: pc, nextPC: Self.wrap(pc &+ 4), left: left)
  }

  /// The end in the middle of a run, at an operation before which `left` steps were left.
  @inline(never)
  private func end(_ outcome: Outcome, at here: UInt64, _ left: UInt64) -> End {
    let executed: UInt64 = outcome == .codeChanged ? 1 : 0
    let pc = here &+ 4 &* executed
    return End(pc: Self.wrap(pc), nextPC: Self.wrap(pc &+ 4), left: left &- executed)
  }

  @inline(__always)
  static func wrap(_ address: UInt64) -> UInt64 { UInt64(Word(truncatingIfNeeded: address)) }

  @inline(__always)
  func read(_ index: UInt8) -> Word { Word(truncatingIfNeeded: bank[index]) }

  @inline(__always)
  func write(_ index: UInt8, _ value: Word) { bank[index] = UInt64(value) }

  /// Sets the link register of a branch and gives where it goes after its delay slot.
  @inline(__always)
  private func branch(_ operation: DecodedOperation, at here: UInt64) -> UInt64 {
    let pc = Word(truncatingIfNeeded: here)
    let first = read(operation.first)
    let second = read(operation.second)
    switch operation.operation {
    case .j: return UInt64(jumpTarget(operation, pc))
    case .jal:
      write(operation.destination, pc &+ 8)
      return UInt64(jumpTarget(operation, pc))
    case .jr: return UInt64(first)
    case .jalr:
      write(operation.destination, pc &+ 8)
      return UInt64(first)
    case .bltzal, .bgezal: write(operation.destination, pc &+ 8)
    default: break
    }
    let taken = Step<Word, Machine>.isTaken(operation.operation, first, second)
    let distance = Word(truncatingIfNeeded: operation.immediate)
    return UInt64(taken ? pc &+ 4 &+ distance : pc &+ 8)
  }

  @inline(__always)
  private func jumpTarget(_ operation: DecodedOperation, _ pc: Word) -> Word {
    let place = UInt32(bitPattern: operation.immediate)
    return (pc &+ 4) & Word(extending: 0xF000_0000 as UInt32) | Word(place)
  }
}

extension Machine {
  /// Executes at most `budget` steps of the active thread with the fast loop, maybe none.
  ///
  /// - Precondition: the scheduler has nothing to do for `budget` steps, and the thread is not in a
  ///   delay slot.
  func runFast<Word: MachineWord>(_ word: Word.Type, _ budget: UInt64) {
    code.dropStale(reportedBy: memory)
    let side = state.scalars.activeSide
    bank.load(state.threads[top: side])
    let end = FastLoop<Word>(self).run(from: state.threads[top: side].pc, budget: budget)
    bank.store(into: &state.threads[top: side])
    state.threads[top: side].pc = end.pc
    state.threads[top: side].nextPC = end.nextPC
    state.scalars.step &+= budget &- end.left
    if rules.threading != .single {
      state.scalars.stepsSinceContextSwitch &+= budget &- end.left
    }
  }
}
