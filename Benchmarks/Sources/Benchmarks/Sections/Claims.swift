import Falconet

/// Claims of a state that was never hashed, and of one that was a million steps ago.
extension Section {
  mutating func measureClaims(_ guests: Guests, _ options: Options) throws {
    guard let long = guests.long else { return }
    let large = guests["heap"] ?? long
    let image = try large.machine()
    _ = try image.run(until: .max)
    let path = "\(options.work)/claims.bin"
    try Snapshot.save(MemoryImage(image), path: path)

    let cold = Trial("\(large.name), last state, first claim", "falconet") { row in
      let image = try Snapshot.load(path: path)
      let machine = Machine(state: image.state, memory: image.memory, oracle: NoPreimages())
      let time = measured { _ = machine.claim() }
      row.add("wall", .nanoseconds, time.wall)
      row.add("processor", .nanoseconds, time.processor)
    }
    let machine = try long.machine()
    _ = try machine.run(until: 10_000_000)
    _ = machine.claim()
    let warm = Trial("\(long.name), 1 million steps later", "falconet") { row in
      for _ in 0..<10 {
        _ = try machine.run(until: machine.step + 1_000_000)
        let time = measured { _ = machine.claim() }
        row.add("wall", .nanoseconds, time.wall)
        row.add("processor", .nanoseconds, time.processor)
      }
    }
    try run([cold, warm], rounds: options.rounds)
    notes.append("\(image.memory.pageCount) pages in the last state of \(large.name).")
  }
}
