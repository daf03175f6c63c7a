import FalconetLibc

/// What proofs cost beyond the run that they are of.
extension Section {
  private static var interval: UInt64 { 1_000 }

  mutating func measureProofs(_ guests: Guests, _ options: Options) throws {
    guard let guest = guests.long else { return }
    let count: UInt64 = options.isQuick ? 1_000 : 10_000
    let end = count * Self.interval
    let commands = [options.falconet] + [options.baseline].compactMap { $0 }
    var trials = [
      Trial("\(count) proofs of \(guest.name)", "library") { row in
        try Self.measureLibrary(guest, until: end, &row)
      }
    ]
    for (name, falconet) in zip(["run", "baseline"], commands) {
      trials.append(
        Trial("\(count) proof files of \(guest.name)", name) { row in
          // A new folder each time: files that replace others take longer.
          let round = row.figures.first?.samples.count ?? 0
          let folder = "\(options.work)/proofs-\(name)-\(round)"
          mkdir(folder, 0o755)
          try Self.measureRun(guest, falconet, until: end, folder, &row)
        })
    }
    try run(trials, rounds: options.rounds)
    notes.append(
      "Time of one proof, one every \(Self.interval) steps from the first on, beyond the same run"
        + " without.")
  }

  private static func measureLibrary(_ guest: Guest, until end: UInt64, _ row: inout Row) throws {
    let machine = try guest.machine()
    _ = machine.claim()
    var (wall, processor): (UInt64, UInt64) = (0, 0)
    for step in stride(from: interval, through: end, by: Int(interval)) {
      _ = try machine.run(until: step)
      let time = try measured { _ = try machine.prove() }
      wall += time.wall
      processor += time.processor
    }
    row.add("wall", .nanoseconds, wall / (end / interval))
    row.add("processor", .nanoseconds, processor / (end / interval))
  }

  private static func measureRun(
    _ guest: Guest, _ falconet: String, until end: UInt64, _ folder: String, _ row: inout Row
  ) throws {
    let arguments = [
      "run", "--input", guest.prestate, "--info-at", "never", "--meta", "", "--output", "",
      "--stop-at", "=\(end)",
    ]
    let without = try Child(path: falconet, arguments: arguments).run()
    let with = try Child(
      path: falconet,
      arguments: arguments + [
        "--proof-at", "%\(interval)", "--proof-fmt", "\(folder)/%d.json",
      ]
    ).run()
    let count = end / interval
    row.add("wall", .nanoseconds, (max(with.wall, without.wall) - without.wall) / count)
    row.add(
      "processor", .nanoseconds,
      (max(with.processor, without.processor) - without.processor) / count)
    row.add("memory", .bytes, with.peakMemory)
  }
}
