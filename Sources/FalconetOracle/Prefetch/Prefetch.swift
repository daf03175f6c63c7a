import FalconetLibc
import FalconetMachine
import FalconetStreams
import FalconetSystem
import FalconetThreads
import Keccak
import Synchronization
import SystemPackage

/// Hosts that fetch, side by side, what a plan says that a run will ask for.
///
/// Each host has a thread, and takes the plan's next step when it is done with one. Pre-images wait here
/// until the run asks for them, or the owner takes all. What is not right for its key never comes here.
///
/// The threads hold the object: whoever starts them calls ``stop()``.
package final class Prefetch: Sendable {
  /// The most requests that one host fails before it is left alone.
  private static let failureLimit = 4

  private let source: PreimageSource
  private let command: [String]
  private let options: PrefetchOptions
  /// The run's.
  private let outer: Cancellation
  private let activity: PreimageActivity
  private let changes: PrefetchSignal
  private let stopping: PrefetchSignal
  private let isStopped = Atomic<Bool>(false)
  private let state: Mutex<PrefetchState>
  private let threads = Mutex<[BackgroundThread]>([])

  /// - Parameters:
  ///   - source: one with a server, whose command may have `{n}` in it.
  ///   - isKnown: whether a key need not be asked for.
  /// - Returns: nil if there is nothing to fetch.
  package init?(
    _ source: PreimageSource, _ plan: PreimagePlan, _ options: PrefetchOptions,
    _ cancellation: Cancellation, isKnown: (Bytes32) -> Bool
  ) throws(PreimageError) {
    guard case .server(let command) = source.origin else {
      throw PreimageError(
        .noSource, message: "a plan is for hosts, and there is none", remedy: "name a host")
    }
    let steps = plan.steps(source.hints, isKnown: isKnown)
    guard !steps.isEmpty else { return nil }
    do throws(Errno) {
      changes = try PrefetchSignal()
      stopping = try PrefetchSignal()
    } catch {
      throw PreimageError(.unreadable, message: "pre-images cannot be fetched ahead: \(error)")
    }
    activity = source.activity
    state = Mutex(
      PrefetchState(steps, options, isNumbered: PrefetchOptions.isNumbered(command)))
    self.command = command
    self.options = options
    outer = cancellation
    var source = source
    // Waits of these hosts are not the run's.
    source.activity = PreimageActivity()
    source.onWait = {}
    source.recovery.retriesStalls = false
    self.source = source
  }

  // MARK: For the owner

  /// Whether each host's command is another.
  package var isNumbered: Bool { PrefetchOptions.isNumbered(command) }

  package var record: PrefetchRecord { state.withLock { $0.record } }

  /// Why hosts were ended, or failed last.
  package var failure: PrefetchFailure? { state.withLock { $0.failure } }

  /// Whether no host is at work any more.
  package var isFinished: Bool { state.withLock { $0.isFinished } }

  /// Starts the hosts' threads, once. A host is started when its thread has something to ask it for.
  package func start() {
    guard !isStopped.load(ordering: .acquiring) else { return }
    guard state.withLock({ $0.start() }) else { return }
    let cancellation = Cancellation(descriptor: stopping.descriptor) { [self] in isEnding }
    threads.withLock { threads in
      for number in 1...max(options.hosts, 1) {
        state.withLock { $0.beginHost() }
        guard let thread = BackgroundThread({ [self] in work(number, cancellation) }) else {
          state.withLock { $0.withdrawHost() }
          return options.report("the system gives no thread for host \(number) of the plan")
        }
        threads.append(thread)
      }
    }
    publish()
  }

  /// Ends the hosts, and waits for that.
  package func stop() {
    isStopped.store(true, ordering: .releasing)
    stopping.raise()
    threads.withLock { threads in
      for thread in threads { thread.join() }
      threads = []
    }
  }

  /// All that was fetched and not taken.
  package func takeAll() -> [Bytes32: [UInt8]] {
    state.withLock { $0.takeAll() }
  }

  /// Waits until something was fetched, or a host ended.
  package func wait(atMost time: Duration) {
    _ = PipeIO.wait(
      for: [(changes.descriptor, POLLIN), (outer.descriptor, POLLIN)], atMost: time)
    changes.clear()
  }

  // MARK: For the run

  /// Asks for a key. If there is nothing, no host fetches it any more.
  func find(_ key: Bytes32) -> PrefetchState.Finding {
    let (finding, isUsed) = state.withLock { $0.find(key) }
    if isUsed { publish() }
    return finding
  }

  /// How long the run waits for a key that a host is at.
  var patience: Duration { state.withLock { $0.patience } }

  /// The run waited in vain, and asks its own host.
  func abandon(_ key: Bytes32) { state.withLock { $0.abandon(key) } }

  /// The run has got a key elsewhere.
  func note(_ key: Bytes32) { state.withLock { $0.note(key) } }

  // MARK: The hosts' threads

  private var isEnding: Bool { isStopped.load(ordering: .acquiring) || outer.isRequested }

  private func work(_ number: Int, _ cancellation: Cancellation) {
    var failures = 0
    while failures < Self.failureLimit {
      let host = source.host(PrefetchOptions.command(command, number), cancellation)
      let failure = serve(number, host)
      host.shutdown()
      guard let failure, !isEnding else { break }
      failures += 1
      if isFinal(failure, number, host) { break }
      pause(source.recovery.pause(after: failures - 1))
    }
    state.withLock { $0.endHost(number) }
    publish()
    changes.raise()
  }

  /// Carries out steps until none is left.
  ///
  /// - Returns: why a step failed; nil if none is left.
  private func serve(_ number: Int, _ host: PreimageHost) -> PrefetchFailure? {
    while true {
      switch state.withLock({ $0.turn(of: number, isEnding: isEnding) }) {
      case .done: return nil
      case .wait: pause(.milliseconds(50))
      case .step(let step):
        do throws(PreimageError) {
          for hint in step.hints { try host.hint(hint) }
          var keys = step.keys[...]
          while let key = state.withLock({ $0.nextKey(of: &keys, number) }) {
            let value = try host.preimage(for: key)
            guard PreimageKey.isRight(value, for: key) else { return .lie(key: key) }
            state.withLock { $0.add(key, value, number) }
            publish()
            changes.raise()
          }
        } catch { return .host(error) }
      }
    }
  }

  /// Notes a failure, and says whether the host is not started any more.
  private func isFinal(_ failure: PrefetchFailure, _ number: Int, _ host: PreimageHost) -> Bool {
    let isAlone = number == 1 && !options.isForRun
    let noted: PrefetchFailure
    let isFinal: Bool
    switch failure {
    case .host(let error)
    where !isNumbered && !isAlone && !host.hasAnswered && error.kind == .disconnected:
      (noted, isFinal) = (.refused(error), true)
    case .host: (noted, isFinal) = (failure, false)
    case .lie, .refused: (noted, isFinal) = (failure, true)
    }
    let isNew = state.withLock { $0.note(noted, number) }
    changes.raise()
    publish()
    if isNew { options.report("\(noted)") }
    return isFinal
  }

  private func pause(_ time: Duration) {
    let end = ContinuousClock.now + time
    while !isEnding {
      let left = end - .now
      if left <= .zero { return }
      _ = PipeIO.wait(for: [(stopping.descriptor, POLLIN)], atMost: min(left, .milliseconds(200)))
    }
  }

  private func publish() { activity.set(prefetch: record) }
}
