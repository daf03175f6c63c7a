import Dispatch
import Falconet
import Synchronization

/// Threads that answer questions, one of a game at a time.
///
/// A question that waits for a slow host gives its place to another, so that hosts that hang hold up nobody else. There
/// are some threads more for that.
///
/// The question with the earliest deadline, its own or its game's, goes first. Those without one go after them, and the game
/// that was served longest ago goes first among them.
final class Scheduler: Sendable {
  private struct Queue {
    let game: Game
    var waiting: [Job] = []
    var running: Job?
    var lastServed: ContinuousClock.Instant
  }

  private struct State {
    var queues: [String: Queue] = [:]
    var count = 0
    var isStopping = false
    var busy = 0
    var answered: UInt64 = 0
    var failed: UInt64 = 0
    var joined: UInt64 = 0
    /// Questions that ended after their deadlines.
    var late: UInt64 = 0
    var seconds = 0.0
  }

  /// What it has done, for metrics.
  struct Reading: Sendable {
    var waiting = 0
    var busy = 0
    /// Those of the busy ones that wait for slow hosts.
    var slow = 0
    var answered: UInt64 = 0
    var failed: UInt64 = 0
    var joined: UInt64 = 0
    /// Questions that ended after their deadlines.
    var late: UInt64 = 0
    var seconds = 0.0
  }

  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)
  private let idle = DispatchSemaphore(value: 0)
  /// How many questions execute at once.
  let threadCount: Int
  private let spareCount: Int

  /// - Parameters:
  ///   - spare: how many questions more may wait for slow hosts.
  ///   - answer: answers a question, on one of the threads.
  init(
    threads: Int, spare: Int = 0, _ answer: @escaping @Sendable (Job) -> Result<Reply, ServiceError>
  ) {
    (threadCount, spareCount) = (threads, spare)
    for _ in 0..<threads + spare { startThread { [self] in serve(answer) } }
  }

  var reading: Reading {
    state.withLock {
      Reading(
        waiting: $0.count, busy: $0.busy, slow: Self.slowCount($0), answered: $0.answered,
        failed: $0.failed,
        joined: $0.joined, late: $0.late, seconds: $0.seconds)
    }
  }

  // MARK: Asking

  /// Takes a question, or joins the job that has the same one.
  ///
  /// - Parameter limit: the most questions that may wait.
  func submit(
    _ question: Question, of game: Game, deadline: ContinuousClock.Instant?, limit: Int,
    id: () -> String
  ) throws(ServiceError) -> Job {
    let (job, isNew) = try state.withLock { (state) throws(ServiceError) -> (Job, Bool) in
      guard !state.isStopping else { throw .stopping }
      guard !game.isDeleted else { throw Game.missing }
      var queue =
        state.queues[game.id] ?? Queue(game: game, lastServed: game.lastServed)
      let same = ([queue.running].compactMap { $0 } + queue.waiting)
        .first { $0.question == question && $0.cancelled == nil }
      if let same {
        same.tighten(deadline)
        state.joined += 1
        return (same, false)
      }
      guard state.count < limit else {
        throw .busy(
          "\(limit) questions are waiting already", remedy: "ask again, or raise limits.questions")
      }
      let job = Job(id: id(), game: game, question: question, deadline: deadline)
      queue.waiting.append(job)
      state.queues[game.id] = queue
      state.count += 1
      publish(queue)
      return (job, true)
    }
    if isNew { work.signal() }
    return job
  }

  /// Shows a game what is asked of it.
  private func publish(_ queue: Queue) {
    queue.game.show(running: queue.running, waiting: queue.waiting)
  }

  /// Ends a question. If it is executing, it stops within some milliseconds.
  func cancel(_ job: Job) {
    job.cancel(.cancelled)
    let wasWaiting = state.withLock { state in
      guard var queue = state.queues[job.game.id],
        let position = queue.waiting.firstIndex(where: { $0 === job })
      else { return false }
      queue.waiting.remove(at: position)
      state.count -= 1
      state.queues[job.game.id] = queue.waiting.isEmpty && queue.running == nil ? nil : queue
      publish(queue)
      return true
    }
    if wasWaiting { job.finish(.failure(.cancelled)) }
  }

  /// Takes no more questions of a game, which is about to be deleted.
  ///
  /// - Returns: false if there are questions that wait or are being answered.
  func retire(_ game: Game) -> Bool {
    state.withLock { state in
      guard state.queues[game.id] == nil else { return false }
      game.markDeleted()
      return true
    }
  }

  /// The questions that are being answered.
  var running: [Job] { state.withLock { $0.queues.values.compactMap(\.running) } }

  // MARK: Stopping

  /// Refuses new questions, fails those that wait, and waits for those that execute; after a time, it stops
  /// them too. Their answers so far are on the disk.
  func stop(within time: Duration) async {
    let (waiting, running) = state.withLock { state in
      state.isStopping = true
      let waiting = state.queues.values.flatMap(\.waiting)
      for id in state.queues.keys { state.queues[id]?.waiting = [] }
      state.count = 0
      return (waiting, state.queues.values.compactMap(\.running))
    }
    for job in waiting { job.finish(.failure(.stopping)) }
    let end = ContinuousClock.now + time
    for job in running { _ = await job.reply(within: end - .now) }
    for job in running where job.reply == nil { job.cancel(.stopping) }
    for job in running { _ = await job.reply(within: .seconds(30)) }
    for _ in 0..<threadCount + spareCount { work.signal() }
  }

  // MARK: The threads

  /// Notes that a question waits for its host, on its thread. Called again and again as long as it does.
  func noteWait(_ job: Job) {
    guard job.noteWait(), state.withLock({ $0.count > 0 }) else { return }
    // Its place is free.
    work.signal()
  }

  private static func slowCount(_ state: State) -> Int {
    state.queues.values.count { $0.running?.isWaitingLong == true }
  }

  private func serve(_ answer: (Job) -> Result<Reply, ServiceError>) {
    ThreadKind.executing.apply()
    while true {
      work.wait()
      if let job = take() {
        job.begin()
        let began = ContinuousClock.now
        let reply = answer(job)
        finish(job, reply, seconds: ContinuousClock.now.seconds(since: began))
      } else if state.withLock({ $0.isStopping }) {
        return
      }
    }
  }

  private func take() -> Job? {
    state.withLock { state in
      guard state.count > 0, state.busy - Self.slowCount(state) < threadCount else { return nil }
      var best: (id: String, position: Int, deadline: ContinuousClock.Instant?)?
      for (id, queue) in state.queues where queue.running == nil && !queue.waiting.isEmpty {
        let deadlines = queue.waiting.enumerated().compactMap { position, job in
          job.urgency.map { (position, $0) }
        }
        let urgent = deadlines.min { $0.1 < $1.1 }
        let candidate = (id: id, position: urgent?.0 ?? 0, deadline: urgent?.1)
        guard let present = best else {
          best = candidate
          continue
        }
        switch (candidate.deadline, present.deadline) {
        case (let own?, let other?): if own < other { best = candidate }
        case (.some, nil): best = candidate
        case (nil, .some): break
        case (nil, nil):
          if queue.lastServed < state.queues[present.id]!.lastServed { best = candidate }
        }
      }
      guard let best, var queue = state.queues[best.id] else { return nil }
      let job = queue.waiting.remove(at: best.position)
      queue.running = job
      queue.lastServed = .now
      state.queues[best.id] = queue
      state.count -= 1
      state.busy += 1
      publish(queue)
      return job
    }
  }

  private func finish(_ job: Job, _ reply: Result<Reply, ServiceError>, seconds: Double) {
    let isMore = state.withLock { state in
      state.busy -= 1
      state.seconds += seconds
      if let deadline = job.deadline, deadline < .now { state.late += 1 }
      if case .success = reply { state.answered += 1 } else { state.failed += 1 }
      if var queue = state.queues[job.game.id] {
        queue.running = nil
        queue.lastServed = .now
        state.queues[job.game.id] = queue.waiting.isEmpty ? nil : queue
        publish(queue)
      }
      // Also one that found no place.
      return state.count > 0
    }
    job.finish(reply)
    if isMore { work.signal() }
  }
}
