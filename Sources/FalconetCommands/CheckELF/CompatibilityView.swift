import FalconetELF
import FalconetMachine
import FalconetStreams

/// A check's report as text and as JSON.
struct CompatibilityView {
  private let report: CompatibilityReport
  private let path: String

  init(_ report: CompatibilityReport, path: String) {
    self.report = report
    self.path = path
  }

  func lines(listsAll: Bool) -> [String] {
    let revision = report.revision.hasSiblings ? ", revision \(report.revision.name)" : ""
    let version = "\(report.version.name) (version \(report.version.rawValue)\(revision))"
    let harmful = report.findings.filter(\.isHarmful)
    let suspect = report.findings.filter(\.isSuspect)
    let excused = report.findings.filter {
      ($0.isReachable || $0.isInTablesOnly) && $0.excuse != nil
    }
    let others = report.findings.filter { !$0.isReachable && !$0.isInTablesOnly }
    var lines = [
      "\(path): \(report.functionCount.forReader) functions,"
        + " \(report.reachableFunctions.count.forReader) reachable"
        + " and \(report.tableFunctions.count.forReader) more through tables"
        + (report.goBuild.map { ", built by \($0.release)" } ?? "")
    ]
    lines += concerns(report.concerns.filter(\.isHarmful), "may not run as it does elsewhere:")
    lines.append(
      harmful.isEmpty
        ? "nothing reachable that \(version) lacks"
          + (suspect.isEmpty ? ", nor anything through tables of methods or functions" : "")
        : "reachable, and not in \(version):")
    for finding in harmful {
      lines.append("  " + describe(finding))
      lines.append("    by " + way(finding.path))
      if let remedy = finding.remedy { lines.append("    remedy: " + remedy) }
    }
    if !suspect.isEmpty {
      lines.append("not in \(version), and called if the program calls all that its tables hold:")
    }
    for finding in suspect {
      lines.append("  " + describe(finding))
      lines.append("    by " + way(finding.tablePath))
    }
    lines += concerns(report.concerns.filter { !$0.isHarmful }, "harmless:")
    if !excused.isEmpty {
      lines.append("not in \(version), and not executed:")
      for finding in excused {
        lines.append("  " + describe(finding))
        lines.append("    " + (finding.excuse ?? ""))
      }
    }
    if !others.isEmpty {
      lines.append(
        "not in \(version), and not reachable by calls or tables that can be seen: \(others.count)"
          + (listsAll ? "" : " (--all lists them)"))
    }
    if listsAll { lines += others.map { "  " + describe($0) } }
    let unseen = report.unseenNumbers.filter { $0.isReachable || listsAll }
    if !unseen.isEmpty {
      lines.append("system calls whose numbers are not known:")
      lines += unseen.map { "  \(Self.times($0.count)) in \(Demangler.demangle($0.function))" }
    }
    lines.append(
      "not covered: calls of addresses that the program computes, and code that it writes")
    return lines
  }

  private func concerns(_ concerns: [ProgramConcern], _ title: String) -> [String] {
    guard !concerns.isEmpty else { return [] }
    var lines = [title]
    for concern in concerns {
      lines.append("  " + concern.text)
      if !concern.path.isEmpty { lines.append("    by " + way(concern.path)) }
      lines.append("    " + (concern.excuse ?? "remedy: " + concern.remedy))
    }
    return lines
  }

  private func describe(_ finding: CompatibilityReport.Finding) -> String {
    "\(finding.problem.text): \(Self.times(finding.addresses.count)) in \(Demangler.demangle(finding.function)),"
      + " at \(hex(finding.addresses.first ?? 0))"
  }

  private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  /// The first and the last functions of a long way.
  private func way(_ path: [String]) -> String {
    let path = path.map { Demangler.demangle($0) }
    guard path.count > 10 else { return path.joined(separator: " > ") }
    return (path.prefix(4) + ["…"] + path.suffix(5)).joined(separator: " > ")
  }

  func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    try json.member("stateVersion", report.version.rawValue)
    try json.member("revision", report.revision.name)
    try json.member("compatible", report.isCompatible)
    try json.member("functions", report.functionCount)
    try json.member("reachableFunctions", report.reachableFunctions.count)
    try json.member("tableFunctions", report.tableFunctions.count)
    if let build = report.goBuild { try json.member("goRelease", build.release) }
    try json.member("concerns", objects: report.concerns) { (concern) throws(StreamError) in
      try json.member("kind", concern.kind.rawValue)
      try json.member("text", concern.text)
      try json.member("remedy", concern.remedy)
      if let excuse = concern.excuse { try json.member("excuse", excuse) }
      try json.member("path", array: concern.path) { (function) throws(StreamError) in
        try json.string(function)
      }
    }
    try json.member("findings", array: report.findings) { (finding) throws(StreamError) in
      try write(finding, to: json)
    }
    try json.member("unseenNumbers", objects: report.unseenNumbers) {
      (unseen) throws(StreamError) in
      try json.member("function", Demangler.demangle(unseen.function))
      try json.member("count", unseen.count)
      try json.member("reachable", unseen.isReachable)
    }
    try json.endObject()
    try json.finish()
  }

  private func write(
    _ finding: CompatibilityReport.Finding, to json: JSONWriter
  ) throws(StreamError) {
    try json.beginObject()
    switch finding.problem {
    case .instruction(let instruction): try json.member("instruction", instruction.text)
    case .systemCall(let number):
      try json.member("systemCall", number)
      if let name = SystemCallRow.name(of: number) { try json.member("systemCallName", name) }
    }
    try json.member("function", Demangler.demangle(finding.function))
    try json.member("count", finding.addresses.count)
    try json.member("reachable", finding.isReachable)
    try json.member("inTablesOnly", finding.isInTablesOnly)
    if let excuse = finding.excuse { try json.member("excuse", excuse) }
    if let remedy = finding.remedy { try json.member("remedy", remedy) }
    try json.member("addresses", array: finding.addresses) { (address) throws(StreamError) in
      try json.string(hex(address))
    }
    // Empty if neither calls nor tables lead to the finding.
    let path = finding.isReachable ? finding.path : finding.tablePath
    try json.member("path", array: path) { (function) throws(StreamError) in
      try json.string(Demangler.demangle(function))
    }
    try json.endObject()
  }
}
