import FalconetLibc

/// What a standard stream of the process leads to.
package enum Terminal {
  case output, errors

  private var descriptor: Int32 {
    switch self {
    case .output: STDOUT_FILENO
    case .errors: STDERR_FILENO
    }
  }

  /// Whether a person reads it.
  package var isInteractive: Bool { isatty(descriptor) == 1 }

  /// Whether it shows colors, and the user wants them: see https://no-color.org.
  package var isColored: Bool {
    isInteractive && Self.value("NO_COLOR").isEmpty
      && Self.value("TERM") != "dumb" && !Self.value("TERM").isEmpty
  }

  private static func value(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
  }
}

/// How a word is set off on a terminal.
package enum Paint: String {
  case heading = "1"
  case bad = "1;31"
  case good = "32"
  case warning = "33"

  /// The text with the paint, on a terminal that shows it; else as it is.
  package func callAsFunction(_ text: String, on terminal: Terminal = .output) -> String {
    terminal.isColored ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }

  /// The text with the first occurrence of a word painted.
  package func callAsFunction(
    first word: String, of text: String, on terminal: Terminal
  ) -> String {
    guard terminal.isColored, let range = text.firstRange(of: word) else { return text }
    return text.replacingCharacters(of: range, with: self(word, on: terminal))
  }
}

extension String {
  fileprivate func replacingCharacters(of range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}

extension BinaryInteger {
  /// The digits in groups of three if a person reads standard output; else without, for scripts.
  var forReader: String { Terminal.output.isInteractive ? grouped : "\(self)" }

  /// The digits in groups of three: 1,234,567.
  package var grouped: String {
    let digits = Array("\(magnitude)")
    var text = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }
}
