import FalconetLibc
import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak

/// A server that is started when it is first asked, or before, and started again if it fails.
///
/// One thread uses an object at a time.
package final class PreimageHost: PreimageOracle {
  private let make: () throws(PreimageError) -> ServerOracle
  private let recovery: HostRecovery
  private let cancellation: Cancellation
  private let activity: PreimageActivity
  /// Is called about every 200 ms while a server is waited for.
  private let onWait: @Sendable () -> Void
  private let onRestart: @Sendable (HostRestart) -> Void

  private var server: ServerOracle?
  private var replay = HintReplay()
  /// Whether the server that runs has not got the hints of the one before.
  private var lacksHints = false
  private var isShutDown = false
  /// Whether a server has answered a request.
  package private(set) var hasAnswered = false

  init(
    recovery: HostRecovery = HostRecovery(), cancellation: Cancellation = .never,
    activity: PreimageActivity = PreimageActivity(),
    onWait: @escaping @Sendable () -> Void = {},
    onRestart: @escaping @Sendable (HostRestart) -> Void = { _ in },
    _ make: @escaping () throws(PreimageError) -> ServerOracle
  ) {
    self.make = make
    self.recovery = recovery
    self.cancellation = cancellation
    self.activity = activity
    self.onWait = onWait
    self.onRestart = onRestart
  }

  /// Whether the server was started.
  package var isStarted: Bool { server != nil }

  /// Starts the server if it is not.
  @discardableResult
  package func start() throws(PreimageError) -> ServerOracle {
    if let server { return server }
    guard !isShutDown else {
      throw PreimageError(
        .disconnected, message: "the pre-image server was shut down before this request")
    }
    let started = try make()
    activity.started(isRestart: lacksHints)
    server = started
    return started
  }

  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let preimage = try request(key) { (server) throws(PreimageError) in
      try server.preimage(for: key)
    }
    replay.noteAnswer()
    activity.served(key, preimage.count, from: .host)
    return preimage
  }

  package func hint(_ hint: [UInt8]) throws(PreimageError) {
    try request { (server) throws(PreimageError) in try server.hint(hint) }
    replay.note(hint)
    activity.sentHint(hint.count)
  }

  package func longHint(_ hint: LongHint) throws(PreimageError) {
    try request { (server) throws(PreimageError) in try server.longHint(hint) }
    replay.noteLong()
    activity.sentHint(hint.count)
  }

  /// Ends the server. It is not started any more.
  ///
  /// - Returns: how it ended; nil if none runs.
  @discardableResult
  package func shutdown() -> ShutdownReport? {
    isShutDown = true
    return server?.shutdown()
  }

  // MARK: Restarts

  /// Makes a request, of a server in place of the one that failed if need be.
  private func request<Answer>(
    _ key: Bytes32? = nil, _ body: (ServerOracle) throws(PreimageError) -> Answer
  ) throws(PreimageError) -> Answer {
    activity.beginWait(key: key, hint: replay.last.map { Array($0.prefix(256)) })
    defer { activity.endWait() }
    var failures = 0
    while true {
      do throws(PreimageError) {
        let server = try start()
        if lacksHints {
          for hint in replay.hints { try server.hint(hint) }
          lacksHints = false
        }
        let answer = try body(server)
        hasAnswered = true
        return answer
      } catch {
        activity.failed(error.kind)
        guard recovery.restarts > 0, !isShutDown, canRestart(error, failures) else { throw error }
        guard failures < recovery.restarts else { throw error.after(restarts: failures) }
        let pause = recovery.pause(after: failures)
        failures += 1
        onRestart(
          HostRestart(error: error, number: failures, limit: recovery.restarts, pause: pause))
        server?.shutdown(isHurried: true)
        server = nil
        lacksHints = true
        try wait(pause, error)
      }
    }
  }

  /// Whether another server may do better.
  private func canRestart(_ error: PreimageError, _ failures: Int) -> Bool {
    // A hint that is lost would be missing.
    guard !replay.isIncomplete else { return false }
    return switch error.kind {
    // From a server, `wrong` is a length that no pre-image has.
    case .disconnected, .wrong: true
    case .stalled: recovery.retriesStalls
    // It could not be started: that may pass if it could be before.
    case .unreadable: lacksHints || failures > 0
    case .missing, .noSource, .hintLimit, .interrupted: false
    }
  }

  private func wait(_ time: Duration, _ error: PreimageError) throws(PreimageError) {
    let end = ContinuousClock.now + time
    while !cancellation.isRequested {
      let left = end - .now
      if left <= .zero { return }
      _ = PipeIO.wait(
        for: [(cancellation.descriptor, POLLIN)], atMost: min(left, ServerChannel.slice))
      onWait()
    }
    throw PreimageError(
      .interrupted, key: error.key, lastHint: error.lastHint,
      message: "interrupted while waiting for the pre-image server to be started again")
  }
}

extension PreimageError {
  fileprivate func after(restarts: Int) -> PreimageError {
    var error = self
    error.message += ", also after \(restarts == 1 ? "a restart" : "\(restarts) restarts")"
    return error
  }
}
