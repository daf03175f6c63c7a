extension Section {
  /// The medians as a table in Markdown, with the notes below.
  var table: String {
    var names: [String] = []
    for figure in rows.flatMap(\.figures) where !names.contains(figure.name) {
      names.append(figure.name)
    }
    var lines = [["what", "who"] + names]
    for row in rows {
      lines.append(
        [row.what, row.who]
          + names.map { name in
            row.figures.first { $0.name == name }?.text ?? ""
          })
    }
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    lines.insert(widths.map { String(repeating: "-", count: $0) }, at: 1)
    let table = lines.map { line in
      "| " + zip(line, widths).map { $0.padded(to: $1) }.joined(separator: " | ") + " |"
    }
    return (["", "## " + name, ""] + table + notes.flatMap { ["", $0] }).joined(separator: "\n")
  }
}

extension Figure {
  /// The median with its unit.
  var text: String {
    let value = Double(median)
    return switch unit {
    case .nanoseconds where value >= 1e9: (value / 1e9).text + " s"
    case .nanoseconds where value >= 1e6: (value / 1e6).text + " ms"
    case .nanoseconds: (value / 1e3).text + " µs"
    case .bytes: (value / 1_048_576).text + " MiB"
    case .stepsPerSecond: (value / 1e6).text + " M/s"
    case .count: String(median)
    case .thousandths: (value / 1e3).text
    }
  }
}

extension Double {
  /// Three digits or more.
  fileprivate var text: String {
    let scale: Double = self >= 100 ? 1 : self >= 10 ? 10 : 100
    let rounded = (self * scale).rounded() / scale
    return rounded == rounded.rounded() && scale == 1 ? String(Int(rounded)) : "\(rounded)"
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }
}
