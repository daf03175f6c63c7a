import ArgumentParser
import FalconetMachine

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the state versions that this program runs, and their revisions.")

  func run() throws {
    // Cannon lists the programs it holds, one a version; the lines are kept for what reads them.
    let versions = StateVersion.allCases.map {
      "filename: cannon-\($0.rawValue)\tversion: \($0.name) (\($0.rawValue))"
    }
    let revisions = StateVersion.allCases.flatMap(\.revisions).map { revision in
      "version \(revision.version.rawValue): revision \(revision.names.joined(separator: " = "))"
        + (revision.hasSiblings && revision.isNewest ? ", the default" : "")
        + (revision.note.isEmpty ? "" : ": \(revision.note)") + evidence(revision)
    }
    try OutputFile.print(
      ["Available cannon versions:"] + versions + ["Revisions, newest first:"] + revisions)
  }

  /// What to know of a revision whose results were not compared with Cannon's.
  private func evidence(_ revision: Revision) -> String {
    switch revision.evidence {
    case .execution: ""
    case .source: " (by the contract's source; not executed)"
    case .review: " (supported by a review's text only)"
    }
  }
}
