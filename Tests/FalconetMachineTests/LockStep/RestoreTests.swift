import FalconetMachine
import FalconetTestSupport
import Testing

/// A machine that goes back to its checkpoints, against the plain step from the start.
@Suite("Going back to earlier states")
struct RestoreTests {
  /// Asks for states in an order of steps: each from the last checkpoint that is not behind it, kept
  /// at every state that is asked for.
  private static func ask(
    _ image: MachineImage, _ setup: EngineSetup, _ steps: [UInt64],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let machine = try image.machine(setup, oracle: NoPreimages())
    var kept = [machine.checkpoint()]
    for step in steps {
      let nearest = try #require(kept.filter { $0.step <= step }.max { $0.step < $1.step })
      machine.restore(nearest)
      _ = try machine.run(until: step)
      let plain = try image.machine(EngineKind.step)
      _ = try plain.run(until: step)
      let place: Comment = "\(setup), step \(step)"
      #expect(machine.state == plain.state, place, sourceLocation: sourceLocation)
      #expect(machine.claim() == plain.claim(), place, sourceLocation: sourceLocation)
      kept.append(machine.checkpoint())
    }
  }

  @Test(
    "A page that changes its own code is again what it was", arguments: StateVersion.allCases)
  func selfModification(_ version: StateVersion) throws {
    let image = MachineImage.selfModifying(version)
    for setup in EngineSetup.allCases {
      try Self.ask(image, setup, [50, 900, 52])
      try Self.ask(image, setup, [900, 50, 410, 395, 899, 52])
    }
  }

  @Test("A reservation ends as it did the first time", arguments: StateVersion.allCases)
  func reservation(_ version: StateVersion) throws {
    let image = MachineImage.reserving(version)
    for setup in EngineSetup.allCases {
      try Self.ask(image, setup, [50, 450, 400])
      try Self.ask(image, setup, [450, 50, 102, 101, 400, 104])
    }
  }

  @Test(
    "Random programs that change themselves, asked in random order of steps",
    arguments: StateVersion.allCases)
  func random(_ version: StateVersion) throws {
    for seed in 0..<UInt64(isLongRun ? 2000 : 12) {
      let loops = !seed.isMultiple(of: 4)
      let image =
        loops
        ? LoopProgram.image(version, seed: seed) : RandomProgram.image(version, seed: seed)
      // Pre-images are a matter of other tests: a program ends when it reads one.
      let plain = try PlainTrace(image, steps: 600)
      #expect(!loops || plain.claims.count == 601, "seed \(seed)")
      for setup in EngineSetup.allCases {
        var random = SeededGenerator(seed: seed)
        let machine = try image.machine(setup, oracle: NoPreimages())
        let first = machine.step
        var kept = [machine.checkpoint()]
        for offset in plain.questions(25, using: &random) {
          let step = first &+ UInt64(offset)
          let candidates = kept.filter { $0.step <= step }
          if machine.step > step || random.chance(3) { machine.restore(random.pick(candidates)) }
          _ = try machine.run(until: step)
          let claim = machine.claim()
          #expect(
            claim == plain.claims[offset],
            "version \(version.rawValue), seed \(seed), \(setup), step \(offset)")
          guard claim == plain.claims[offset] else { break }
          if random.chance(2) { kept.append(machine.checkpoint(keepsRoots: random.chance(2))) }
          if kept.count > 1, random.chance(8) { kept.remove(at: 1 + random.below(kept.count - 1)) }
          // On, without a question, so that the next one goes back over what was done.
          if random.chance(2) {
            _ = try machine.run(
              until: min(
                machine.step &+ UInt64(random.below(300)),
                first &+ UInt64(plain.claims.count - 1)))
          }
        }
      }
    }
  }
}
