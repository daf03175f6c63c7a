import FalconetProofs
import FalconetStreams

/// What `verify` prints, as it comes: a line or a JSON object for each proof.
final class VerificationOutput {
  private(set) var count = 0
  private(set) var failures = 0
  /// Files, or proofs in them, that could not be read: nothing is known of what they prove.
  private(set) var unreadable = 0

  private let quiet: Bool
  private let writer = ByteWriter(OutputFile.standard())
  private let json: JSONWriter?

  init(json: Bool, quiet: Bool) {
    self.json = json ? JSONWriter(writer) : nil
    self.quiet = quiet
  }

  func begin() throws(StreamError) { try json?.beginArray() }

  func end() throws(StreamError) {
    guard let json else { return try writer.finish() }
    try json.endArray()
    try json.finish()
  }

  func add(_ report: ProofReport) throws(StreamError) {
    let holds: Bool? = if case .failure = report.result { nil } else { report.holds }
    try add(report.name, holds: holds) {
      Self.text(report)
    } json: { (json) throws(StreamError) in
      try write(report, to: json)
    }
  }

  /// Counts and prints what is known of a proof.
  ///
  /// - Parameter holds: nil if it could not be read.
  func add(
    _ name: String, holds: Bool?, text: () -> String,
    json writeJSON: (JSONWriter) throws(StreamError) -> Void
  ) throws(StreamError) {
    switch holds {
    case nil: unreadable += 1
    case true?: count += 1
    case false?:
      count += 1
      failures += 1
    }
    if quiet, holds == true { return }
    guard let json else {
      return try writer.write("\(name): \(text())\n".readableFileName)
    }
    try writeJSON(json)
  }

  /// How far it has come, for a person.
  func progress(of files: Int) -> String {
    "verified \(count.grouped) proofs"
      + (files > 1 ? " in \(files.grouped) files" : "")
      + (failures > 0 ? ", \(failures.grouped) do not hold" : "")
      + (unreadable > 0 ? ", \(unreadable.grouped) cannot be read" : "")
  }

  /// What was wrong, with a count of its own for what could not be read; nil if nothing.
  var summary: String? {
    var parts: [String] = []
    if failures > 0 { parts.append("\(failures) of \(count) proofs do not hold") }
    if unreadable > 0 { parts.append(Self.unreadable(unreadable)) }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// How many files could not be read, in words.
  static func unreadable(_ count: Int) -> String {
    count == 1 ? "1 file cannot be read" : "\(count) files cannot be read"
  }

  // MARK: Text

  private static func text(_ report: ProofReport) -> String {
    let verdict: ProofVerifier.Verdict
    switch report.result {
    case .success(let found): verdict = found
    case .failure(let error): return Paint.bad("cannot be read") + ": \(error)"
    }
    if let fault = verdict.fault { return Paint.bad("fails") + ": \(fault)" }
    let holding = verdict.findings.filter { $0.fault == nil }
    let step = verdict.findings.first { $0.fault == nil }?.execution?.before.state.scalars.step
    if verdict.holds {
      return Paint.good("ok") + ": step \((step ?? 0).forReader), \(names(holding, verdict))"
    }
    let faults = verdict.findings.compactMap { finding in
      finding.fault.map { (finding: finding, text: $0.description) }
    }
    var parts: [String] = []
    // Versions that fail for the same reason are named together.
    for fault in faults where !parts.contains(where: { $0.hasSuffix(fault.text) }) {
      let findings = faults.filter { $0.text == fault.text }.map(\.finding)
      parts.append("\(names(findings, verdict)): \(fault.text)")
    }
    if !holding.isEmpty {
      parts.append("\(names(holding, verdict)): holds; give --state-version")
    }
    parts += verdict.older.filter { $0.fault == nil && verdict.dependsOnRevision($0.version) }
      .map { "\($0.revision): holds; give --revision" }
    return Paint.bad("fails") + ": " + parts.joined(separator: "; ")
  }

  /// The versions of findings, with the revision if it matters or was asked for.
  private static func names(
    _ findings: [ProofVerifier.Finding], _ verdict: ProofVerifier.Verdict
  ) -> String {
    func revision(_ finding: ProofVerifier.Finding) -> String? {
      let isNamed = verdict.dependsOnRevision(finding.version) || !finding.revision.isNewest
      guard isNamed, finding.revision.hasSiblings else { return nil }
      // Of those that hold, all; of one that fails, itself.
      let others =
        finding.fault != nil
        ? []
        : verdict.older.filter {
          $0.version == finding.version && $0.fault == nil
        }
      return "revision " + ([finding] + others).map(\.revision.name).joined(separator: ", ")
    }
    if let only = findings.first, findings.count == 1 {
      let name = "version \(only.version.rawValue) (\(only.version.name))"
      return revision(only).map { "\(name), \($0)" } ?? name
    }
    return "versions "
      + findings.map { finding in
        revision(finding).map { "\(finding.version.rawValue) (\($0))" }
          ?? "\(finding.version.rawValue)"
      }.joined(separator: ", ")
  }

  // MARK: JSON

  private func write(_ report: ProofReport, to json: JSONWriter) throws(StreamError) {
    try json.beginObject()
    try json.member("proof", fileName: report.name)
    if case .failure = report.result {
      try json.key("holds")
      try json.null()
    } else {
      try json.member("holds", report.holds)
    }
    if let step = report.step { try json.member("step", step) }
    switch report.result {
    case .failure(let error):
      try json.member("reason", "unreadable")
      try json.member("message", message: error.description)
      try json.member("versions", array: []) { (_: Int) throws(StreamError) in }
    case .success(let verdict):
      if let fault = verdict.fault { try write(fault, to: json) }
      try json.member("versions", array: verdict.findings) { (finding) throws(StreamError) in
        try write(finding, verdict, to: json)
      }
    }
    try json.endObject()
  }

  private func write(
    _ finding: ProofVerifier.Finding, _ verdict: ProofVerifier.Verdict, to json: JSONWriter
  ) throws(StreamError) {
    try json.beginObject()
    try json.member("stateVersion", finding.version.rawValue)
    try json.member("name", finding.version.name)
    try json.member("revision", finding.revision.name)
    try json.member("holds", finding.fault == nil)
    let older = verdict.older.filter { $0.version == finding.version }
    try json.member("dependsOnRevision", verdict.dependsOnRevision(finding.version))
    try json.member("olderRevisions", objects: older) { (other) throws(StreamError) in
      try json.member("revision", other.revision.name)
      try json.member("holds", other.fault == nil)
    }
    if let execution = finding.execution {
      try json.member("post", hex: execution.after.claim.bytes)
    }
    if let fault = finding.fault { try write(fault, to: json) }
    try json.endObject()
  }

  private func write(_ fault: ProofFault, to json: JSONWriter) throws(StreamError) {
    try json.member("reason", fault.reason)
    try json.member("message", fault.description)
  }
}
