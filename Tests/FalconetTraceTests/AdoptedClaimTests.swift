import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Glibc
import Keccak
import Testing

@Suite("Adopted claims are compared with computed ones")
struct AdoptedClaimTests {
  private let folder: TemporaryFolder
  private let game: Game
  /// A game with the same prestate, whose claims are others from `first` on.
  private let other: Game
  /// An index after which neither game reads an input.
  private let first: UInt64

  init() throws {
    folder = try TemporaryFolder()
    game = try Game("base")
    other = try Game("late input", locals: Game.locals.merging([3: [9]]) { $1 })
    let differing = zip(game.claims, other.claims).enumerated().first { $1.0 != $1.1 }
    first = UInt64(try #require(differing).offset) + 30
  }

  private func source(_ game: Game) -> TraceSource {
    TraceSource(
      prestate: { () throws(StreamError) in try game.prestate() }, identity: { game.name },
      sourceIdentity: game.name, preimages: { game.oracle })
  }

  private func open(_ name: String = "t") throws -> TraceProvider {
    try TraceProvider(directory: folder.file(name), source(game))
  }

  /// Exports step data of a game, and its end.
  private func export(
    _ game: Game, _ indices: [UInt64], hasEnd: Bool = true
  ) throws {
    let trace = try TraceProvider(directory: folder.file("source"), source(game))
    _ = try trace.stepData(at: indices)
    if hasEnd { _ = try trace.lastStep() }
    try trace.export(to: folder.file("game"))
    try trace.deleteAll()
  }

  /// Adopts what was exported. The machine does not have the prestate then, so that the next question
  /// executes from the nearest state in the directory.
  private func adopt() throws -> TraceProvider {
    let adoption = try open().adopt(from: folder.file("game"))
    #expect(adoption.refused == [])
    return try open()
  }

  private func expectRight(_ trace: TraceProvider) throws {
    for index in game.indices {
      #expect(try trace.claim(at: index).claim == game.claim(index), "index \(index)")
    }
    #expect(try trace.lastStep().claim == game.claims.last)
  }

  @Test("A wrong one that a run passes is reported, and discarded with all others")
  func wrongClaim() throws {
    try export(other, [first + 10, first + 30])
    var trace: TraceProvider? = try adopt()
    // Before anything is executed, the caller is believed.
    #expect(try trace?.claim(at: first + 10).claim == other.claim(first + 10))
    #expect(try trace?.claim(at: first + 20).claim == game.claim(first + 20))
    let incidents = try #require(trace?.incidents)
    let report = try #require(incidents.first { $0.path == folder.file("t/claims.log") })
    #expect(report.reason.contains("at index \(first + 10) was adopted as"))
    #expect(report.reason.contains("\(other.claim(first + 10))"))
    #expect(report.reason.contains("\(game.claim(first + 10))"))
    #expect(
      Set(incidents.map(\.movedTo)) == [
        "", folder.file("t/quarantine/\(first + 10).json.gz"),
        folder.file("t/quarantine/\(first + 30).json.gz"),
        folder.file("t/quarantine/last.json.gz"),
      ])
    try expectRight(#require(trace))
    trace = nil
    try expectRight(open())
    #expect(try open().step(at: first + 10).claim == game.claim(first + 10))
  }

  @Test("Answers of one pass that were taken from wrong ones are given once more")
  func onePass() throws {
    try export(other, [first + 10, first + 30], hasEnd: false)
    let indices = [first + 35, first + 30, first + 10, first + 20, 3]
    let trace = try adopt()
    #expect(try trace.claims(at: indices).map(\.claim) == indices.map(game.claim))
    #expect(try trace.stepData(at: indices).map(\.claim) == indices.map(game.claim))
  }

  private static let options = TraceOptions(snapshotInterval: 2_000_000)

  /// A trace of a longer program, whose states are worth loading, into which the state after 6,000,000 steps
  /// and the step data at 4,000,000 of another one were adopted.
  private func withWrongState(
    _ right: RecordedTrace, _ before: (TraceProvider) throws -> Void = { _ in }
  ) throws -> (TraceProvider, wrong: TraceProvider) {
    let wrong = try TraceProvider(
      directory: folder.file("wrong"), RecordedTrace(.v8, "oracle-invalid").source, Self.options)
    _ = try wrong.step(at: 4_000_000)
    _ = try wrong.claim(at: 6_000_010)
    try wrong.export(to: folder.file("game"))
    for step in [2_000_000, 4_000_000] {
      try #require(unlink(folder.file("game/snapshots/\(step).bin.gz")) == 0)
    }
    do {
      let options = TraceOptions()
      try before(TraceProvider(directory: folder.file("t"), right.source, options))
      let adoption = try TraceProvider(directory: folder.file("t"), right.source, options)
        .adopt(from: folder.file("game"))
      #expect(adoption.proofs == 1 && adoption.snapshots == 1)
    }
    return (try TraceProvider(directory: folder.file("t"), right.source, Self.options), wrong)
  }

  @Test("What was computed from a wrong state is discarded with it")
  func wrongState() throws {
    let right = try RecordedTrace(.v8, "oracle")
    let truth = try TraceProvider(directory: folder.file("truth"), right.source, Self.options)
    let (trace, wrong) = try withWrongState(right)
    // Executed from the adopted state.
    #expect(try trace.claim(at: 6_000_105).claim == wrong.claim(at: 6_000_105).claim)
    #expect(try trace.step(at: 6_000_107).claim == wrong.step(at: 6_000_107).claim)
    #expect(try trace.status().executedSteps < 1_000)
    // Executed from the prestate.
    #expect(try trace.claim(at: 5_000_000) == truth.claim(at: 5_000_000))
    #expect(
      trace.incidents.contains {
        $0.reason.hasPrefix("the claim at index 4000000 was adopted as")
          && $0.movedTo == folder.file("t/quarantine/6000000.fsnap")
      })
    for index in [6_000_105, 6_000_107, 3_999_999, 4_000_000, 5_999_999] as [UInt64] {
      #expect(try trace.claim(at: index) == truth.claim(at: index))
      #expect(try trace.step(at: index) == truth.step(at: index))
    }
  }

  @Test("A wrong state that leads to another claim than a computed one is discarded")
  func stateBeforeKnownClaim() throws {
    let right = try RecordedTrace(.v8, "oracle")
    let known: UInt64 = 6_000_200
    let (trace, _) = try withWrongState(right) { _ = try $0.claim(at: known) }
    let truth = try TraceProvider(directory: folder.file("truth"), right.source, Self.options)
    #expect(try trace.claim(at: known + 30) == truth.claim(at: known + 30))
    let claim = try truth.claim(at: known).claim
    let report = "the claim at index \(known) is \(claim), but an adopted state leads to"
    #expect(trace.incidents.contains { $0.reason.hasPrefix(report) })
    #expect(try trace.claim(at: 4_000_000) == truth.claim(at: 4_000_000))
  }

  @Test("Which claims depend on an adopted state outlives a restart, and a corrupt record")
  func restart() throws {
    let right = try RecordedTrace(.v8, "oracle")
    let truth = try TraceProvider(directory: folder.file("truth"), right.source, Self.options)
    for isCorrupt in [false, true] {
      var (trace, wrong): (TraceProvider?, TraceProvider) = try withWrongState(right)
      #expect(try trace?.claim(at: 6_000_105).claim == wrong.claim(at: 6_000_105).claim)
      trace = nil
      if isCorrupt {
        var log = try #require(folder.read("t/claims.log"))
        // The record before the last one says that the last one depends on an adopted state.
        log[log.count - 88 + 8] ^= 0xFF
        try folder.write(log, to: "t/claims.log")
      }
      trace = try TraceProvider(directory: folder.file("t"), right.source, Self.options)
      #expect(try trace?.claim(at: 5_000_000) == truth.claim(at: 5_000_000))
      #expect(try trace?.claim(at: 6_000_105) == truth.claim(at: 6_000_105))
      try trace?.deleteAll()
      try wrong.deleteAll()
    }
  }

  @Test("Right ones are confirmed once, and stay when wrong ones are discarded")
  func confirmation() throws {
    try export(other, [50, first + 30], hasEnd: false)
    var trace: TraceProvider? = try adopt()
    _ = try trace?.claim(at: 60)
    #expect(trace?.incidents == [])
    let size = folder.read("t/claims.log")?.count ?? 0
    // The claim before the step is compared in the next run, and none in the third.
    for (number, growth) in [88, 132].enumerated() {
      trace = nil
      trace = try open()
      _ = try trace?.claim(at: 60)
      _ = try trace?.step(at: 50)
      #expect(try trace?.status().executedSteps == 0)
      _ = try trace?.claim(at: UInt64(70 + number))
      #expect(folder.read("t/claims.log")?.count == size + growth)
    }
    #expect(try trace?.claim(at: first + 40).claim == game.claim(first + 40))
    #expect(trace?.incidents.isEmpty == false)
    let executed = try trace?.status().executedSteps
    _ = try trace?.step(at: 50)
    #expect(try trace?.status().executedSteps == executed)
    try expectRight(#require(trace))
  }

  @Test("An end that is not the program's is discarded when the program exits")
  func wrongEnd() throws {
    try export(other, [])
    let trace = try adopt()
    #expect(try trace.lastStep().claim == other.claims.last)
    // The last step leads to the exit.
    #expect(try trace.step(at: game.last).claim == game.claim(game.last))
    try expectRight(trace)
  }
}
