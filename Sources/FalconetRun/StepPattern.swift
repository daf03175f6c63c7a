/// At which steps something happens.
package enum StepPattern: Equatable, Sendable {
  case never
  case always
  /// At one step.
  case at(UInt64)
  /// At every step that a number divides, including 0. The number is not 0.
  case every(UInt64)

  package func matches(_ step: UInt64) -> Bool {
    switch self {
    case .never: false
    case .always: true
    case .at(let wanted): step == wanted
    case .every(let interval): step % interval == 0
    }
  }

  /// How many steps after `step` the pattern matches next; nil if never.
  ///
  /// The counter of steps continues with 0 after 2^64 - 1.
  package func distance(after step: UInt64) -> UInt64? {
    switch self {
    case .never: return nil
    case .always: return 1
    case .at(let wanted): return wanted == step ? nil : wanted &- step
    case .every(let interval):
      // 0, with which the counter continues, is a multiple of every interval.
      let distance = interval - step % interval
      return step == 0 ? distance : min(distance, 0 &- step)
    }
  }
}

/// Several patterns: what any of them matches.
///
/// A list of steps may be long, and is searched in O(log n).
package struct StepPatterns: Equatable, Sendable {
  package let patterns: [StepPattern]
  /// The steps of ``StepPattern/at(_:)``, ascending.
  private let steps: [UInt64]
  /// The other patterns.
  private let repeating: [StepPattern]

  /// No step.
  package static let never = StepPatterns(of: [])

  package init(of patterns: [StepPattern]) {
    self.patterns = patterns.filter { $0 != .never }
    var steps: [UInt64] = []
    var repeating: [StepPattern] = []
    for pattern in self.patterns {
      if case .at(let step) = pattern { steps.append(step) } else { repeating.append(pattern) }
    }
    self.steps = steps.sorted()
    self.repeating = repeating
  }

  package func matches(_ step: UInt64) -> Bool {
    let position = firstPosition { $0 >= step }
    return position < steps.count && steps[position] == step
      || repeating.contains { $0.matches(step) }
  }

  /// How many steps after `step` any pattern matches next; nil if never.
  package func distance(after step: UInt64) -> UInt64? {
    var distance = repeating.compactMap { $0.distance(after: step) }.min()
    let position = firstPosition { $0 > step }
    // After the last one, the first one comes next, since the counter of steps starts over.
    if let next = position < steps.count ? steps[position] : steps.first, next != step {
      distance = min(distance ?? .max, next &- step)
    }
    return distance
  }

  /// The position of the first step that satisfies a condition which all later ones satisfy too.
  private func firstPosition(where condition: (UInt64) -> Bool) -> Int {
    var (low, high) = (0, steps.count)
    while low < high {
      let middle = (low + high) / 2
      if condition(steps[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
