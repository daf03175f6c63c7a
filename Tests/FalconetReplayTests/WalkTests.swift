import FalconetMachine
import FalconetReplay
import FalconetTestSupport
import Keccak
import Testing

/// Walks over runs that are too long to keep each step of: claims are noted, and compared at the end with
/// those of a run that never goes back.
@Suite("Random walks over long runs")
struct WalkTests {
  /// A run that is walked over.
  private struct Course {
    let name: String
    /// The last step that is gone to.
    let end: UInt64
    /// Whether a step before the end may be one that no machine can execute.
    var mayFail = false
    let machine: (EngineKind) throws -> Machine
  }

  /// A claim that a walk came to.
  private struct Seen {
    let step: UInt64
    let claim: Bytes32
    let note: String
  }

  /// Bytes for states: all that there can be, some, and only the first state.
  private static let memories: [UInt64] = [.max, 8 << 20, 0]
  private static let movesPerWalk = 6
  /// Walks with one timeline.
  private static let walksPerTimeline = 10

  // MARK: Courses

  private static func course(_ run: RecordedRun) throws -> Course {
    Course(
      name: "\(run)", end: min(try Fixtures.vector(run.version, run.guest).steps, 100_000_000)
    ) { engine in try Fixtures.machine(run, engine) }
  }

  private static func course(
    _ name: String, _ image: MachineImage, end: UInt64, mayFail: Bool = false
  ) -> Course {
    Course(name: name, end: end, mayFail: mayFail) { engine in
      try image.machine(engine, oracle: RandomOracle())
    }
  }

  // MARK: Walking

  private static func walk(
    _ course: Course, walks: Int, seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    var seen: [Seen] = []
    var done = 0
    while done < walks {
      let engine = random.pick([EngineKind.translator, .translator, .portable])
      let memory = memories[done / walksPerTimeline % memories.count]
      let interval = max(course.end / UInt64(4 + random.below(60)), 50)
      let timeline = Timeline(
        try course.machine(engine), memoryLimit: memory, interval: interval)
      let count = min(walksPerTimeline, walks - done)
      for number in 0..<count * movesPerWalk {
        let note = try move(timeline, course, &random)
        seen.append(
          Seen(
            step: timeline.step, claim: timeline.machine.claim(),
            note: "\(course.name), seed \(seed), timeline at walk \(done), move \(number): \(note)")
        )
      }
      done += count
    }
    try compare(seen, course)
  }

  /// Goes somewhere.
  ///
  /// - Returns: what it did.
  private static func move(
    _ timeline: Timeline, _ course: Course, _ random: inout SeededGenerator
  ) throws -> String {
    let (here, end) = (timeline.step, course.end)
    do throws(MachineError) {
      switch random.below(9) {
      case 0, 1:
        let target = random.next() % (end + 1)
        try timeline.go(to: target)
        return "goto \(target)"
      case 2:
        let target = min(here + UInt64(random.below(2000)), end)
        try timeline.go(to: target - min(target, 1000))
        return "goto near \(here)"
      case 3:
        let count = UInt64(random.below(20))
        for _ in 0..<count where timeline.step < end { try timeline.go(to: timeline.step + 1) }
        return "\(count) steps from \(here)"
      case 4:
        let count = UInt64(random.below(20))
        for _ in 0..<count where timeline.step > timeline.start {
          try timeline.go(to: timeline.step - 1)
        }
        return "\(count) steps back from \(here)"
      case 5:
        let threads = timeline.machine.state.threads
        let thread = random.pick(threads.left + threads.right).id
        _ = try timeline.stepBack(thread: thread)
        return "back by a step of thread \(thread) from \(here)"
      default: return try search(timeline, end, &random)
      }
    } catch {
      if !course.mayFail {
        Issue.record("\(course.name), from \(here) to \(timeline.step): \(error)")
      }
      return "failed at \(timeline.step): \(error)"
    }
  }

  /// Continues to a breakpoint, a watchpoint or a system call, in either direction.
  private static func search(
    _ timeline: Timeline, _ end: UInt64, _ random: inout SeededGenerator
  ) throws(MachineError) -> String {
    let here = timeline.step
    let machine = timeline.machine
    let thread = machine.state.activeThread
    var conditions = StopConditions()
    // What is looked for is what the program does here.
    if let pc = thread?.pc, random.chance(2) { conditions.addresses = [pc & ~3] }
    if let access = machine.nextAccess, access.range.last - access.range.start < 64 {
      if random.chance(2) { conditions.writes = [access.range] }
      if random.chance(3) { conditions.reads = [access.range] }
    }
    if random.chance(3), let stack = thread?.registers[29] {
      conditions.writes.append(WatchedRange(stack &+ 8 * UInt64(random.below(8)), count: 8))
    }
    if random.chance(6) { conditions.systemCalls = true }
    let isBack = random.chance(2)
    let found =
      isBack
      ? try timeline.findLast(conditions) : try timeline.findNext(conditions, until: end)
    let note = "\(isBack ? "back" : "on") from \(here) for \(conditions)"
    switch found {
    case .hit(let hit):
      #expect(hit.step == timeline.step, "\(note)")
      #expect(isBack ? hit.step < here : hit.step >= here, "\(note)")
      // Whichever way it came there: seen from the next step, it is the last one.
      if hit.step < end {
        try timeline.go(to: hit.step + 1)
        let again = try timeline.findLast(conditions)
        if case .hit(let last) = again {
          #expect(last.step == hit.step, "\(note)")
        } else {
          Issue.record("\(note): step \(hit.step) is not found again")
        }
      }
    case .none: #expect(!isBack || timeline.step == timeline.start, "\(note)")
    case .interrupted: Issue.record("\(note): interrupted")
    }
    return note
  }

  /// Compares what walks saw with a run that never goes back.
  private static func compare(_ seen: [Seen], _ course: Course) throws {
    let machine = try course.machine(course.end < 3_000_000 ? .step : .portable)
    var claim: (step: UInt64, Bytes32)?
    for seen in seen.sorted(by: { $0.step < $1.step }) {
      if claim?.step != seen.step {
        _ = try? machine.run(until: seen.step)
        claim = (machine.step, machine.claim())
      }
      #expect(machine.step == seen.step, "\(seen.note)")
      #expect(claim?.1 == seen.claim, "\(seen.note), at step \(seen.step)")
    }
  }

  // MARK: Tests

  /// 10,000 walks in all in the long form: half of them on guests and programs that change themselves.
  private static func count(_ walks: Int) -> Int { isLongRun ? walks : max(walks / 50, 2) }

  private static let guestRuns: [RecordedRun] =
    (Fixtures.recordedRuns + Fixtures.toolchainRuns).filter {
      [.v1, .v2, .v3, .v5, .v8].contains($0.version)
        && ["threads", "oracle", "c-kona-like"].contains($0.guest)
    }

  @Test("Guests with threads and pre-images, and the one like Kona's client", arguments: guestRuns)
  func guests(_ run: RecordedRun) throws {
    try Self.walk(Self.course(run), walks: Self.count(4_000 / Self.guestRuns.count + 1), seed: 1)
  }

  @Test("Programs that change themselves", arguments: [StateVersion.v2, .v5, .v8])
  func selfModifying(_ version: StateVersion) throws {
    for (number, image) in [MachineImage.selfModifying(version), .reserving(version)].enumerated() {
      try Self.walk(
        Self.course("program \(number) of \(version)", image, end: number == 0 ? 50_000 : 600),
        walks: Self.count(150), seed: 2)
    }
    let image = LoopProgram.image(version, seed: 11)
    try Self.walk(
      Self.course("loop of \(version)", image, end: isLongRun ? 2_000_000 : 200_000),
      walks: Self.count(30), seed: 3)
  }

  @Test("Random programs", arguments: StateVersion.allCases)
  func randomPrograms(_ version: StateVersion) throws {
    for seed in 0..<UInt64(isLongRun ? 50 : 2) {
      let image =
        seed % 2 == 0
        ? LoopProgram.image(version, seed: seed) : RandomProgram.image(version, seed: seed)
      // Random ones may begin at any step, and end at once.
      let machine = try image.machine(.step, oracle: RandomOracle())
      let start = machine.step
      _ = try? machine.run(until: start + 20_000)
      try Self.walk(
        Self.course("program \(seed) of \(version)", image, end: machine.step, mayFail: true),
        walks: Self.count(550 / 50), seed: seed)
    }
  }

  @Test(
    "100 million steps",
    .enabled(if: isLongRun, "takes long: Scripts/long-tests walks runs it"))
  func longRuns() throws {
    let run = RecordedRun(version: .v8, guest: "compute")
    if Fixtures.recordedRuns.contains(where: { $0.guest == "compute" }) {
      try Self.walk(Self.course(run), walks: 400, seed: 4)
    }
    // A loop that stores, and calls the system now and then.
    let image = LoopProgram.image(.v8, seed: 2)
    try Self.walk(Self.course("a long loop", image, end: 100_000_000), walks: 10, seed: 5)
  }
}
