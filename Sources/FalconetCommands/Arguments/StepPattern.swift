/// At which steps something happens.
package enum StepPattern: Equatable, Sendable {
  case never
  case always
  /// At one step: `=N`.
  case at(UInt64)
  /// At every step that `N` divides, 0 too: `%N`.
  case every(UInt64)

  /// A pattern as the command line has it; the empty one is `never`.
  package init(_ text: some StringProtocol) throws(UsageError) {
    switch text {
    case "", "never": self = .never
    case "always": self = .always
    case _ where text.hasPrefix("="): self = .at(try Self.number(text.dropFirst(), in: text))
    case _ where text.hasPrefix("%"):
      let interval = try Self.number(text.dropFirst(), in: text)
      guard interval > 0 else {
        throw UsageError("step pattern \"\(text)\" asks for every 0 steps: use 1 or more")
      }
      self = .every(interval)
    default:
      throw UsageError(
        "unrecognized step matcher: \"\(text)\": use never, always, =N or %N")
    }
  }

  private static func number(
    _ digits: some StringProtocol, in text: some StringProtocol
  ) throws(UsageError) -> UInt64 {
    guard let number = GoNumber(digits) else {
      throw UsageError("failed to parse step number in \"\(text)\"")
    }
    return number.value
  }

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
  static let never = StepPatterns()

  private init() { patterns = [] }

  /// The patterns of a flag that may be repeated, each value a comma-separated list.
  package init(_ values: [String]) throws(UsageError) {
    var patterns: [StepPattern] = []
    for value in values {
      for part in value.split(separator: ",", omittingEmptySubsequences: false) {
        patterns.append(try StepPattern(part))
      }
    }
    self.patterns = patterns.filter { $0 != .never }
  }

  package func matches(_ step: UInt64) -> Bool { patterns.contains { $0.matches(step) } }

  /// How many steps after `step` any pattern matches next; nil if never.
  package func distance(after step: UInt64) -> UInt64? {
    patterns.compactMap { $0.distance(after: step) }.min()
  }
}
