import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Engines against the plain step: watched bytes")
struct WatchLockStepTests {
  /// Ranges around the addresses that a program's registers hold, and around the data of ``LoopProgram``.
  private static func ranges(
    of image: MachineImage, _ random: inout SeededGenerator
  ) -> [WatchedRange] {
    (0..<random.below(4)).map { _ in
      let base =
        random.chance(2)
        ? random.pick([0x5010, 0x5040, 0x6010, 0x6800])
        : image.state.activeThread?.registers[random.pick([16, 17, 18, 19, 29])] ?? 0
      let start = base &+ UInt64(random.below(48)) &- 16
      let count = random.pick([1, 2, 4, 8, 24, 5000] as [UInt64])
      return WatchedRange(start & image.version.wordSize.mask, count: count)
    }
  }

  /// What a run with conditions leads to.
  private enum Outcome: Equatable {
    case stopped(ObservedStop)
    case failed(String)
  }

  private static func run(
    _ machine: Machine, _ limit: UInt64, _ conditions: StopConditions, skipsFirst: Bool
  ) -> Outcome {
    do throws(MachineError) {
      return .stopped(
        try machine.run(until: limit, stoppingFor: conditions, skipsFirst: skipsFirst))
    } catch { return .failed(error.description) }
  }

  /// Runs both machines from stop to stop.
  ///
  /// - Returns: how often they stopped at a watched access.
  private static func compare(
    _ image: MachineImage, _ setup: EngineSetup, steps: UInt64,
    using random: inout SeededGenerator, _ note: String
  ) throws -> Int {
    let fast = try image.machine(setup, oracle: RandomOracle())
    let plain = try image.machine(.step, oracle: RandomOracle())
    let end = plain.step &+ steps
    var hits = 0
    while plain.step < end {
      var conditions = StopConditions()
      conditions.writes = ranges(of: image, &random)
      conditions.reads = ranges(of: image, &random)
      let limit = plain.step + UInt64(random.pick([1, 10, 100, 1000]))
      var skips = random.chance(2)
      var isOver = false
      while plain.step < limit, !isOver {
        let outcome = run(fast, limit, conditions, skipsFirst: skips)
        let expected = run(plain, limit, conditions, skipsFirst: skips)
        #expect(outcome == expected, "\(note), \(conditions)")
        #expect(fast.state == plain.state, "\(note), \(conditions)")
        if outcome != expected || fast.state != plain.state { return hits }
        switch expected {
        case .stopped(.access), .stopped(.systemCallWrote): hits += 1
        case .stopped: isOver = true
        case .failed: return hits
        }
        skips = true
      }
      if let address = fast.memory.firstDifference(from: plain.memory) {
        Issue.record("\(note), \(conditions): memory differs at \(address)")
        return hits
      }
      // Outside of its code a program executes nothing but zeros.
      let pc = plain.state.activeThread?.pc
      if plain.hasExited || !(pc.map { plain.memory.hasPage($0 >> 12) } ?? false) { break }
    }
    #expect(fast.claim() == plain.claim(), "\(note)")
    return hits
  }

  @Test(
    "Both stop before the same accesses, in the same states", arguments: StateVersion.allCases,
    EngineSetup.allCases)
  func stops(_ version: StateVersion, _ setup: EngineSetup) throws {
    var hits = 0
    for seed in 0..<UInt64(isLongRun ? 400 : 30) {
      var random = SeededGenerator(seed: seed)
      let image =
        seed % 2 == 0
        ? LoopProgram.image(version, seed: seed) : RandomProgram.image(version, seed: seed)
      hits += try Self.compare(image, setup, steps: 3_000, using: &random, "seed \(seed)")
    }
    #expect(hits > 100)
  }

  @Test("Guests stop before the same accesses to their stack", arguments: EngineSetup.allCases)
  func guests(_ setup: EngineSetup) throws {
    for run in [
      RecordedRun(version: .v8, guest: "c-kona-like"), RecordedRun(version: .v5, guest: "threads"),
      RecordedRun(version: .v8, guest: "threads"),
    ] {
      let machine = try Fixtures.machine(run)
      _ = try machine.run(until: 1_000_000)
      var random = SeededGenerator(seed: 3)
      let image = MachineImage(of: machine)
      let hits = try Self.compare(image, setup, steps: 30_000, using: &random, "\(run)")
      #expect(hits > 10, "\(run)")
    }
  }

  @Test(
    "Loads into register 0 are seen, also in a delay slot", arguments: EngineSetup.allCases,
    [false, true])
  func loadsIntoRegister0(_ setup: EngineSetup, _ isInDelaySlot: Bool) throws {
    let load = Assembly.immediate(0x23, rs: 8, rt: 0, 4)
    let branch = Assembly.immediate(4, 1)
    var image = MachineImage(
      .v8,
      code: isInDelaySlot ? [branch, load, Assembly.stop] : [Assembly.nop, load, Assembly.stop])
    image[register: 8] = 0x2000
    let machine = try image.machine(setup, oracle: NoPreimages())
    // Code that was written before there was a watch.
    let start = machine.checkpoint()
    _ = try machine.run(until: 2)
    machine.restore(start)
    var conditions = StopConditions()
    conditions.reads = [WatchedRange(0x2004, count: 4)]
    let stop = try machine.run(until: 2, stoppingFor: conditions, skipsFirst: false)
    guard case .access = stop else { return #expect(Bool(false), "\(stop)") }
    #expect(machine.step == 1)
  }

  @Test("Accesses beside watched bytes leave no engine", arguments: EngineSetup.allCases)
  func besideWatches(_ setup: EngineSetup) throws {
    // Counts in a word, for ever: 5 steps a round, and one for each turn of the scheduler.
    let image = MachineImage(
      .v8,
      code: [
        Assembly.immediate(0x23, rt: 8, 0x2000), Assembly.immediate(9, rs: 8, rt: 8, 1),
        Assembly.immediate(0x2B, rt: 8, 0x2000), Assembly.immediate(4, -4), Assembly.nop,
      ])
    let machine = try image.machine(setup, oracle: NoPreimages())
    var questions = 0
    machine.shouldInterrupt = {
      questions += 1
      return false
    }
    var conditions = StopConditions()
    // The word behind, and another page's bytes at the same offset.
    conditions.writes = [WatchedRange(0x2004, count: 4), WatchedRange(0x3000, count: 4)]
    conditions.reads = [WatchedRange(0x1FF8, count: 8), WatchedRange(0x2004, count: 4)]
    #expect(
      try machine.run(until: 1_000_000, stoppingFor: conditions, skipsFirst: false) == .step)
    #expect(machine.memory.loadWord(at: 0x2000) >> 32 > 199_000)
    // One is asked for every 256 turns of the engine.
    #expect(questions < 5)
  }
}
