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

  /// The first step after `step` that matches, or nil where none does.
  package func next(after step: UInt64) -> UInt64? {
    switch self {
    case .never: return nil
    case .always: return step == .max ? nil : step + 1
    case .at(let wanted): return wanted > step ? wanted : nil
    case .every(let interval):
      let (next, overflow) = (step - step % interval).addingReportingOverflow(interval)
      return overflow ? nil : next
    }
  }
}

/// Several patterns: what any of them matches.
package struct StepPatterns: Equatable, Sendable {
  package let patterns: [StepPattern]

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

  /// The first step after `step` that any pattern matches.
  package func next(after step: UInt64) -> UInt64? {
    patterns.compactMap { $0.next(after: step) }.min()
  }
}
