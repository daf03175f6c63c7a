import ArgumentParser
import FalconetMachine
import FalconetProofs
import FalconetStreams

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check proofs, with no VM state at hand.",
    discussion: """
      Executes the step of each proof from its witness data alone, as a contract does, and says \
      whether post follows from pre. Exit code 0 where all proofs hold, 1 where any does not.
      Without --state-version, and if a proof has no key stateVersion, the sizes of its data tell \
      the version; if they fit several, the proof has to hold in each. Without --revision it has to \
      hold in the newest revision of each, and what depends on the revision is said.
      """)

  @Argument(
    help: "Proof files, arrays of proofs, or folders of them; - is standard input.",
    completion: .file())
  var proofs: [String]

  @OptionGroup var version: StateVersionOption

  @Flag(help: "Print only the proofs that don't hold, and what can't be read.")
  var quiet = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    var paths: [String] = []
    for path in proofs {
      do { paths += path == "-" ? [path] : try ProofFolder.files(path) } catch {
        throw CommandError(error, while: "failed to find proofs")
      }
    }
    let output = VerificationOutput(json: json, quiet: quiet)
    let batch = ProofBatch(
      version: try version.parsed(), revisions: try version.revisions()
    ) { (path) throws(StreamError) in
      try Inputs.source(path)
    }
    do {
      try output.begin()
      try batch.verify(paths) { (report) throws(StreamError) in
        if Interruption.isRequested {
          throw StreamError(.interrupted, message: "interrupted")
        }
        try output.add(report)
      }
      try output.end()
    } catch { throw CommandError(error, while: "failed to verify") }
    if let summary = output.summary { throw CommandError(summary) }
  }
}

/// The version of a state, by number or by name.
struct StateVersionOption: ParsableArguments {
  @Option(help: "State version, by number or by name (default: what the proof tells).")
  var stateVersion: String?

  @Option(
    help: """
      Revision of the state version, by contract version or date, as list names them (default: the \
      newest).
      """)
  var revision: String?

  /// The revisions of the name that is asked for, of the version that is asked for or of any; nil if
  /// none is.
  func revisions() throws(UsageError) -> [Revision]? {
    guard let revision else { return nil }
    let versions = try parsed().map { [$0] } ?? StateVersion.allCases
    let revisions = versions.compactMap { $0.revision(named: revision) }
    guard !revisions.isEmpty else {
      throw UsageError("unknown revision \"\(revision)\": falconet list names them")
    }
    return revisions
  }

  func parsed() throws(UsageError) -> StateVersion? {
    guard let stateVersion else { return nil }
    guard let version = StateVersion(named: stateVersion) else {
      throw UsageError("unknown state version \"\(stateVersion)\": falconet list names them")
    }
    return version
  }
}
