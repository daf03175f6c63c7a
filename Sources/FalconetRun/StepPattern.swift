/// At which steps something happens.
package enum StepPattern: Equatable, Sendable {
  case never
  case always
  /// At one step.
  case at(UInt64)
  /// At every step that a number divides, 0 too. The number is not 0.
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
  /// The counter of steps goes on with 0 after 2^64 - 1.
  package func distance(after step: UInt64) -> UInt64? {
    switch self {
    case .never: return nil
    case .always: return 1
    case .at(let wanted): return wanted == step ? nil : wanted &- step
    case .every(let interval):
      // 0, at which the counter goes on, is a multiple of every interval.
      let distance = interval - step % interval
      return step == 0 ? distance : min(distance, 0 &- step)
    }
  }
}

/// Several patterns: what any of them matches.
package struct StepPatterns: Equatable, Sendable {
  package let patterns: [StepPattern]

  /// No step.
  package static let never = StepPatterns(of: [])

  package init(of patterns: [StepPattern]) { self.patterns = patterns.filter { $0 != .never } }

  package func matches(_ step: UInt64) -> Bool { patterns.contains { $0.matches(step) } }

  /// How many steps after `step` any pattern matches next; nil if never.
  package func distance(after step: UInt64) -> UInt64? {
    patterns.compactMap { $0.distance(after: step) }.min()
  }
}
