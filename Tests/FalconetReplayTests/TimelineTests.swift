import FalconetMachine
import FalconetReplay
import FalconetTestSupport
import Keccak
import Testing

@Suite("A machine that goes to any of its steps")
struct TimelineTests {
  /// Goes here and there, and compares claims and stops with those of a straight run.
  private static func walk(
    _ timeline: Timeline, _ straight: StraightRun, watched: UInt64, moves: Int,
    using random: inout SeededGenerator
  ) throws {
    let count = straight.rows.count
    guard count > 0 else { return }
    for _ in 0..<moves {
      let before = timeline.step
      var conditions = StopConditions()
      var note = ""
      switch random.below(8) {
      case 0, 1:
        let target = straight.start + UInt64(random.below(count + 1))
        try timeline.go(to: target)
        note = "goto \(target)"
        #expect(timeline.step == target, "\(note)")
      case 2 where before < straight.end:
        try timeline.go(to: before + 1)
        note = "step"
        #expect(timeline.step == before + 1)
      case 3 where before > straight.start:
        try timeline.go(to: before - 1)
        note = "step back"
        #expect(timeline.step == before - 1)
      case 4 where before > straight.start:
        let thread = random.pick(straight.rows).thread
        note = "step back of thread \(thread) from \(before)"
        let end = try timeline.stepBack(thread: thread)
        let expected = (straight.start..<before).last {
          let row = straight.rows[Int($0 - straight.start)]
          return row.isInstruction && row.thread == thread
        }
        #expect(timeline.step == expected ?? straight.start, "\(note)")
        #expect((end == .none) == (expected == nil), "\(note)")
      default:
        for _ in 0..<random.below(3) {
          conditions.addresses.insert(random.pick(straight.rows).pc)
        }
        if random.chance(3) { conditions.writes = [WatchedRange(watched, count: 4)] }
        if random.chance(5) { conditions.reads = [WatchedRange(watched, count: 4)] }
        if random.chance(6) { conditions.systemCalls = true }
        note = "from \(before) for \(conditions)"
        if random.chance(2), before < straight.end {
          let end = try timeline.findNext(conditions, until: straight.end)
          check(end, timeline, straight, conditions, before + 1..<straight.end, note)
        } else {
          let end = try timeline.findLast(conditions)
          check(end, timeline, straight, conditions, straight.start..<before, isBack: true, note)
        }
      }
      let step = timeline.step
      #expect(try timeline.machine.claim() == straight.claim(at: step), "\(note), at \(step)")
    }
  }

  private static func check(
    _ end: SearchEnd, _ timeline: Timeline, _ straight: StraightRun,
    _ conditions: StopConditions, _ range: Range<UInt64>, isBack: Bool = false, _ note: String
  ) {
    let passed: Range<UInt64>
    switch end {
    case .hit(let hit):
      #expect(hit.step == timeline.step, "\(note)")
      #expect(range.contains(hit.step), "\(note): \(hit)")
      guard range.contains(hit.step) else { return }
      #expect(straight.holds(conditions, hit.step).may, "\(note): \(hit)")
      passed = isBack ? hit.step + 1..<range.upperBound : range.lowerBound..<hit.step
    case .none:
      passed = range
      #expect(timeline.step == (isBack ? straight.start : straight.end), "\(note)")
    case .interrupted:
      Issue.record("interrupted")
      return
    }
    let missed = passed.first { straight.holds(conditions, $0).must }
    #expect(missed == nil, "\(note): \(end)")
  }

  /// Bytes for states: all that there can be, some, and only the first state.
  private static let memories: [UInt64] = [.max, 200_000, 0]

  @Test(
    "Whatever way it comes to a step, the claim is that of a straight run",
    arguments: StateVersion.allCases, [EngineKind.translator, .portable])
  func randomPrograms(_ version: StateVersion, _ engine: EngineKind) throws {
    for seed in 0..<UInt64(isLongRun ? 100 : 6) {
      var random = SeededGenerator(seed: seed)
      let image =
        seed % 3 == 2
        ? RandomProgram.image(version, seed: seed) : LoopProgram.image(version, seed: seed)
      let watched = random.pick([0x5000, 0x5010, 0x6000] as [UInt64])
      let straight = StraightRun(
        try image.machine(.step, oracle: RandomOracle()), steps: 3_000 + random.below(20_000),
        watched: watched)
      let timeline = Timeline(
        try image.machine(engine, oracle: RandomOracle()),
        memoryLimit: Self.memories[Int(seed / 2) % 3], interval: UInt64(100 + random.below(3000)))
      try Self.walk(timeline, straight, watched: watched, moves: 60, using: &random)
    }
  }

  @Test(
    "It goes back over code that was overwritten and over reservations",
    arguments: [StateVersion.v3, .v5, .v8])
  func selfModifying(_ version: StateVersion) throws {
    for image in [MachineImage.selfModifying(version), .reserving(version)] {
      for memory in Self.memories {
        var random = SeededGenerator(seed: memory)
        let straight = StraightRun(try image.machine(.step), steps: 2_000, watched: 0x2010)
        let timeline = Timeline(try image.machine(), memoryLimit: memory, interval: 50)
        try Self.walk(timeline, straight, watched: 0x2010, moves: 150, using: &random)
      }
    }
  }

  @Test(
    "Guests of Go, with threads and pre-images, are the same in both directions",
    arguments: Fixtures.recordedRuns.filter { ["threads", "oracle"].contains($0.guest) })
  func guests(_ run: RecordedRun) throws {
    guard [.v2, .v5, .v8].contains(run.version) || isLongRun else { return }
    let vector = try Fixtures.vector(run.version, run.guest)
    let machine = try Fixtures.machine(run)
    let source = CountingOracle(machine.oracle)
    machine.oracle = source
    var output: [UInt8] = []
    machine.onOutput = { output += $0 == .output ? $1 : [] }
    let timeline = Timeline(machine, memoryLimit: 64 << 20, interval: 50_000)
    // Beyond the end, back to the start, and here and there.
    #expect(try timeline.go(to: .max) == .exited)
    #expect(machine.step == vector.steps)
    #expect(machine.claim() == vector.finalHash)
    var random = SeededGenerator(seed: 7)
    for _ in 0..<(isLongRun ? 60 : 12) {
      let checkpoint = random.pick(vector.checkpoints)
      try timeline.go(to: checkpoint.step)
      #expect(machine.claim() == checkpoint.before, "before step \(checkpoint.step)")
      try timeline.go(to: checkpoint.step + 1)
      #expect(machine.claim() == checkpoint.after, "after step \(checkpoint.step)")
      try timeline.go(to: checkpoint.step)
      #expect(machine.claim() == checkpoint.before, "before step \(checkpoint.step), again")
    }
    try timeline.go(to: 0)
    #expect(machine.claim() == vector.prestateHash)
    try timeline.go(to: .max)
    #expect(machine.claim() == vector.finalHash)
    #expect(String(decoding: output, as: UTF8.self) == vector.stdout, "printed once")
    #expect(source.keys.count == Set(source.keys).count, "each pre-image is asked for once")
    #expect(source.hints == (try Self.hints(run)), "each hint is sent once")
  }

  /// The hints of a straight run.
  private static func hints(_ run: RecordedRun) throws -> [[UInt8]] {
    let machine = try Fixtures.machine(run)
    let source = CountingOracle(machine.oracle)
    machine.oracle = source
    _ = try machine.run(until: .max)
    return source.hints
  }

  @Test("States stay within their memory, and a step that is near is reached from near")
  func memory() throws {
    let run = RecordedRun(version: .v8, guest: "threads")
    let machine = try Fixtures.machine(run)
    let limit: UInt64 = 4 << 20
    let timeline = Timeline(machine, memoryLimit: limit, interval: 5_000)
    try timeline.go(to: .max)
    let end = timeline.step
    let first = timeline.byteCount
    #expect(first <= limit)
    #expect(timeline.stateCount > 3)
    let before = timeline.executed
    for distance in 1...20 as ClosedRange<UInt64> { try timeline.go(to: end - distance) }
    #expect(timeline.executed - before <= 20 * 2 * 5_000)
  }

  @Test("A failed step is reached again and again, and the machine goes back from it")
  func fault() throws {
    let code = [UInt32](repeating: Assembly.nop, count: 20) + [Assembly.stop]
    let timeline = Timeline(try MachineImage(.v8, code: code).machine(), interval: 4)
    for _ in 0..<3 {
      #expect(throws: MachineError.self) { try timeline.go(to: .max) }
      #expect(timeline.step == 20)
      try timeline.go(to: 3)
      #expect(timeline.step == 3)
    }
  }

  @Test("A host that fails is asked again, and then goes on")
  func hostFailure() throws {
    let run = RecordedRun(version: .v8, guest: "oracle")
    let machine = try Fixtures.machine(run)
    let source = CountingOracle(machine.oracle)
    source.failures = 2
    machine.oracle = source
    let timeline = Timeline(machine, interval: 10_000)
    for _ in 0..<2 { #expect(throws: MachineError.self) { try timeline.go(to: .max) } }
    try timeline.go(to: .max)
    let vector = try Fixtures.vector(.v8, "oracle")
    #expect(machine.claim() == vector.finalHash)
    #expect(source.hints == (try Self.hints(run)))
  }
}

/// Counts what is asked of a source.
private final class CountingOracle: PreimageOracle {
  private var source: any PreimageOracle
  private(set) var keys: [Bytes32] = []
  private(set) var hints: [[UInt8]] = []
  /// How many requests fail at first.
  var failures = 0

  init(_ source: any PreimageOracle) { self.source = source }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if failures > 0 {
      failures -= 1
      throw PreimageError(.stalled, key: key, message: "no answer")
    }
    keys.append(key)
    return try source.preimage(for: key)
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) { hints.append(hint) }
}
