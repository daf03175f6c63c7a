/// What a system call in an engine's code has to know of the run that the code is part of.
///
/// Safety: the run removes it from its engine before it ends, and until then keeps the machine's part alive.
struct CurrentRun {
  let running: Unmanaged<RunningMachine>
  /// See ``BlockEngine/run(to:stopAfterPreimageRead:)``.
  let target: UInt64
  let stopAfterPreimageRead: Bool
  /// The machine's count of engines when the run began.
  let generation: Int
}

/// What a system call in an engine's code leads to if not to a new budget: numbers that no budget is.
enum SystemCallOutcome: Int64 {
  /// It was not executed, and the plain step must.
  case left = -1
  /// It was executed, or failed, and the run has to look at the machine: see ``EngineExit/stepped``.
  case executed = -2
  /// It was executed, and another thread is active. Code goes on at the address in ``RegisterBank/end`` with
  /// ``RegisterBank/budget``.
  case elsewhere = -3
}

extension EngineCore {
  /// Executes a system call from within code by the plain step, and does what a run does between two steps.
  ///
  /// - Parameters:
  ///   - pc: its address, where the active thread is.
  ///   - steps: how many are left of the budget, this one counted.
  /// - Returns: how many steps may be executed from the next instruction on, or a ``SystemCallOutcome``.
  func systemCall(at pc: UInt64, steps: UInt64) -> Int64 {
    guard let run, steps > 0 else { return SystemCallOutcome.left.rawValue }
    takeReservations()
    switch memory.wordSize {
    case .bits32: return systemCall(UInt32.self, at: pc, steps, run)
    case .bits64: return systemCall(UInt64.self, at: pc, steps, run)
    }
  }

  @inline(__always)
  private func systemCall<Word: MachineWord>(
    _ word: Word.Type, at pc: UInt64, _ steps: UInt64, _ run: CurrentRun
  ) -> Int64 {
    run.running._withUnsafeGuaranteedRef { running in
      let machine = running.machine
      // The run asks whether it is interrupted when the counter turns over.
      guard machine.turns != .max else { return SystemCallOutcome.left.rawValue }
      machine.turns &+= 1
      let next = (pc &+ 4) & memory.wordSize.mask
      running.place = (pc, next)
      running.count(deadline &- steps &- running.scalars.step)
      machine.lastReadOffset = nil
      discarded = false
      do throws(MachineError) { try running.step(word) } catch {
        failure = error
        return SystemCallOutcome.executed.rawValue
      }
      // Whoever was called may have changed what the code was made for.
      guard !machine.state.scalars.exited,
        !(run.stopAfterPreimageRead && machine.lastReadOffset != nil),
        machine.engineGeneration == run.generation, !discarded, !memory.hasStaleCode
      else { return SystemCallOutcome.executed.rawValue }
      let budget = running.budget(to: run.target)
      guard budget > 0 else { return SystemCallOutcome.executed.rawValue }
      stack.revalidate()
      guard holdsFrame() else { return SystemCallOutcome.executed.rawValue }
      deadline = running.scalars.step &+ budget
      admitReservations()
      if running.place.pc == next { return Int64(budget) }
      bank[RegisterBank.end] = running.place.pc
      bank[RegisterBank.budget] = budget
      return SystemCallOutcome.elsewhere.rawValue
    }
  }
}
