import FalconetForeignVM
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetVectors

/// States of more pages than a file of vectors has room for.
extension ConformKit {
  /// A program whose pages lie at places of all sorts, and its clone.
  func checkManyPages() throws(Ended) {
    try check("a program with pages in many places", isKnown: true) {
      try forEachPageProgram { program, plain, machine, kind, state in
        let first = plain.claim().bytes
        try requireClaim(machine, first, "at first", kind, state)
        let clone =
          library.capabilities.contains(.clone)
          ? try machine.clone() : try library.loadState(machine.state(), kind: kind)
        _ = try plain.run(until: program.steps)
        let last = plain.claim().bytes
        try machine.run(until: program.steps)
        try requireClaim(machine, last, "at the end", kind, state)
        // What the machine wrote is not the clone's.
        try requireClaim(clone, first, "of the clone at first", kind, state)
        try clone.run(until: program.steps)
        try requireClaim(clone, last, "of the clone at the end", kind, state)
      }
    }
  }

  /// The state of a program whose pages lie at places of all sorts.
  func checkStateOfManyPages() throws(Ended) {
    try check("a state with pages in many places", isKnown: true) {
      try forEachPageProgram { program, _, machine, kind, state in
        try machine.run(until: program.steps)
        let loaded = try library.loadState(machine.state(), kind: kind)
        try require(
          try loaded.claim() == machine.claim(),
          "\(kind): the state that is read has another claim",
          step: program.steps, input: state)
      }
    }
  }

  /// Calls `body` with such a program for each word size: in Falconet's plain step and in the VM, of a kind, from a state.
  private func forEachPageProgram(
    _ body: (PageProgram, Machine, ForeignMachine, String, [UInt8]) throws -> Void
  ) throws {
    for (kind, revision) in newestKinds() {
      let program = PageProgram(revision.version, seed: effort.seed)
      let plain = Machine(
        state: program.image.state, memory: try program.image.memory(), engine: .step,
        revision: revision)
      let sink = MemorySink()
      try Snapshot.write(MemoryImage(plain), to: sink, as: .bin)
      tries(sink.bytes)
      try body(program, plain, library.loadProgram(sink.bytes, kind: kind), kind, sink.bytes)
    }
  }

  /// The newest kind of each word size, and its revision.
  func newestKinds() -> [(kind: String, revision: Revision)] {
    [WordSize.bits64, .bits32].compactMap { size in
      library.kinds.lazy.map(\.name).compactMap { name in
        VectorKind.revision(name).map { (name, $0) }
      }.last { $0.1.version.wordSize == size }
    }
  }

  private func requireClaim(
    _ machine: ForeignMachine, _ expected: [UInt8], _ which: String, _ kind: String,
    _ state: [UInt8]
  ) throws {
    let claim = try machine.claim()
    try require(
      claim == expected, "\(kind): the claim \(which) is \(hex(claim)), not \(hex(expected))",
      step: try machine.info().step, input: state)
  }
}
