import Falconet

/// A check's report as text and as JSON.
struct CompatibilityView {
  private let report: CompatibilityReport
  private let path: String

  init(_ report: CompatibilityReport, path: String) {
    self.report = report
    self.path = path
  }

  func lines(listsAll: Bool) -> [String] {
    let version = "\(report.version.name) (version \(report.version.rawValue))"
    let harmful = report.findings.filter(\.isHarmful)
    let excused = report.findings.filter { $0.isReachable && !$0.isHarmful }
    let others = report.findings.filter { !$0.isReachable }
    var lines = [
      "\(path): \(report.functionCount) functions, \(report.reachableFunctionCount) reachable",
      harmful.isEmpty
        ? "nothing reachable that \(version) lacks" : "reachable, and not in \(version):",
    ]
    for finding in harmful {
      lines.append("  " + describe(finding))
      lines.append("    by " + way(finding.path))
    }
    if !excused.isEmpty {
      lines.append("not in \(version), and not executed:")
      for finding in excused {
        lines.append("  " + describe(finding))
        lines.append("    " + (finding.excuse ?? ""))
      }
    }
    if !others.isEmpty {
      lines.append(
        "not in \(version), and not reachable by calls that can be seen: \(others.count)"
          + (listsAll ? "" : " (--all lists them)"))
    }
    if listsAll { lines += others.map { "  " + describe($0) } }
    let unseen = report.unseenNumbers.filter { $0.isReachable || listsAll }
    if !unseen.isEmpty {
      lines.append("system calls whose numbers can't be seen:")
      lines += unseen.map { "  \(Self.times($0.count)) in \($0.function)" }
    }
    return lines
  }

  private func describe(_ finding: CompatibilityReport.Finding) -> String {
    "\(finding.problem.text): \(Self.times(finding.addresses.count)) in \(finding.function),"
      + " at 0x\(String(finding.addresses.first ?? 0, radix: 16))"
  }

  private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  /// The first and the last functions of a long way.
  private func way(_ path: [String]) -> String {
    guard path.count > 10 else { return path.joined(separator: " > ") }
    return (path.prefix(4) + ["…"] + path.suffix(5)).joined(separator: " > ")
  }

  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    try json.field("stateVersion", report.version.rawValue)
    try json.field("compatible", report.isCompatible)
    try json.field("functions", report.functionCount)
    try json.field("reachableFunctions", report.reachableFunctionCount)
    try json.key("findings")
    try json.beginArray()
    for finding in report.findings { try write(finding, to: json) }
    try json.endArray()
    try json.key("unseenNumbers")
    try json.beginArray()
    for unseen in report.unseenNumbers {
      try json.beginObject()
      try json.field("function", string: unseen.function)
      try json.field("count", unseen.count)
      try json.field("reachable", unseen.isReachable)
      try json.endObject()
    }
    try json.endArray()
    try json.endObject()
    try json.finish()
  }

  private func write(
    _ finding: CompatibilityReport.Finding, to json: JSONWriter
  ) throws(StreamError) {
    try json.beginObject()
    switch finding.problem {
    case .instruction(let instruction): try json.field("instruction", string: instruction.text)
    case .systemCall(let number): try json.field("systemCall", number)
    }
    try json.field("function", string: finding.function)
    try json.field("count", finding.addresses.count)
    try json.field("reachable", finding.isReachable)
    if let excuse = finding.excuse { try json.field("excuse", string: excuse) }
    try json.key("addresses")
    try json.beginArray()
    for address in finding.addresses { try json.string("0x" + String(address, radix: 16)) }
    try json.endArray()
    if finding.isReachable {
      try json.key("path")
      try json.beginArray()
      for function in finding.path { try json.string(function) }
      try json.endArray()
    }
    try json.endObject()
  }
}
