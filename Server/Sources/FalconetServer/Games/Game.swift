import Falconet
import Synchronization

/// A game: the trace that the service answers from, open or not, and what happens to it.
final class Game: Sendable {
  let id: String
  let record: GameRecord
  let directory: String
  private let state = Mutex(State())

  private struct State {
    var trace: Trace?
    /// The job that executes now, whose client serves pre-images.
    var running: Job?
    var jobs: [Job] = []
    var counts = Counts()
    var snapshots: [UInt64] = []
    /// The most steps after which a state was asked for and found.
    var reached: UInt64 = 0
    var size: UInt64 = 0
    var lastServed = ContinuousClock.now
    /// Where and when steps were last counted, for the speed.
    var mark: (step: UInt64, at: ContinuousClock.Instant)?
    var speed = 0.0
    var isDeleted = false
    /// When its clock runs out, if somebody said so.
    var deadline: ContinuousClock.Instant?
    /// What people looked at last, as it was sent.
    var looks: [Question: [UInt8]] = [:]
  }

  /// The most answers for people that are kept.
  private static let lookLimit = 128

  static let missing = ServiceError.notFound(
    "there is no such game", remedy: "open it with POST /v1/games")

  struct Counts: Sendable {
    var questions: UInt64 = 0
    var known: UInt64 = 0
    var failed: UInt64 = 0
    var executedSteps: UInt64 = 0
    /// Steps of traces that were open before.
    var closedSteps: UInt64 = 0
    var preimages: UInt64 = 0
    var hostWait = Duration.zero

    static func += (sum: inout Counts, other: Counts) {
      sum.known += other.known
      sum.executedSteps += other.executedSteps
      sum.preimages += other.preimages
      sum.hostWait += other.hostWait
    }
  }

  /// - Parameter size: bytes that its directory takes.
  init(_ record: GameRecord, directory: String, size: UInt64 = 0) {
    id = record.id
    self.record = record
    self.directory = directory
    let deadline = GameDeadline.read(in: directory)
    state.withLock {
      $0.size = size
      $0.deadline = deadline
    }
  }

  var program: String? { record.program }
  var trace: Trace? { state.withLock { $0.trace } }
  var running: Job? { state.withLock { $0.running } }
  var counts: Counts { state.withLock { $0.counts } }
  var isOpen: Bool { state.withLock { $0.trace != nil } }
  /// Bytes that its trace takes, as of the last answer.
  var size: UInt64 { state.withLock { $0.size } }
  var isBusy: Bool { state.withLock { $0.running != nil || !$0.jobs.isEmpty } }
  var lastServed: ContinuousClock.Instant { state.withLock { $0.lastServed } }
  var currentStep: UInt64? { state.withLock { $0.running == nil ? nil : $0.trace?.currentStep } }

  /// When the game's clock runs out, or an answer is needed that is not there yet, whichever is first.
  var nextDeadline: ContinuousClock.Instant? { state.withLock { Self.nextDeadline($0) } }

  private static func nextDeadline(_ state: State) -> ContinuousClock.Instant? {
    let asked = ((state.running.map { [$0] } ?? []) + state.jobs).compactMap(\.deadline)
    return ([state.deadline].compactMap { $0 } + asked).min()
  }

  /// When the game's clock runs out.
  var deadline: ContinuousClock.Instant? { state.withLock { $0.deadline } }

  /// Sets the game's clock, or stops it.
  func set(deadline seconds: Double?) throws(ServiceError) {
    if isDeleted { throw Self.missing }
    do { try GameDeadline.write(seconds, in: directory) } catch {
      throw .full("the deadline cannot be stored: \(error)", remedy: "check the data directory")
    }
    state.withLock { $0.deadline = seconds.map { .now + .seconds($0) } }
  }

  // MARK: What is known

  /// The answer to a question about claims if all are known: no thread is needed for it.
  func knownReply(to question: Question) -> JSON? {
    guard let trace else { return nil }
    let end = trace.knownEnd?.index
    switch question {
    case .view, .stacks, .events:
      guard let bytes = state.withLock({ $0.looks[question] }) else { return nil }
      countKnown()
      return .written(bytes)
    case .claims(let indices):
      var answers: [JSON] = []
      for index in indices {
        guard let claim = trace.knownClaim(at: index) else { return nil }
        answers.append(AnswerJSON.claim(index, claim, end: end))
      }
      countKnown()
      return .array(answers)
    case .last:
      guard let end = trace.knownEnd else { return nil }
      countKnown()
      return .object(["index": .count(end.index), "claim": .string(end.claim.description)])
    case .proofs, .state, .profile, .search, .snapshots: return nil
    }
  }

  /// Keeps an answer for people, which never changes once the end is known.
  func keep(_ bytes: [UInt8], for question: Question) {
    guard bytes.count < 1 << 20, trace?.knownEnd != nil else { return }
    state.withLock {
      if $0.looks.count >= Self.lookLimit { $0.looks = [:] }
      $0.looks[question] = bytes
    }
  }

  private func countKnown() {
    state.withLock {
      $0.counts.questions += 1
      $0.counts.known += 1
      $0.lastServed = .now
    }
  }

  // MARK: The queue

  /// The scheduler says what is asked of the game.
  func show(running: Job?, waiting: [Job]) {
    state.withLock {
      $0.running = running
      $0.jobs = waiting
      $0.lastServed = .now
    }
  }

  /// Takes the trace out, so that its memory is freed, unless a question is answered.
  func close() -> Trace? {
    state.withLock { state in
      guard state.running == nil else { return nil }
      defer { state.trace = nil }
      state.looks = [:]
      state.counts.closedSteps = state.counts.executedSteps
      return state.trace
    }
  }

  /// Takes the trace out though a question was answered: for the thread that did it.
  func drop() {
    state.withLock { state in
      state.trace = nil
      state.counts.closedSteps = state.counts.executedSteps
    }
  }

  /// Whether it takes no more questions. Decided under the scheduler's lock.
  var isDeleted: Bool { state.withLock { $0.isDeleted } }

  func markDeleted() { state.withLock { $0.isDeleted = true } }

  func use(_ trace: Trace) { state.withLock { $0.trace = trace } }

  func countFailure() { state.withLock { $0.counts.failed += 1 } }

  func countQuestion() { state.withLock { $0.counts.questions += 1 } }

  func note(_ status: Trace.Status) {
    state.withLock {
      $0.snapshots = status.snapshots
      $0.size = status.size
      $0.counts.executedSteps = $0.counts.closedSteps + status.executedSteps
    }
  }

  /// A question was answered, so that the states up to it can be had.
  func note(answered question: Question) {
    let last: UInt64? =
      switch question {
      case .claims(let indices), .proofs(let indices): indices.max().map { $0 &+ 1 }
      case .state(let step), .view(let step, _): step
      case .last, .stacks, .events, .profile, .search, .snapshots: nil
      }
    guard let last else { return }
    state.withLock { $0.reached = max($0.reached, last) }
  }

  /// Counts a pre-image that the client of the running job served.
  func count(preimages: UInt64, waited: Duration) {
    state.withLock {
      $0.counts.preimages += preimages
      $0.counts.hostWait += waited
    }
  }

  /// Steps per second at the moment.
  private func speed(_ state: inout State) -> Double {
    guard state.running != nil, let step = state.trace?.currentStep else {
      state.mark = nil
      return 0
    }
    let now = ContinuousClock.now
    if let mark = state.mark, now - mark.at > .milliseconds(200) {
      state.speed = step > mark.step ? Double(step - mark.step) / now.seconds(since: mark.at) : 0
      state.mark = (step, now)
    } else if state.mark == nil {
      state.mark = (step, now)
      state.speed = 0
    }
    return state.speed
  }

  var json: JSON {
    state.withLock { state in
      let end = state.trace?.knownEnd
      return .object([
        "game": .string(id), "definition": record.json,
        "open": .bool(state.trace != nil),
        "status": .string(
          state.running != nil ? "executing" : state.jobs.isEmpty ? "idle" : "queued"),
        "step": (state.running == nil ? nil : state.trace?.currentStep).map { .count($0) },
        "stepsPerSecond": .number(speed(&state)),
        "lastIndex": end.map { .count($0.index) },
        "reachedStep": end == nil
          ? .count(max(state.reached, state.snapshots.max() ?? 0)) : nil,
        "lastClaim": end.map { .string($0.claim.description) },
        "questions": .count(state.counts.questions), "knownAnswers": .count(state.counts.known),
        "failedQuestions": .count(state.counts.failed),
        "executedSteps": .count(state.counts.executedSteps),
        "preimages": .count(state.counts.preimages),
        "hostWaitSeconds": .number(state.counts.hostWait / .seconds(1)),
        "bytes": .count(state.size),
        "deadlineSeconds": Self.nextDeadline(state).map { .number($0.seconds(since: .now)) },
        "queue": .array(
          ((state.running.map { [$0] } ?? []) + state.jobs).prefix(100).map { .string($0.id) }),
      ])
    }
  }
}
