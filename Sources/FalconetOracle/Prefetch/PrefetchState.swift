import FalconetMachine
import Keccak

/// What a plan's hosts and the run share: which keys nobody has got yet, which hosts are at which of them, and what
/// was fetched. ``Prefetch`` has the threads, and the lock around this.
struct PrefetchState {
  /// How long the run waits at least for what a host is fetching.
  private static let leastPatience = Duration.seconds(5)
  /// And at most.
  private static let mostPatience = Duration.seconds(30)
  /// How often the run waits in vain until it waits no more.
  private static let vainWaitLimit = 12

  private let plan: [PlanStep]
  private let options: PrefetchOptions
  private let isNumbered: Bool
  private(set) var record = PrefetchRecord()
  /// Why hosts were ended, or failed last.
  private(set) var failure: PrefetchFailure?

  /// The next step of the plan.
  private var next = 0
  /// What is at work, by the hosts' numbers.
  private var works: [Int: Work] = [:]
  /// Keys that nobody has got yet.
  private var open: Set<Bytes32>
  /// What the run waits for, or waited for last.
  private var wanted: Bytes32?
  /// What the run has not asked for yet.
  private var values: [Bytes32: [UInt8]] = [:]
  private var bytes = 0
  /// What the run has asked for, and may ask for again without a store that serves it.
  private var kept: [Bytes32: [UInt8]] = [:]
  private var isStarted = false
  /// Whether a host has answered, and whether the first one has ended.
  private var hasAnswered = false
  private var hasFirstEnded = false
  /// The longest that a step took.
  private var longest = Duration.zero
  private var vainWaits = 0

  /// What a host is at.
  private struct Work {
    var keys: Set<Bytes32>
    let since = ContinuousClock.now
    /// Whether its host is asked for a key now.
    var isAsking = false
  }

  /// - Parameter isNumbered: whether each host's command is another.
  init(_ plan: [PlanStep], _ options: PrefetchOptions, isNumbered: Bool) {
    self.plan = plan
    self.options = options
    self.isNumbered = isNumbered
    open = Set(plan.flatMap(\.keys))
    record.planned = UInt64(open.count)
  }

  // MARK: For the owner

  /// Whether no host is at work any more.
  var isFinished: Bool { isStarted && record.hosts == 0 }

  /// Notes that the hosts' threads are started.
  ///
  /// - Returns: whether they were not before.
  mutating func start() -> Bool {
    defer { isStarted = true }
    return !isStarted
  }

  /// All that was fetched and not taken.
  mutating func takeAll() -> [Bytes32: [UInt8]] {
    if options.isForRun {
      for (key, value) in values where Self.isKept(key) { kept[key] = value }
    }
    defer {
      values = [:]
      bytes = 0
    }
    return values
  }

  // MARK: For the run

  /// What there is of a key that the run asks for.
  enum Finding {
    case value([UInt8])
    /// A host is at it.
    case coming
    case none
  }

  /// What there is of a key. If there is nothing, no host fetches it any more.
  ///
  /// - Returns: it, and whether the record counts one more that was used.
  mutating func find(_ key: Bytes32) -> (Finding, isUsed: Bool) {
    if let value = kept[key] { return (.value(value), false) }
    if let value = values.removeValue(forKey: key) {
      bytes -= value.count
      record.used += 1
      if Self.isKept(key) { kept[key] = value }
      return (.value(value), true)
    }
    if vainWaits < Self.vainWaitLimit, works.values.contains(where: { $0.keys.contains(key) }) {
      wanted = key
      return (.coming, false)
    }
    open.remove(key)
    return (.none, false)
  }

  /// How long the run waits for a key that a host is at: longer than others took, so that a slow host is
  /// not asked twice, and not for ever, as a host that stalls would have it.
  var patience: Duration { min(max(longest * 4, Self.leastPatience), Self.mostPatience) }

  /// The run waited for a key in vain.
  mutating func abandon(_ key: Bytes32) {
    vainWaits += 1
    open.remove(key)
    // Nor does it wait for the others that this host is to fetch after it.
    for (number, work) in works where work.keys.contains(key) { works[number]?.keys = [] }
  }

  /// The run has got a key elsewhere.
  mutating func note(_ key: Bytes32) { open.remove(key) }

  /// Whether the store may not serve what it gets.
  private static func isKept(_ key: Bytes32) -> Bool {
    switch PreimageKeyType(rawValue: key[0]) {
    case .blob, .precompile: true
    case .keccak256, .sha256, .local, .global, nil: false
    }
  }

  // MARK: For hosts

  /// A host's thread is to be started.
  mutating func beginHost() { record.hosts += 1 }

  /// The system gave no thread.
  mutating func withdrawHost() { record.hosts -= 1 }

  /// A host's thread has ended.
  mutating func endHost(_ number: Int) {
    works[number] = nil
    record.hosts -= 1
    if number == 1 { hasFirstEnded = true }
  }

  /// What a host does next.
  enum Turn {
    case step(PlanStep)
    /// The run has to take something first.
    case wait
    case done
  }

  /// What a host does next, which is done with its step.
  mutating func turn(of number: Int, isEnding: Bool) -> Turn {
    if let work = works.removeValue(forKey: number) { longest = max(longest, .now - work.since) }
    if isEnding { return .done }
    if case .refused = failure { return .done }
    // Hosts without numbers may exclude one another. The others come when the first one is at work.
    if number > 1, !isNumbered, !options.isForRun, !hasAnswered {
      return hasFirstEnded ? .done : .wait
    }
    while next < plan.count {
      guard hasBudget else { return options.isForRun ? .wait : .done }
      guard bytes < options.byteLimit else { return .wait }
      var step = plan[next]
      next += 1
      step.keys.removeAll { !open.contains($0) }
      guard !step.keys.isEmpty else { continue }
      works[number] = Work(keys: Set(step.keys))
      return .step(step)
    }
    return .done
  }

  private var hasBudget: Bool {
    let asked = works.values.count { $0.isAsking }
    return record.fetched - record.used + UInt64(asked) < options.budget
  }

  /// The key that a host is asked for next: what the run waits for comes before all others.
  mutating func nextKey(of keys: inout ArraySlice<Bytes32>, _ number: Int) -> Bytes32? {
    guard hasBudget else { return nil }
    if let wanted, open.contains(wanted), works[number]?.keys.contains(wanted) ?? false,
      let place = keys.firstIndex(of: wanted)
    {
      keys.remove(at: place)
      works[number]?.isAsking = true
      return wanted
    }
    while let key = keys.popFirst() {
      guard open.contains(key) else { continue }
      works[number]?.isAsking = true
      return key
    }
    return nil
  }

  /// A host gave a pre-image, which is right for its key.
  mutating func add(_ key: Bytes32, _ value: [UInt8], _ number: Int) {
    hasAnswered = true
    works[number]?.keys.remove(key)
    works[number]?.isAsking = false
    guard open.remove(key) != nil else { return }
    values[key] = value
    bytes += value.count
    record.fetched += 1
    record.bytes += UInt64(value.count)
  }

  /// A host failed.
  ///
  /// - Returns: whether this is the failure to report now.
  mutating func note(_ failure: PrefetchFailure, _ number: Int) -> Bool {
    works[number] = nil
    record.failed += 1
    if case .host? = self.failure { self.failure = nil }
    guard self.failure == nil else { return false }
    self.failure = failure
    return true
  }
}
