import FalconetRun

extension StepPattern {
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
    case _ where text.allSatisfy(\.isNumber):
      throw UsageError(
        "unrecognized step matcher: \"\(text)\": use =\(text), and no commas inside a number")
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
}

extension StepPatterns {
  /// The patterns of a flag that may be repeated, each value a comma-separated list. `@steps.txt` in a
  /// list stands for the patterns in that file.
  ///
  /// - Throws: ``UsageError`` for what is no pattern, `StreamError` for a file that cannot be read.
  package init(_ values: [String]) throws {
    var patterns: [StepPattern] = []
    for value in values {
      for part in value.split(separator: ",", omittingEmptySubsequences: false) {
        if part.hasPrefix("@") {
          patterns += try StepList.patterns(of: String(part.dropFirst()))
        } else {
          patterns.append(try StepPattern(part))
        }
      }
    }
    self.init(of: patterns)
  }
}
