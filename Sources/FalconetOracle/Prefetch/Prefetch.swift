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
  /// How long the run waits at least for what a host is fetching.
  private static let leastPatience = Duration.seconds(5)
  /// And at most.
  private static let mostPatience = Duration.seconds(30)
  /// How often the run waits in vain until it waits no more.
  private static let vainWaitLimit = 12

  private let source: PreimageSource
  private let command: [String]
  private let options: PrefetchOptions
  /// The run's.
  private let outer: Cancellation
  private let plan: [PlanStep]
  private let activity: PreimageActivity
  private let changes: PrefetchSignal
  private let stopping: PrefetchSignal
  private let isStopped = Atomic<Bool>(false)
  private let state: Mutex<State>
  private let threads = Mutex<[BackgroundThread]>([])

  /// What a host is at.
  private struct Work {
    var keys: Set<Bytes32>
    let since = ContinuousClock.now
    /// Whether its host is asked for a key now.
    var isAsking = false
  }

  private struct State {
    var record = PrefetchRecord()
    /// The next step of the plan.
    var next = 0
    /// What is at work, by the hosts' numbers.
    var works: [Int: Work] = [:]
    /// Keys that nobody has got yet.
    var open: Set<Bytes32>
    /// What the run waits for, or waited for last.
    var wanted: Bytes32?
    /// What the run has not asked for yet.
    var values: [Bytes32: [UInt8]] = [:]
    var bytes = 0
    /// What the run has asked for, and may ask for again without a store that serves it.
    var kept: [Bytes32: [UInt8]] = [:]
    var isStarted = false
    /// Whether a host has answered, and whether the first one has ended.
    var hasAnswered = false
    var hasFirstEnded = false
    /// The longest that a step took.
    var longest = Duration.zero
    var vainWaits = 0
    var failure: PrefetchFailure?
  }

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
    var state = State(open: Set(steps.flatMap(\.keys)))
    state.record.planned = UInt64(state.open.count)
    self.state = Mutex(state)
    self.plan = steps
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
  package var isFinished: Bool { state.withLock { $0.isStarted && $0.record.hosts == 0 } }

  /// Starts the hosts' threads, once. A host is started when its thread has something to ask it for.
  package func start() {
    guard !isStopped.load(ordering: .acquiring) else { return }
    let isFirst = state.withLock { state in
      defer { state.isStarted = true }
      return !state.isStarted
    }
    guard isFirst else { return }
    let cancellation = Cancellation(descriptor: stopping.descriptor) { [self] in isEnding }
    threads.withLock { threads in
      for number in 1...max(options.hosts, 1) {
        state.withLock { $0.record.hosts += 1 }
        guard let thread = BackgroundThread({ [self] in work(number, cancellation) }) else {
          state.withLock { $0.record.hosts -= 1 }
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
    state.withLock { state in
      if options.isForRun {
        for (key, value) in state.values where Self.isKept(key) { state.kept[key] = value }
      }
      defer {
        state.values = [:]
        state.bytes = 0
      }
      return state.values
    }
  }

  /// Waits until something was fetched, or a host ended.
  package func wait(atMost time: Duration) {
    _ = PipeIO.wait(
      for: [(changes.descriptor, POLLIN), (outer.descriptor, POLLIN)], atMost: time)
    changes.clear()
  }

  // MARK: For the run

  /// What there is of a key that the run asks for.
  enum Finding {
    case value([UInt8])
    /// A host is at it.
    case coming
    case none
  }

  /// Asks for a key. If there is nothing, no host fetches it any more.
  func find(_ key: Bytes32) -> Finding {
    let (finding, isUsed) = state.withLock { state -> (Finding, Bool) in
      if let value = state.kept[key] { return (.value(value), false) }
      if let value = state.values.removeValue(forKey: key) {
        state.bytes -= value.count
        state.record.used += 1
        if Self.isKept(key) { state.kept[key] = value }
        return (.value(value), true)
      }
      if state.vainWaits < Self.vainWaitLimit,
        state.works.values.contains(where: { $0.keys.contains(key) })
      {
        state.wanted = key
        return (.coming, false)
      }
      state.open.remove(key)
      return (.none, false)
    }
    if isUsed { publish() }
    return finding
  }

  /// How long the run waits for a key that a host is at: longer than others took, so that a slow host is
  /// not asked twice, and not for ever, as a host that stalls would have it.
  var patience: Duration {
    min(max(state.withLock { $0.longest } * 4, Self.leastPatience), Self.mostPatience)
  }

  /// The run waited in vain, and asks its own host.
  func abandon(_ key: Bytes32) {
    state.withLock { state in
      state.vainWaits += 1
      state.open.remove(key)
      // Nor does it wait for the others that this host is to fetch after it.
      for (number, work) in state.works where work.keys.contains(key) {
        state.works[number]?.keys = []
      }
    }
  }

  /// Whether the store may not serve what it gets.
  private static func isKept(_ key: Bytes32) -> Bool {
    switch PreimageKeyType(rawValue: key[0]) {
    case .blob, .precompile: true
    case .keccak256, .sha256, .local, .global, nil: false
    }
  }

  /// The run has got a key elsewhere.
  func note(_ key: Bytes32) { state.withLock { _ = $0.open.remove(key) } }

  // MARK: The hosts' threads

  private var isEnding: Bool { isStopped.load(ordering: .acquiring) || outer.isRequested }

  private enum Turn {
    case step(PlanStep)
    /// The run has to take something first.
    case wait
    case done
  }

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
    state.withLock { state in
      state.works[number] = nil
      state.record.hosts -= 1
      if number == 1 { state.hasFirstEnded = true }
    }
    publish()
    changes.raise()
  }

  /// Carries out steps until none is left.
  ///
  /// - Returns: why a step failed; nil if none is left.
  private func serve(_ number: Int, _ host: PreimageHost) -> PrefetchFailure? {
    while true {
      switch turn(number) {
      case .done: return nil
      case .wait: pause(.milliseconds(50))
      case .step(let step):
        do throws(PreimageError) {
          for hint in step.hints { try host.hint(hint) }
          var keys = step.keys[...]
          while let key = next(of: &keys, number) {
            let value = try host.preimage(for: key)
            guard PreimageKey.isRight(value, for: key) else { return .lie(key: key) }
            add(key, value, number)
          }
        } catch { return .host(error) }
      }
    }
  }

  private func turn(_ number: Int) -> Turn {
    state.withLock { state in
      if let work = state.works.removeValue(forKey: number) {
        state.longest = max(state.longest, .now - work.since)
      }
      if isEnding { return .done }
      if case .refused = state.failure { return .done }
      // Hosts without numbers may exclude one another. The others come when the first one is at work.
      if number > 1, !isNumbered, !options.isForRun, !state.hasAnswered {
        return state.hasFirstEnded ? .done : .wait
      }
      while state.next < plan.count {
        guard hasBudget(state) else { return options.isForRun ? .wait : .done }
        guard state.bytes < options.byteLimit else { return .wait }
        var step = plan[state.next]
        state.next += 1
        step.keys.removeAll { !state.open.contains($0) }
        guard !step.keys.isEmpty else { continue }
        state.works[number] = Work(keys: Set(step.keys))
        return .step(step)
      }
      return .done
    }
  }

  private func hasBudget(_ state: borrowing State) -> Bool {
    let asked = state.works.values.count { $0.isAsking }
    return state.record.fetched - state.record.used + UInt64(asked) < options.budget
  }

  /// The key that a host is asked for next: what the run waits for comes before all others.
  private func next(of keys: inout ArraySlice<Bytes32>, _ number: Int) -> Bytes32? {
    state.withLock { state in
      guard hasBudget(state) else { return nil }
      if let wanted = state.wanted, state.open.contains(wanted),
        state.works[number]?.keys.contains(wanted) ?? false,
        let place = keys.firstIndex(of: wanted)
      {
        keys.remove(at: place)
        state.works[number]?.isAsking = true
        return wanted
      }
      while let key = keys.popFirst() {
        guard state.open.contains(key) else { continue }
        state.works[number]?.isAsking = true
        return key
      }
      return nil
    }
  }

  private func add(_ key: Bytes32, _ value: [UInt8], _ number: Int) {
    state.withLock { state in
      state.hasAnswered = true
      state.works[number]?.keys.remove(key)
      state.works[number]?.isAsking = false
      guard state.open.remove(key) != nil else { return }
      state.values[key] = value
      state.bytes += value.count
      state.record.fetched += 1
      state.record.bytes += UInt64(value.count)
    }
    publish()
    changes.raise()
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
    let isNew = state.withLock { state in
      state.works[number] = nil
      state.record.failed += 1
      if case .host? = state.failure { state.failure = nil }
      if state.failure == nil {
        state.failure = noted
        return true
      }
      return false
    }
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

/// Why hosts of a plan were ended, or failed.
package enum PrefetchFailure: Error, Sendable, CustomStringConvertible {
  case host(PreimageError)
  /// A host gave what is not its key's.
  case lie(key: Bytes32)
  /// A second host with the same command ended before it answered.
  case refused(PreimageError)

  package var description: String {
    switch self {
    case .host(let error): "a host that fetches ahead failed: \(error)"
    case .lie(let key):
      "a host that fetches ahead gave a wrong pre-image, and is not asked any more (key \(key))"
    case .refused(let error):
      "a second host with the same command ends at its start (\(error)): hosts that lock their "
        + "data need one each: write {n} in the command, which becomes the host's number"
    }
  }
}
