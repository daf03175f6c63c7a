import FalconetMachine
import FalconetMetrics
import FalconetOracle
import FalconetStreams
import Logging
import Synchronization

/// Says what a run waits for: on a terminal, in the log, in a file of metrics, and in a trace's
/// directory for `trace status`.
///
/// The thread that executes calls ``note(step:pages:)`` as it goes on, and ``wait()`` while it waits.
final class HostWatch: Sendable {
  /// A wait is logged when it has taken this long, and each time that it has taken twice as long.
  private static let firstLog = Duration.seconds(10)
  /// How often the file for `trace status` is written.
  private static let statusInterval = Duration.seconds(2)

  private struct State {
    var firstStep: UInt64?
    var step: UInt64 = 0
    var pages: Int?
    /// The start of the wait that was logged last, and when it is logged next.
    var logged: ContinuousClock.Instant?
    var nextLog = HostWatch.firstLog
    var nextStatus = ContinuousClock.now
    var hasFailed = false
  }

  private let activity: PreimageActivity
  private let progress: ProgressLine
  private let logger: Logger
  private let metrics: MetricsFile?
  /// Where `trace status` looks; nil for nowhere.
  private let status: HostStatusFile?
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  init(
    _ activity: PreimageActivity, _ loggers: Loggers, metrics: MetricsFile? = nil,
    status: HostStatusFile? = nil
  ) {
    self.activity = activity
    self.metrics = metrics
    self.status = status
    progress = ProgressLine(loggers.console)
    logger = loggers.logger("host")
  }

  /// Notes how far the run has come.
  func note(step: UInt64, pages: Int? = nil) {
    state.withLock { state in
      if state.firstStep == nil { state.firstStep = step }
      state.step = step
      state.pages = pages ?? state.pages
    }
    write()
  }

  /// Is called while the run waits for its host, at most some times a second.
  func wait() {
    let record = activity.record
    guard let wait = record.wait else { return write() }
    let now = ContinuousClock.now
    let time = now - wait.since
    let step = state.withLock { $0.step }
    progress.show(
      "step \(step.grouped), waiting \(time.inWords) for the host (\(record.waited(until: now).inWords) "
        + "in all): \(wait.subject)")
    let isDue = state.withLock { state in
      if state.logged != wait.since {
        state.logged = wait.since
        state.nextLog = Self.firstLog
      }
      guard time >= state.nextLog else { return false }
      while state.nextLog <= time { state.nextLog *= 2 }
      return true
    }
    if isDue {
      var metadata = record.metadata(until: now)
      metadata["seconds"] = "\(time.components.seconds)"
      if let key = wait.key { metadata["key"] = "\(key)" }
      if let hint = wait.hint { metadata["hint"] = "\(PreimageError.render(hint))" }
      logger.info("Waiting for the pre-image server", metadata: metadata)
    }
    write()
  }

  /// What the progress line says of waits so far; empty if they took no time.
  var summary: String {
    let waited = activity.record.waited()
    return waited >= .seconds(1) ? ", waited \(waited.inWords) for the host" : ""
  }

  /// Writes the files a last time, and logs what served the run if a host or a store did.
  func end() {
    progress.end()
    let record = activity.record
    if record.starts > 0 || record.prefetch != nil || record.count(from: .store).requests > 0 {
      logger.info("Pre-images of the run", metadata: record.metadata(until: .now))
    }
    if let metrics {
      attempt { () throws(StreamError) in try metrics.write(reading(isRunning: false)) }
    }
    writeStatus(record)
  }

  private func write() {
    if let metrics {
      attempt { () throws(StreamError) in try metrics.writeIfDue { reading(isRunning: true) } }
    }
    guard status != nil else { return }
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      guard now >= state.nextStatus else { return false }
      state.nextStatus = now + Self.statusInterval
      return true
    }
    if isDue { writeStatus(activity.record) }
  }

  /// Nothing depends on the file. What no source was asked for says nothing of the process before.
  private func writeStatus(_ record: PreimageActivity.Record) {
    guard let status,
      PreimageActivity.Place.allCases.contains(where: {
        record.count(from: $0).requests > 0
      }) || record.wait != nil
    else { return }
    try? status.write(record, step: state.withLock { $0.step })
  }

  private func reading(isRunning: Bool) -> RunReading {
    var reading = RunReading()
    reading.version = Release.version
    reading.isRunning = isRunning
    reading.elapsed = .now - start
    reading.preimages = activity.record
    state.withLock { state in
      reading.step = state.step
      reading.executedSteps = state.step &- (state.firstStep ?? state.step)
      reading.pages = state.pages
    }
    return reading
  }

  /// A file of metrics that cannot be written is reported once, and ends nothing.
  private func attempt(_ body: () throws(StreamError) -> Void) {
    do throws(StreamError) { try body() } catch {
      let isNew = state.withLock { state in
        defer { state.hasFailed = true }
        return !state.hasFailed
      }
      if isNew { logger.warning("Failed to write metrics", metadata: ["err": "\(error)"]) }
    }
  }
}

extension PreimageActivity.Wait {
  /// What is waited for.
  var subject: String {
    let hint = hint.map { " after hint \(PreimageError.render(Array($0.prefix(80))))" } ?? ""
    return (key.map { "key \($0)" } ?? "a hint to be taken") + hint
  }
}

extension PreimageActivity.Record {
  /// What a log line says of it.
  func metadata(until now: ContinuousClock.Instant) -> Logger.Metadata {
    var metadata: Logger.Metadata = ["waited": "\(waited(until: now).inWords)"]
    for place in PreimageActivity.Place.allCases {
      let count = count(from: place).requests
      if count > 0 { metadata[place.rawValue] = "\(count)" }
    }
    if restarts > 0 { metadata["restarts"] = "\(restarts)" }
    if let prefetch {
      metadata["planned"] = "\(prefetch.planned)"
      metadata["fetched-ahead"] = "\(prefetch.fetched)"
      metadata["used"] = "\(prefetch.used)"
    }
    return metadata
  }
}

extension Duration {
  /// Such as `0.4s`, `12s`, `3m2s`, `2h5m`.
  var inWords: String {
    let (seconds, attoseconds) = components
    if seconds < 10 { return "\(seconds).\(attoseconds / 100_000_000_000_000_000)s" }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m\(seconds % 60)s" }
    return "\(seconds / 3600)h\(seconds / 60 % 60)m"
  }
}
