/// Prometheus' text format, read by its rules: what its own parser, and `promtool check metrics`, refuse
/// is an error here.
struct PrometheusParser {
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// The values, by name and labels as they are written: `name{a="b"}`.
  private(set) var values: [String: Double] = [:]
  private var types: [String: String] = [:]
  private var helps: Set<String> = []

  init(_ text: String) throws(Problem) {
    guard text.hasSuffix("\n") else { throw Problem(description: "the last line has no end") }
    var current = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      switch line.prefix(7) {
      case "# HELP ":
        current = String(words[2])
        guard words.count == 4, helps.insert(current).inserted, Self.isName(current),
          words[3].hasSuffix(".")
        else { throw Problem(description: "bad help: \(line)") }
      case "# TYPE ":
        guard words.count == 4, words[2] == current, types[current] == nil,
          ["counter", "gauge"].contains(words[3])
        else { throw Problem(description: "bad type: \(line)") }
        types[current] = String(words[3])
        try Self.lint(current, String(words[3]))
      default: try takeSample(line, of: current)
      }
    }
  }

  private mutating func takeSample(_ line: Substring, of current: String) throws(Problem) {
    guard
      let match = line.wholeMatch(
        of:
          #/([a-z_]+)(\{[a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)/#
      ),
      match.1 == current, types[current] != nil, let value = Double(match.3)
    else { throw Problem(description: "bad sample: \(line)") }
    let series = match.1 + (match.2 ?? "")
    guard values.updateValue(value, forKey: String(series)) == nil else {
      throw Problem(description: "twice: \(line)")
    }
  }

  private static func isName(_ text: String) -> Bool {
    text.wholeMatch(of: #/[a-zA-Z_:][a-zA-Z0-9_:]*/#) != nil
  }

  /// What `promtool check metrics` says of names.
  private static func lint(_ name: String, _ type: String) throws(Problem) {
    guard (type == "counter") == name.hasSuffix("_total") else {
      throw Problem(description: "counters, and they alone, end in _total: \(name)")
    }
    for ending in ["_count", "_sum", "_bucket", "_milliseconds", "_ms", "_kilobytes", "_gauge"] {
      guard !name.hasSuffix(ending) else { throw Problem(description: "\(name) ends in \(ending)") }
    }
  }
}
