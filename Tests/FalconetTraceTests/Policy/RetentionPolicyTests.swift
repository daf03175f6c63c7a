import FalconetTestSupport
import FalconetTrace
import Testing

/// Bisections over a trace of which only so many states are kept.
private struct Simulation {
  /// Which states are kept, and taken on the way.
  enum Way {
    /// Those at the multiples of the length over the number of states. Whoever does so must know
    /// the length beforehand.
    case fixed
    case policy
  }

  static let length: UInt64 = 1_000_000_000
  let way: Way
  let limit: Int
  private var policy = RetentionPolicy()
  private var kept: [UInt64] = [0]
  private(set) var executed: UInt64 = 0
  private var isEndKnown = false

  init(_ way: Way, limit: Int) {
    self.way = way
    self.limit = limit
  }

  /// One game: questions until a random step is found in a range that is longer than the trace.
  mutating func bisect(_ range: UInt64, _ random: inout SeededGenerator) {
    let wanted = random.next() % Self.length
    var (low, high) = (UInt64(0), range)
    while high - low > 4 {
      let middle = (low + high) / 2
      ask(min(middle, Self.length))
      if middle <= wanted { low = middle } else { high = middle }
    }
  }

  private mutating func ask(_ step: UInt64) {
    guard step < Self.length || !isEndKnown else { return }
    var position = kept.last { $0 <= step } ?? 0
    while position < step {
      let spacing =
        way == .fixed
        ? Self.length / UInt64(limit)
        : max(Self.length / 500, max(policy.end, position) / 32)
      let next = min((position / spacing + 1) * spacing, step)
      executed += next - position
      position = next
      policy.record(reached: position)
      if position < Self.length, way == .policy || position % spacing == 0 { keep(position) }
    }
    if step == Self.length {
      isEndKnown = true
      policy.record(end: step)
    }
    policy.record(question: step)
    if way == .policy, step < Self.length { keep(step) }
  }

  private mutating func keep(_ step: UInt64) {
    guard !kept.contains(step) else { return }
    kept = (kept + [step]).sorted()
    if way == .policy, kept.count > limit + 1, let position = policy.leastValuable(kept) {
      kept.remove(at: position)
    }
  }
}

@Suite("Which states are kept")
struct RetentionPolicyTests {
  /// Steps executed by the first to the third game on one trace, in traces, on average, and the
  /// most that the first took.
  private func work(_ way: Simulation.Way, _ limit: Int) -> (mean: [Double], worst: Double) {
    var (sums, worst) = ([0.0, 0, 0], 0.0)
    let rounds = isLongRun ? 200 : 20
    for seed in 0..<rounds {
      var random = SeededGenerator(seed: UInt64(seed))
      let range = Simulation.length + random.next() % Simulation.length
      var simulation = Simulation(way, limit: limit)
      for game in sums.indices {
        let before = simulation.executed
        simulation.bisect(range, &random)
        let part = Double(simulation.executed - before) / Double(Simulation.length)
        sums[game] += part
        if game == 0 { worst = max(worst, part) }
      }
    }
    return (sums.map { $0 / Double(rounds) }, worst)
  }

  @Test("Fewer steps than with states at fixed intervals", arguments: [4, 8, 16, 32])
  func againstFixedIntervals(_ limit: Int) {
    let (fixed, policy) = (work(.fixed, limit), work(.policy, limit))
    if isLongRun { print("\(limit) states: fixed \(fixed), policy \(policy)") }
    for (policy, fixed) in zip(policy.mean, fixed.mean) { #expect(policy < 0.85 * fixed) }
    #expect(policy.worst < fixed.worst && policy.worst < 2)
  }

  @Test("The first state is never chosen, and if it is alone there is no choice")
  func firstState() {
    var policy = RetentionPolicy()
    #expect(policy.leastValuable([]) == nil)
    #expect(policy.leastValuable([0]) == nil)
    #expect(policy.leastValuable([5, 9]) == 1)
    policy.record(end: .max)
    #expect(policy.leastValuable([0, .max]) == 1)
    policy.record(question: .max)
    policy.record(question: 0)
    #expect(policy.leastValuable([0, 1, .max]) != 0)
  }

  @Test("What lies around the last question is kept, and the front of an unfinished trace too")
  func nearQuestions() {
    var policy = RetentionPolicy()
    policy.record(end: 1000)
    for question in [500, 750, 625] as [UInt64] { policy.record(question: question) }
    // Ten steps matter more between the questions than a hundred far from them.
    #expect(policy.leastValuable([0, 100, 110, 500, 510, 625, 635]) == 1)
    var unfinished = RetentionPolicy()
    unfinished.record(reached: 320)
    #expect(unfinished.leastValuable([0, 10, 20, 320]) != 3)
  }

  @Test("Questions without number are recorded within bounds")
  func bounds() {
    var policy = RetentionPolicy()
    for question in 0..<10_000 as Range<UInt64> {
      policy.record(question: question &* 7919 % 10_007)
    }
    #expect(policy.asked.count <= 256)
    #expect(policy.asked == policy.asked.sorted())
  }
}
