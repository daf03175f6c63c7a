import FalconetMachine
import FalconetReplay

/// Executing in both directions, and saying why it stopped.
///
/// gdb expects of a MIPS machine that a watchpoint stops it before the access: it then removes the
/// watchpoint, steps over the instruction and compares. Going backwards the same holds the other way
/// round: the stop is right after the access, which the next step back undoes.
extension DebugSession {
  func resume(actions text: Substring) {
    // The first action for a thread, or for all others, says how.
    var stepped: UInt64??
    var continues = false
    for action in text.split(separator: ";") {
      let parts = action.split(separator: ":", maxSplits: 1)
      let thread = parts.count == 2 ? Hexadecimal.number(parts[1]).flatMap(thread(numbered:)) : nil
      switch parts.first?.first {
      case "s", "S": if stepped == nil { stepped = .some(thread?.id) }
      case "c", "C": continues = true
      default: return send("E01")
      }
    }
    if let stepped {
      step(forward: true, stepped)
    } else if continues {
      resume(forward: true)
    } else {
      send("E01")
    }
  }

  func reverse(_ text: Substring) {
    switch text {
    case "s": step(forward: false, steppingThread)
    case "c": resume(forward: false)
    default: send("")
    }
  }

  // MARK: Continuing

  func resume(forward: Bool) {
    perform { () throws(MachineError) in
      guard forward else {
        return try stop(findLast(conditions), isBack: true)
      }
      guard !machine.hasExited else { return "T05replaylog:end;" }
      // The client steps over a breakpoint before it continues.
      return try stop(timeline.findNext(conditions, skipsFirst: false), isBack: false)
    }
  }

  /// Goes back to the last step that a condition holds for: if there is none in a branch, in the run.
  func findLast(_ conditions: StopConditions) throws(MachineError) -> SearchEnd {
    let end = try timeline.findLast(conditions)
    guard end == .none, branchStart != nil else { return end }
    try leaveBranch()
    return try timeline.findLast(conditions)
  }

  /// Why the guest stopped.
  private func stop(_ end: SearchEnd, isBack: Bool) throws(MachineError) -> String {
    switch end {
    case .none: return isBack ? "T05replaylog:begin;" : "T05replaylog:end;"
    case .interrupted: return "T02"
    case .hit(let hit):
      // Going backwards, the access comes before the breakpoint of the same step.
      let accessed = isBack || hit.reason != .address ? hit.access : nil
      guard let access = accessed, let text = watchpoint(access) else { return "T05" }
      if isBack { try timeline.go(to: hit.step + 1) }
      return text
    }
  }

  /// The watchpoint that an access hits, as a stop says it.
  private func watchpoint(_ access: GuestAccess) -> String? {
    guard let watchpoint = watchpoints.first(where: { $0.covers(access) }) else { return nil }
    let address = max(watchpoint.range.start, access.range.start)
    return "T05\(watchpoint.kind.name):\(Hexadecimal.number(address));"
  }

  /// Executes, and reports the stop.
  private func perform(_ body: () throws(MachineError) -> String) {
    message = nil
    let text: String
    do throws(MachineError) { text = try body() } catch { text = failure(error) }
    lastStop = text + (text.contains("thread:") ? "" : "thread:\(number(of: currentThread));")
    // A client reads the thread of a stop without choosing it.
    chosenThread = stoppedThread
    send(lastStop)
  }

  /// The id of the thread that the last stop names, if it is still there.
  private var stoppedThread: UInt64? {
    guard let start = lastStop.firstRange(of: "thread:")?.upperBound else { return nil }
    return Hexadecimal.number(lastStop[start...].prefix { $0 != ";" })
      .flatMap(thread(numbered:))?.id
  }

  /// A stop at a step that cannot be executed.
  private func failure(_ error: MachineError) -> String {
    message = error.description
    // The client is waiting for a stop, and shows text until then.
    print("\(error)\n")
    switch error {
    case .fault(let fault):
      switch fault.panic {
      case .unknownInstruction: return "T04"
      case .breakInstruction: return "T05"
      case .branchInDelaySlot, .divisionByZero, .misalignedFetch, .noThread, .unknownSystemCall,
        .preimageOffset:
        return "T0b"
      }
    // A signal that no program gets by itself: SIGUSR1.
    case .preimage, .memory, .engines: return "T1e"
    }
  }

  func reportState() {
    send(lastStop == "T05" ? "T05thread:\(number(of: currentThread));" : lastStop)
  }

  // MARK: Stepping

  /// Executes or undoes one instruction of a thread; nil is the active one.
  func step(forward: Bool, _ thread: UInt64?) {
    let thread = thread ?? currentThread
    perform { () throws(MachineError) in
      forward ? try stepForward(thread) : try stepBack(thread)
    }
  }

  private func stepForward(_ thread: UInt64) throws(MachineError) -> String {
    var conditions = StopConditions()
    while !machine.hasExited {
      if machine.isInstructionNext, currentThread == thread {
        if let access = machine.nextAccess, let text = watchpoint(access) { return text }
        let before = timeline.step
        guard try timeline.go(to: before + 1) != .interrupted else { return "T02" }
        return "T05thread:\(number(of: thread));"
      }
      guard threads.contains(where: { $0.id == thread && !$0.exited }) else { return "T05" }
      // Others run until it is the thread's turn.
      conditions = self.conditions
      conditions.threadSwitches = true
      switch try timeline.run(conditions, skipsFirst: false) {
      // A write by another thread's system call is over by now.
      case .threadSwitch, .step, .systemCall, .systemCallWrote: continue
      case .exited: return "T05replaylog:end;"
      case .interrupted: return "T02"
      case .address: return "T05"
      case .access(let access): return watchpoint(access) ?? "T05"
      }
    }
    return "T05replaylog:end;"
  }

  private func stepBack(_ thread: UInt64) throws(MachineError) -> String {
    if timeline.step == branchStart { try leaveBranch() }
    let before = timeline.step
    var end = try timeline.stepBack(thread: thread)
    if end == .none, branchStart != nil {
      try leaveBranch()
      end = try timeline.stepBack(thread: thread)
    }
    switch end {
    case .none: return "T05replaylog:begin;"
    case .interrupted: return "T02"
    case .hit:
      if timeline.step + 1 == before, let access = machine.nextAccess,
        let text = watchpoint(access)
      {
        try timeline.go(to: before)
        return text
      }
      return "T05thread:\(number(of: thread));"
    }
  }
}
