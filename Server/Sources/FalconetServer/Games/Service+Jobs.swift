import Falconet
import Synchronization

/// The questions that clients asked, as jobs.
extension Service {
  /// The reply to a question that is known, or the job that answers it.
  func ask(
    _ question: Question, of game: Game, deadline: Duration? = nil
  ) throws(ServiceError) -> (known: JSON?, job: Job?) {
    if let known = game.knownReply(to: question) { return (known, nil) }
    let job = try scheduler.submit(
      question, of: game, deadline: deadline.map { .now + $0 }, limit: limits.questions
    ) { nextJobID() }
    game.countQuestion()
    note(job)
    return (nil, job)
  }

  func job(_ id: String) throws(ServiceError) -> Job {
    guard let job = state.withLock({ $0.jobs[id] }) else {
      throw .notFound(
        "there is no such job", remedy: "ask the question again: what is known is answered at once")
    }
    return job
  }

  private func nextJobID() -> String {
    state.withLock { state in
      state.nextJob += 1
      // Not to be guessed, and another after a restart.
      return String(UInt64.random(in: .min ... .max), radix: 36) + "-\(state.nextJob)"
    }
  }

  /// Keeps a job, and drops old ones that are finished.
  private func note(_ job: Job) {
    state.withLock { state in
      if state.jobs.updateValue(job, forKey: job.id) == nil { state.order.append(job.id) }
    }
    dropFinished()
  }

  /// How long a client has to fetch an answer, whatever else is in memory.
  private static let fetchTime = Duration.seconds(10)

  /// Drops jobs that are finished, the oldest first: those that are too many, and whose answers take too much.
  ///
  /// - Parameter all: whether all answers take too much.
  func dropFinished(all: Bool = false) {
    let dropped = state.withLock { state -> [Job] in
      let limits = state.configuration.limits
      let jobs = state.order.compactMap { state.jobs[$0] }
      var dropped: [Job] = []
      let now = ContinuousClock.now
      var finished = jobs.count { $0.reply != nil }
      var bytes = jobs.reduce(0) { $0 + $1.answerSize }
      let most = all ? 0 : limits.answers
      for job in jobs {
        guard let ended = job.ended else { continue }
        // A state's file is large, and its client fetches it at once.
        let isStale =
          if case .success(.file) = job.reply { now - ended > .seconds(60) } else { false }
        let isLarge = bytes > most && job.answerSize > 0 && now - ended > Self.fetchTime
        guard isStale || isLarge || finished > limits.finishedQuestions else { continue }
        finished -= 1
        bytes -= job.answerSize
        state.jobs[job.id] = nil
        dropped.append(job)
      }
      if !dropped.isEmpty { state.order.removeAll { state.jobs[$0] == nil } }
      return dropped
    }
    for job in dropped {
      if case .success(.file(let path, _)) = job.reply { Files.remove(path) }
    }
  }
}
