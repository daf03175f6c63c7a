import Falconet
import Synchronization

/// A question that was asked, until it is answered and for some time after.
final class Job: Sendable {
  enum Status: String, Sendable { case queued, running, done, failed }

  let id: String
  let game: Game
  let question: Question
  let cancellation = Cancellation()
  /// What the client that asks serves pre-images over.
  let exchange: HostExchange
  let created = ContinuousClock.now
  private let state = Mutex(State())

  private struct State {
    var status = Status.queued
    var deadline: ContinuousClock.Instant?
    var reply: Result<Reply, ServiceError>?
    var began: ContinuousClock.Instant?
    var ended: ContinuousClock.Instant?
    var size = 0
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
    /// Why it must end, if it must.
    var cancelled: ServiceError?
    /// When it began to wait for its host, and when it last said that it still does.
    var wait: (since: ContinuousClock.Instant, seen: ContinuousClock.Instant)?
  }

  private struct Waiter {
    let continuation: CheckedContinuation<Result<Reply, ServiceError>?, Never>
    let alarm: Task<Void, Never>
  }

  init(id: String, game: Game, question: Question, deadline: ContinuousClock.Instant?) {
    self.id = id
    self.game = game
    self.question = question
    exchange = HostExchange()
    state.withLock { $0.deadline = deadline }
  }

  var status: Status { state.withLock { $0.status } }
  var reply: Result<Reply, ServiceError>? { state.withLock { $0.reply } }
  var deadline: ContinuousClock.Instant? { state.withLock { $0.deadline } }
  var ended: ContinuousClock.Instant? { state.withLock { $0.ended } }
  /// About how many bytes its answer takes in memory; 0 if there is none.
  var answerSize: Int { state.withLock { $0.size } }

  /// What the order of questions follows: the game's clock counts too, but not for people who look.
  var urgency: ContinuousClock.Instant? {
    let own = deadline
    guard question.isOfChallengers, let clock = game.deadline else { return own }
    return min(own ?? clock, clock)
  }

  /// Another client asks the same: the earlier deadline counts.
  func tighten(_ deadline: ContinuousClock.Instant?) {
    guard let deadline else { return }
    state.withLock { $0.deadline = min($0.deadline ?? deadline, deadline) }
  }

  func begin() {
    state.withLock {
      $0.status = .running
      $0.began = .now
    }
  }

  func finish(_ reply: Result<Reply, ServiceError>) {
    let size = if case .success(.json(let json)) = reply { json.size } else { 0 }
    let waiters = state.withLock { state in
      guard state.reply == nil else { return [Waiter]() }
      state.reply = reply
      state.size = size
      if case .success = reply { state.status = .done } else { state.status = .failed }
      state.ended = .now
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters {
      waiter.alarm.cancel()
      waiter.continuation.resume(returning: reply)
    }
    exchange.end()
  }

  /// The reply, or nil if there is none after a time. The question goes on.
  func reply(within time: Duration) async -> Result<Reply, ServiceError>? {
    if let reply { return reply }
    guard time > .zero else { return nil }
    return await withCheckedContinuation { continuation in
      let reply = state.withLock { state -> Result<Reply, ServiceError>? in
        if let reply = state.reply { return reply }
        state.nextWaiter += 1
        let number = state.nextWaiter
        let alarm = Task {
          guard (try? await Task.sleep(for: time)) != nil else { return }
          self.state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation
            .resume(returning: nil)
        }
        state.waiters[number] = Waiter(continuation: continuation, alarm: alarm)
        return nil
      }
      if let reply { continuation.resume(returning: reply) }
    }
  }

  /// Has the thread that executes stop.
  ///
  /// - Parameter reason: the question's reply then.
  func cancel(_ reason: ServiceError) {
    state.withLock { $0.cancelled = $0.cancelled ?? reason }
    cancellation.cancel()
  }

  /// How long a host may take until another question gets the place.
  private static let patience = Duration.seconds(1)
  /// A wait that nobody noted for longer is over.
  private static let breath = Duration.milliseconds(700)

  /// Notes that it waits for its host.
  ///
  /// - Returns: whether it has waited for so long that another question gets its place.
  func noteWait() -> Bool {
    let now = ContinuousClock.now
    return state.withLock { state in
      if let wait = state.wait, now - wait.seen < Self.breath {
        state.wait = (wait.since, now)
      } else {
        state.wait = (now, now)
      }
      return Self.isLong(state, now)
    }
  }

  /// Its host answered.
  func endWait() { state.withLock { $0.wait = nil } }

  /// How long it has waited for its host; nil if it does not.
  var hostWait: Duration? {
    if let wait = exchange.wait { return wait }
    let now = ContinuousClock.now
    return state.withLock { state in
      guard let wait = state.wait, state.reply == nil, now - wait.seen < Self.breath else {
        return nil
      }
      return now - wait.since
    }
  }

  /// Whether it waits for its host, and has for long.
  var isWaitingLong: Bool { state.withLock { Self.isLong($0, .now) } }

  private static func isLong(_ state: State, _ now: ContinuousClock.Instant) -> Bool {
    guard let wait = state.wait, state.reply == nil else { return false }
    return now - wait.seen < breath && now - wait.since >= patience
  }

  /// Why the question must end, if it must.
  var cancelled: ServiceError? { state.withLock { $0.cancelled } }

  var json: JSON {
    let (status, deadline, began, ended, reply) = state.withLock {
      ($0.status, $0.deadline, $0.began, $0.ended, $0.reply)
    }
    var error: JSON?
    if case .failure(let failure) = reply { error = failure.json["error"] }
    var answer: JSON?
    if case .success(.json(let value)) = reply { answer = value }
    let step = status == .running ? game.currentStep : nil
    return .object([
      "job": .string(id), "game": .string(game.id), "kind": .string(question.kind),
      "status": .string(status.rawValue),
      "waitedSeconds": .number((began ?? ended ?? .now).seconds(since: created)),
      "seconds": began.map { .number((ended ?? .now).seconds(since: $0)) },
      "deadlineSeconds": deadline.map { .number($0.seconds(since: .now)) },
      "step": step.map { .count($0) },
      "answer": answer, "error": error,
    ])
  }
}

extension ContinuousClock.Instant {
  func seconds(since other: Self) -> Double { (self - other) / .seconds(1) }
}
