import FalconetMachine

/// A step whose execution a condition holds for.
package struct Hit: Sendable, Equatable {
  /// Steps executed before.
  package var step: UInt64
  package var reason: Reason
  /// The watched bytes that the step reads or writes, whatever the reason is; of a system call, a word that
  /// it writes to.
  package var access: GuestAccess?

  package enum Reason: Sendable, Equatable {
    case address
    case access
    case systemCall
    /// The step makes another thread active.
    case threadSwitch
  }
}

/// How a search ended.
package enum SearchEnd: Sendable, Equatable {
  /// The machine is right before the step.
  case hit(Hit)
  /// There is none: the machine is at the last step of the search, or at the end of the program.
  case none
  /// The machine was interrupted, and is somewhere in between.
  case interrupted
}

extension Timeline {
  /// Executes forwards to the next step that a condition holds for, the present one excepted, and stops
  /// right before it.
  package func findNext(
    _ conditions: StopConditions, until last: UInt64 = .max, skipsFirst: Bool = true
  ) throws(MachineError) -> SearchEnd {
    let stop = try run(until: last, conditions, skipsFirst: skipsFirst)
    switch stop {
    case .step, .exited: return .none
    case .interrupted: return .interrupted
    case .address, .access, .systemCallWrote, .systemCall, .threadSwitch:
      guard let hit = hit(stop, conditions) else { return .none }
      if hit.step != step { try go(to: hit.step) }
      return .hit(hit)
    }
  }

  /// Goes backwards to the last step before the present one that a condition holds for.
  ///
  /// If there is none, the machine is at the first step afterwards.
  ///
  /// - Parameter first: the first step that counts.
  package func findLast(
    _ conditions: StopConditions, from first: UInt64 = 0
  ) throws(MachineError) -> SearchEnd {
    var end = step
    let first = max(first, start)
    while end > first {
      guard let begin = goToState(before: end) else { break }
      var last: Hit?
      var skips = false
      while true {
        let stop = try run(until: end, conditions, skipsFirst: skips)
        if stop == .interrupted { return .interrupted }
        guard let hit = hit(stop, conditions) else { break }
        if hit.step >= end { break }
        if hit.step >= first { last = hit }
        // The machine is right before the step, or after it.
        skips = hit.step == step
      }
      if let last {
        try go(to: last.step)
        return .hit(last)
      }
      end = begin
    }
    try go(to: first)
    return .none
  }

  /// The step that a stop is about.
  private func hit(_ stop: ObservedStop, _ conditions: StopConditions) -> Hit? {
    switch stop {
    case .address:
      return Hit(step: step, reason: .address, access: machine.nextAccess(for: conditions))
    case .access(let access): return Hit(step: step, reason: .access, access: access)
    case .systemCallWrote(let address):
      let wordSize = machine.version.wordSize
      let range = WatchedRange(
        address & wordSize.addressMask, count: UInt64(wordSize.bytes))
      return Hit(
        step: step - 1, reason: .access, access: GuestAccess(range: range, isWrite: true))
    case .systemCall: return Hit(step: step, reason: .systemCall)
    case .threadSwitch: return Hit(step: step - 1, reason: .threadSwitch)
    case .step, .exited, .interrupted: return nil
    }
  }

  /// Goes back to before the last step at which a thread executed an instruction.
  ///
  /// - Returns: whether there is one; otherwise the machine is at the first step.
  package func stepBack(thread: UInt64) throws(MachineError) -> SearchEnd {
    var conditions = StopConditions()
    conditions.threadSwitches = true
    while step > start {
      let before = step
      try go(to: before - 1)
      if machine.state.activeThread?.id == thread {
        if machine.isInstructionNext { return .hit(Hit(step: step, reason: .threadSwitch)) }
        continue
      }
      // Another thread was active here since a step that made it so.
      let end = try findLast(conditions)
      guard case .hit = end else { return end }
      // That step may have been the thread's own.
      if machine.state.activeThread?.id == thread, machine.isInstructionNext {
        return .hit(Hit(step: step, reason: .threadSwitch))
      }
    }
    return .none
  }
}

extension Machine {
  /// The watched bytes that the next step reads or writes.
  fileprivate func nextAccess(for conditions: StopConditions) -> GuestAccess? {
    guard let access = nextAccess else { return nil }
    let ranges = access.isWrite ? conditions.writes : conditions.reads
    return ranges.contains { $0.overlaps(access.range) } ? access : nil
  }
}
