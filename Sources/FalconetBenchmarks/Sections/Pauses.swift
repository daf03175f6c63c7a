/// How long a machine stands still for a snapshot that is written while it goes on.
extension Section {
  mutating func measurePauses(_ guests: Guests, _ options: Options) throws {
    guard let guest = guests["heap"] ?? guests.long else { return }
    let machine = try guest.machine()
    _ = try machine.run(until: .max)
    let trials = [(".bin", false), (".fsnap", true)].map { format, keepsRoots in
      if keepsRoots { _ = machine.claim() }
      return Trial("\(guest.name), last state, for \(format)", "falconet") { row in
        for _ in 0..<5 {
          row.add(measured { _ = machine.checkpoint(keepsRoots: keepsRoots) })
        }
      }
    }
    try run(trials, rounds: options.rounds)
    notes.append("\(machine.memory.pageCount) pages.")
  }
}
