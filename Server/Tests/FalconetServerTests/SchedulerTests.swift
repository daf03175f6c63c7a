import Dispatch
import Synchronization
import Testing

@testable import FalconetServer

struct SchedulerTests {
  private static func game(_ label: String) throws -> Game {
    var record = try GameRecord(
      .object(["prestate": .string("0x03" + String(repeating: "00", count: 31))]))
    record.preimages = .client(label)
    return Game(record, directory: "/nonexistent")
  }

  /// Asks questions while the one thread is held, lets it go, and tells the order of the answers.
  private func order(
    _ questions: [(game: Game, index: UInt64, deadline: Duration?)]
  ) async throws -> [UInt64] {
    let gate = DispatchSemaphore(value: 0)
    let order = Mutex<[UInt64]>([])
    let scheduler = Scheduler(threads: 1) { job in
      guard case .claims(let indices) = job.question else { return .failure(.stopping) }
      if indices == [0] { gate.wait() } else { order.withLock { $0 += indices } }
      return .success(.json(.null))
    }
    let number = Mutex(0)
    func submit(_ question: Question, _ game: Game, _ deadline: Duration?) throws -> Job {
      try scheduler.submit(
        question, of: game, deadline: deadline.map { .now + $0 }, limit: 100
      ) {
        number.withLock {
          $0 += 1
          return "\($0)"
        }
      }
    }
    let first = try submit(.claims([0]), try Self.game("held"), nil)
    while first.status != .running { await Task.yield() }
    let jobs = try questions.map { try submit(.claims([$0.index]), $0.game, $0.deadline) }
    gate.signal()
    for job in jobs { _ = await job.reply(within: .seconds(60)) }
    await scheduler.stop(within: .seconds(1))
    return order.withLock { $0 }
  }

  @Test("Questions with a deadline go first, the earliest at the front")
  func deadlines() async throws {
    let (a, b) = (try Self.game("a"), try Self.game("b"))
    let order = try await order([
      (a, 1, nil), (a, 2, .seconds(90_000)), (b, 3, .seconds(30_000)), (b, 4, nil),
      (a, 5, .seconds(60_000)),
    ])
    #expect(order.prefix(3) == [3, 5, 2])
  }

  @Test("The clock of a game is a deadline of its questions, but not of what people look at")
  func clocks() async throws {
    let directory = Fixtures.directory()
    defer { Files.remove(directory) }
    let games = try ["none", "later", "soon"].map { name in
      let record = try Self.game(name).record
      try Files.make(directory: "\(directory)/\(name)")
      return Game(record, directory: "\(directory)/\(name)")
    }
    try games[1].set(deadline: 900_000)
    try games[2].set(deadline: 60_000)
    let order = try await order([
      (games[0], 1, nil), (games[1], 2, nil), (games[2], 3, nil), (games[0], 4, .seconds(300_000)),
      (games[1], 5, .seconds(30_000)),
    ])
    #expect(order == [5, 3, 4, 2, 1])
    func urgency(_ question: Question) -> ContinuousClock.Instant? {
      Job(id: "", game: games[2], question: question, deadline: nil).urgency
    }
    #expect(urgency(.last) != nil && urgency(.state(1)) != nil && urgency(.proofs([1])) != nil)
    #expect(urgency(.view(1, memory: nil)) == nil && urgency(.snapshots) == nil)
  }

  @Test("Without deadlines, games take turns, however many questions one of them has")
  func fairness() async throws {
    let (a, b) = (try Self.game("a"), try Self.game("b"))
    let order = try await order(
      (1...5).map { (a, $0, nil) } + [(b, 11, nil), (b, 12, nil)])
    #expect(order == [1, 11, 2, 12, 3, 4, 5])
  }

  @Test("Equal questions are answered once, others beyond the limit are refused")
  func joining() async throws {
    let gate = DispatchSemaphore(value: 0)
    let scheduler = Scheduler(threads: 1) { _ in
      gate.wait()
      return .success(.json(.null))
    }
    let game = try Self.game("a")
    let one = try scheduler.submit(.last, of: game, deadline: nil, limit: 1) { "1" }
    while one.status != .running { await Task.yield() }
    let same = try scheduler.submit(.last, of: game, deadline: nil, limit: 1) { "2" }
    #expect(same === one)
    let waiting = try scheduler.submit(.claims([1]), of: game, deadline: nil, limit: 1) { "3" }
    let error = #expect(throws: ServiceError.self) {
      try scheduler.submit(.claims([2]), of: game, deadline: nil, limit: 1) { "4" }
    }
    #expect(error?.status == 429)
    scheduler.cancel(waiting)
    guard case .failure(let failure)? = waiting.reply else { throw error! }
    #expect(failure.code == "cancelled")
    gate.signal()
    _ = await one.reply(within: .seconds(60))
    #expect(one.status == .done)
    await scheduler.stop(within: .seconds(1))
    #expect(throws: ServiceError.self) {
      try scheduler.submit(.last, of: game, deadline: nil, limit: 1) { "5" }
    }
  }

  @Test("Who waits for a reply gets it, or nothing after its time")
  func waiting() async throws {
    let job = Job(id: "1", game: try Self.game("a"), question: .last, deadline: nil)
    for time in [Duration.zero, .milliseconds(5)] {
      if await job.reply(within: time) != nil { Issue.record("there is a reply") }
    }
    async let reply = job.reply(within: .seconds(60))
    job.finish(.failure(.stopping))
    guard case .failure(let error)? = await reply else {
      Issue.record("there is no reply")
      return
    }
    #expect(error == .stopping)
    job.finish(.success(.json(.null)))
    #expect(job.status == .failed)
  }

  @Test("A game that is retired takes no question, and one with questions is not retired")
  func retirement() async throws {
    let gate = DispatchSemaphore(value: 0)
    let scheduler = Scheduler(threads: 1) { _ in
      gate.wait()
      return .success(.json(.null))
    }
    let game = try Self.game("a")
    let job = try scheduler.submit(.last, of: game, deadline: nil, limit: 10) { "1" }
    #expect(!scheduler.retire(game))
    gate.signal()
    _ = await job.reply(within: .seconds(60))
    #expect(scheduler.retire(game))
    #expect(throws: Game.missing) {
      try scheduler.submit(.last, of: game, deadline: nil, limit: 10) { "2" }
    }
  }
}
