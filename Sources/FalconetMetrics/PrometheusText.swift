/// Prometheus' text format for metrics, version 0.0.4.
package enum PrometheusText {
  /// All metrics of a moment that have a value.
  package static func text(_ reading: RunReading) -> String {
    var text = ""
    for metric in Metric.all {
      let samples = metric.read(reading)
      guard !samples.isEmpty else { continue }
      text += "# HELP \(metric.name) \(escaped(metric.help, quotes: false))\n"
      text += "# TYPE \(metric.name) \(metric.kind.rawValue)\n"
      for sample in samples { text += line(metric.name, sample) }
    }
    return text
  }

  private static func line(_ name: String, _ sample: Metric.Sample) -> String {
    let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
    let list = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
    let value =
      switch sample.value {
      case .count(let count): "\(count)"
      case .number(let number): number.isFinite ? "\(number)" : "NaN"
      }
    return "\(name)\(list) \(value)\n"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
