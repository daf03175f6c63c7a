import FalconetMachine
import FalconetSnapshots
import Keccak

/// Claims of a state that was never hashed, and of one that was a million steps ago.
extension Section {
  mutating func measureClaims(_ guests: Guests, _ options: Options) throws {
    guard let long = guests.long else { return }
    let large = guests["heap"] ?? long
    let image = try large.machine()
    _ = try image.run(until: .max)
    let path = "\(options.work)/claims.bin"
    try Snapshot.save(MemoryImage(image), path: path)

    let threads = options.usesAllCores ? nil : 1
    let cold = PairKernel.allCases.filter(\.isAvailable).map { kernel in
      Trial("\(large.name), last state, first claim", kernel.rawValue) { row in
        let image = try Snapshot.load(path: path)
        image.memory.hashKernel = kernel
        if let threads { image.memory.hashThreads = threads }
        let machine = Machine(state: image.state, memory: image.memory, oracle: NoPreimages())
        row.add(measured { _ = machine.claim() })
      }
    }
    let machine = try long.machine()
    _ = try machine.run(until: 10_000_000)
    _ = machine.claim()
    let warm = Trial("\(long.name), 1 million steps later", PairKernel.best.rawValue) { row in
      for _ in 0..<10 {
        _ = try machine.run(until: machine.step + 1_000_000)
        row.add(measured { _ = machine.claim() })
      }
    }
    try run(cold + [warm], rounds: options.rounds)
    notes.append("\(image.memory.pageCount) pages in the last state of \(large.name).")
  }
}
