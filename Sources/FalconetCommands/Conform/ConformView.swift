import FalconetConform
import FalconetStreams

/// What the kit found as text and as JSON.
struct ConformView {
  let result: ConformResult

  var report: ConformReport { result.report }

  init(_ result: ConformResult) { self.result = result }

  private static let areaWidth = ConformArea.allCases.map(\.rawValue.count).max() ?? 0

  /// The areas that were looked at. That a VM is none of Cannon's is said only if there is nothing else to say.
  var areas: [ConformArea] {
    func areas(_ isTold: (String) -> Bool) -> [ConformArea] {
      ConformArea.allCases.filter {
        report.checks(in: $0) > 0 || !report.untested(in: $0).isEmpty
          || report.skipped[$0].map(isTold) ?? false
      }
    }
    let told = areas { $0 != ConformKit.notOfFamily }
    return told.isEmpty ? areas { _ in true } : told
  }

  /// - Parameter files: the files with the inputs of the failures, by the failures' numbers.
  func lines(_ files: [Int: String]) -> [String] {
    var lines = [result.version.isEmpty ? result.name : "\(result.name) \(result.version)"]
    for area in areas {
      let (checks, failures) = (report.checks(in: area), report.failures(in: area).count)
      let untested = report.untested(in: area).count
      let name = area.rawValue + String(repeating: " ", count: Self.areaWidth - area.rawValue.count)
      let outcome =
        failures > 0
        ? "\(failures) of \(checks) checks fail"
        : checks > 0
          ? "\(checks) checks hold"
          : "skipped: \(report.skipped[area] ?? "there was nothing to test")"
      lines.append(
        "\(name)  \(outcome)"
          + (untested > 0 && checks > 0 ? "; \(untested) had nothing to test" : ""))
    }
    for (number, failure) in report.failures.enumerated() {
      lines.append("\(failure.area.rawValue): \(failure.check)")
      if !failure.program.isEmpty {
        let step = failure.step.map { ", step \($0.forReader)" } ?? ""
        lines.append("  program \(failure.program)\(step)")
      }
      lines.append("  \(failure.message)")
      if let file = files[number] { lines.append("  input   \(file)") }
    }
    lines.append(
      report.conforms
        ? "conforms" : report.failures.isEmpty ? "nothing was tested" : "does not conform")
    return lines
  }

  /// Writes the bytes that show failures.
  ///
  /// - Returns: the files by the failures' numbers.
  func saveInputs(in folder: String?) throws(StreamError) -> [Int: String] {
    guard let folder else { return [:] }
    var files: [Int: String] = [:]
    for (number, failure) in report.failures.enumerated() {
      guard let input = failure.input else { continue }
      let path = "\(folder)/\(failure.area.rawValue)-\(number).bin"
      try AtomicFile.write(path: path, Interruption.cancellation) {
        (sink) throws(StreamError) in try sink.write(input)
      }
      files[number] = path
    }
    return files
  }

  func write(to sink: any ByteSink, _ files: [Int: String]) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginObject()
    try json.member("vm", result.name)
    try json.member("version", result.version)
    try json.member("conforms", report.conforms)
    try json.member("areas", objects: areas) { (area) throws(StreamError) in
      try json.member("area", area.rawValue)
      try json.member("summary", area.summary)
      try json.member("checks", report.checks(in: area))
      try json.member("failures", report.failures(in: area).count)
      if let reason = report.skipped[area] { try json.member("skipped", reason) }
      let untested = report.untested(in: area)
      if !untested.isEmpty {
        try json.member("untested", array: untested) { (check) throws(StreamError) in
          try json.string(check.name)
        }
      }
    }
    try json.member("failures", objects: Array(report.failures.enumerated())) {
      (item) throws(StreamError) in
      let (number, failure) = item
      try json.member("area", failure.area.rawValue)
      try json.member("check", failure.check)
      try json.member("message", message: failure.message)
      if !failure.program.isEmpty { try json.member("program", fileName: failure.program) }
      if let step = failure.step { try json.member("step", step) }
      if let file = files[number] { try json.member("input", fileName: file) }
    }
    try json.endObject()
    try json.finish()
  }
}
