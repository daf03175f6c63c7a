import FalconetMachine

/// What it costs to watch bytes that the guest doesn't access.
extension Section {
  /// Steps before the ones that show which page is accessed most, and the number of those.
  private static var warmUp: UInt64 { 10_000_000 }
  private static var sample: Int { 1_000_000 }

  mutating func measureWatches(_ guests: Guests, _ options: Options) throws {
    guard let guest = guests.long else { return }
    let hot = try Self.quietWord(in: guest)
    // No guest has anything there.
    let cold: UInt64 = 0x7000_0000
    let watches: [(name: String, writes: [UInt64], reads: [UInt64])] = [
      ("nothing", [], []), ("writes, hottest page", [hot], []), ("writes, cold page", [cold], []),
      ("reads, hottest page", [], [hot]), ("reads, cold page", [], [cold]),
    ]
    var trials: [Trial] = []
    for engine in [EngineKind.translator, .portable] {
      for watch in watches {
        var conditions = StopConditions()
        conditions.writes = watch.writes.map { WatchedRange($0, count: 8) }
        conditions.reads = watch.reads.map { WatchedRange($0, count: 8) }
        trials.append(
          Trial("\(guest.name), \(watch.name)", engine.rawValue) { row in
            try Self.measure(guest, engine, conditions, &row)
          })
      }
    }
    try run(trials, rounds: options.rounds)
    notes.append(
      "Whole runs with a word watched in the page that \(guest.name) writes most, and in one that it doesn't"
        + " access.")
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

  /// A word of the page with the most accesses, which are none of its own.
  private static func quietWord(in guest: Guest) throws -> UInt64 {
    let machine = try guest.machine()
    _ = try machine.run(until: warmUp)
    var writes: [UInt64: Int] = [:]
    var words: Set<UInt64> = []
    for _ in 0..<sample {
      if let access = machine.nextAccess {
        words.insert(access.range.start >> 3)
        if access.isWrite { writes[access.range.start >> 12, default: 0] += 1 }
      }
      try machine.runStep()
    }
    let page = writes.max { $0.value < $1.value }?.key ?? 0
    return ((0..<512).map { page << 9 + $0 }.first { !words.contains($0) } ?? 0) << 3
  }
}
