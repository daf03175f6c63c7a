import FalconetMachine

/// What it costs to watch bytes that the guest doesn't access, and instructions that it doesn't execute.
extension Section {
  /// Steps before the ones that show which page is accessed most, and the number of those.
  private static var warmUp: UInt64 { 10_000_000 }
  private static var sample: Int { 1_000_000 }

  mutating func measureWatches(_ guests: Guests, _ options: Options) throws {
    guard let guest = guests.long else { return }
    let (hot, instruction) = try Self.quietWords(in: guest)
    // No guest has anything there.
    let cold: UInt64 = 0x7000_0000
    var watches: [(name: String, conditions: StopConditions)] = [("nothing", StopConditions())]
    for (place, address) in [("hottest", hot), ("cold", cold)] {
      var conditions = StopConditions()
      conditions.writes = [WatchedRange(address, count: 8)]
      watches.append(("writes, \(place) page", conditions))
      conditions = StopConditions()
      conditions.reads = [WatchedRange(address, count: 8)]
      watches.append(("reads, \(place) page", conditions))
    }
    var conditions = StopConditions()
    conditions.addresses = [instruction]
    watches.append(("a breakpoint, hottest page", conditions))
    var trials: [Trial] = []
    for engine in [EngineKind.translator, .portable] {
      for watch in watches {
        trials.append(
          Trial("\(guest.name), \(watch.name)", engine.rawValue) { row in
            try Self.measure(guest, engine, watch.conditions, &row)
          })
      }
    }
    try run(trials, rounds: options.rounds)
    notes.append(
      "Whole runs with a word watched in the page that \(guest.name) writes most, and in one that it doesn't"
        + " access; or with a breakpoint in the page that it executes most.")
  }

  private static func measure(
    _ guest: Guest, _ engine: EngineKind, _ conditions: StopConditions, _ row: inout Row
  ) throws {
    let machine = try guest.machine(engine)
    var stops: UInt64 = 0
    let time = try measured {
      while try machine.run(until: .max, stoppingFor: conditions, skipsFirst: stops > 0) != .exited
      {
        stops += 1
      }
    }
    row.add("by processor time", .stepsPerSecond, machine.step.perSecond(time.processor))
    row.add("stops", .count, stops)
  }

  /// A word of the page with the most writes, which are none of its own, and an instruction of the page
  /// that is executed most, which is not executed itself.
  private static func quietWords(
    in guest: Guest
  ) throws -> (data: UInt64, instruction: UInt64) {
    let machine = try guest.machine()
    _ = try machine.run(until: warmUp)
    var writes: [UInt64: Int] = [:]
    var steps: [UInt64: Int] = [:]
    var words: Set<UInt64> = []
    var instructions: Set<UInt64> = []
    for _ in 0..<sample {
      if let access = machine.nextAccess {
        words.insert(access.range.start >> 3)
        if access.isWrite { writes[access.range.start >> 12, default: 0] += 1 }
      }
      if let thread = machine.state.activeThread {
        steps[thread.pc >> 12, default: 0] += 1
        instructions.insert(thread.pc >> 2)
      }
      try machine.runStep()
    }
    func quiet(_ counts: [UInt64: Int], _ used: Set<UInt64>, shift: UInt64) -> UInt64 {
      let page = counts.max { $0.value < $1.value }?.key ?? 0
      return
        ((0..<4096 >> shift).map { page << (12 - shift) + $0 }.first { !used.contains($0) } ?? 0)
        << shift
    }
    return (quiet(writes, words, shift: 3), quiet(steps, instructions, shift: 2))
  }
}
