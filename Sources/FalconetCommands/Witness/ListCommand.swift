import ArgumentParser
import FalconetMachine
import FalconetStreams

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "list", usage: "[--json]",
    abstract: "List the state versions that this program runs, and their revisions.",
    examples: ["falconet list", "falconet list --json"])

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    if json {
      do { try Self.write(to: OutputFile.standard()) } catch {
        throw CommandError(error, while: "failed to write")
      }
    } else {
      try OutputFile.print(Self.lines)
    }
  }

  private static var lines: [String] {
    // Cannon lists the programs it holds, one a version; the lines are kept for what reads them.
    let versions = StateVersion.allCases.map {
      "filename: cannon-\($0.rawValue)\tversion: \($0.name) (\($0.rawValue))"
    }
    let revisions = StateVersion.allCases.flatMap(\.revisions).map { revision in
      "version \(revision.version.rawValue): revision \(revision.names.joined(separator: " = "))"
        + (revision.hasSiblings && revision.isNewest ? ", the default" : "")
        + (revision.note.isEmpty ? "" : ": \(revision.note)") + evidence(revision)
    }
    return ["Available cannon versions:"] + versions + ["Revisions, newest first:"] + revisions
  }

  /// What to know of a revision whose results were not compared with Cannon's.
  private static func evidence(_ revision: Revision) -> String {
    switch revision.evidence {
    case .execution: ""
    case .source: " (by the contract's source; not executed)"
    case .review: " (supported by a review's text only)"
    }
  }

  /// Writes an array with an object for each version, with its revisions, newest first.
  private static func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.beginArray()
    for version in StateVersion.allCases {
      try json.object { () throws(StreamError) in
        try json.member("stateVersion", version.rawValue)
        try json.member("name", version.name)
        try json.member("revisions", objects: version.revisions) { (revision) throws(StreamError) in
          try json.member("revision", revision.name)
          try json.member("names", array: revision.names) { (name) throws(StreamError) in
            try json.string(name)
          }
          try json.member("default", revision.isNewest)
          try json.member("note", revision.note)
          try json.member("evidence", name(of: revision.evidence))
        }
      }
    }
    try json.endArray()
    try json.finish()
  }

  private static func name(of evidence: Revision.Evidence) -> String {
    switch evidence {
    case .execution: "execution"
    case .source: "source"
    case .review: "review"
    }
  }
}
