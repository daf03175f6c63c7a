import FalconetELF
import FalconetMachine

/// What guests execute: what decides how fast engines are. Nothing here is a time.
extension Section {
  mutating func measureMix(_ guests: Guests) throws {
    for guest in guests.all where guest.elf != nil {
      let machine = try guest.machine(.step)
      var mix = Mix()
      while !machine.hasExited {
        mix.note(machine)
        try machine.runStep()
      }
      rows.append(try mix.row(guest, machine))
    }
    notes.append(
      "Whole runs, by the plain step. A branch is any instruction that may jump, taken or not; a block begins"
        + " after one, or where one leads. Shares are in thousandths. What follows them is for each 1,000 million"
        + " steps.")
  }
}

/// Counts of the instructions that a machine executes.
private struct Mix {
  /// Flags of each word of the addresses at which programs are linked.
  private var words = [UInt8](repeating: 0, count: 1 << 26)
  private static let executed: UInt8 = 1
  private static let begins: UInt8 = 2

  private var conditional: UInt64 = 0
  private var jumps: UInt64 = 0
  private var calls: UInt64 = 0
  private var indirectCalls: UInt64 = 0
  private var returns: UInt64 = 0
  private var indirectJumps: UInt64 = 0
  private var taken: UInt64 = 0
  private var notInstructions: UInt64 = 0
  /// The last branch, and how many of the instructions after it are still to come until what it leads to.
  private var branch: (pc: UInt64, left: Int) = (0, 0)

  /// Counts the next step.
  mutating func note(_ machine: Machine) {
    guard machine.isInstructionNext, let pc = machine.state.activeThread?.pc,
      let instruction = try? machine.fetch(at: pc)
    else {
      notInstructions += 1
      return
    }
    let place = Int(pc >> 2)
    if words.indices.contains(place) { words[place] |= Self.executed }
    if branch.left > 0 {
      branch.left -= 1
      if branch.left == 0 {
        if pc != branch.pc &+ 8 { taken += 1 }
        if words.indices.contains(place) { words[place] |= Self.begins }
      }
    }
    if countBranch(instruction) { branch = (pc, 2) }
  }

  /// Returns whether it is one.
  private mutating func countBranch(_ instruction: UInt32) -> Bool {
    switch (instruction >> 26, instruction & 0x3F) {
    case (0, 8) where instruction >> 21 & 31 == 31: returns += 1
    case (0, 8): indirectJumps += 1
    case (0, 9): indirectCalls += 1
    case (1, _), (4...7, _): conditional += 1
    case (2, _): jumps += 1
    case (3, _): calls += 1
    default: return false
    }
    return true
  }

  func row(_ guest: Guest, _ machine: Machine) throws -> Row {
    var row = Row(what: guest.name, who: "step")
    var functions: Set<UInt64> = []
    if let elf = guest.elf {
      let symbols = try ELFFile(path: elf).symbols()
      var last: Symbol?
      for place in words.indices where words[place] != 0 {
        let pc = UInt64(place) << 2
        if let last, pc >= last.start, pc &- last.start < last.size { continue }
        last = symbols.symbol(at: pc)
        if let last { functions.insert(last.start) }
      }
    }
    let indirect = indirectCalls + returns + indirectJumps
    let branches = conditional + jumps + calls + indirect
    func share(_ part: UInt64, _ whole: UInt64) -> UInt64 { part * 1000 / max(whole, 1) }
    func perBillion(_ count: UInt64) -> UInt64 {
      UInt64(Double(count) * 1e9 / Double(max(machine.step, 1)))
    }
    let statistics = machine.statistics
    for (name, count) in [
      ("steps", machine.step), ("functions", UInt64(functions.count)),
      ("blocks", UInt64(words.count { $0 & Self.begins != 0 })),
      ("branches of instructions", share(branches, machine.step)),
      ("indirect of branches", share(indirect, branches)),
      ("indirect of those taken", share(indirect, taken)),
      ("indirect calls", perBillion(indirectCalls)), ("returns", perBillion(returns)),
      ("other indirect jumps", perBillion(indirectJumps)),
      ("forced preemptions", perBillion(statistics.forcedPreemptions)),
      ("sc that succeed", perBillion(statistics.storeConditionalSuccesses)),
      ("pre-images", perBillion(statistics.preimageRequests)),
      ("steps without thread 0", perBillion(statistics.idleStepsOfFirstThread)),
      ("steps of the scheduler", perBillion(notInstructions)),
    ] {
      row.add(name, .count, count)
    }
    return row
  }
}
