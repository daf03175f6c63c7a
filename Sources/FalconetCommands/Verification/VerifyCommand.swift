import ArgumentParser
import FalconetMachine
import FalconetProofs
import FalconetStreams

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration.command(
    "verify", usage: "<proof> ... [<options>]",
    abstract: "Verify proofs without the state of the VM.",
    discussion: """
      Executes the step of each proof from its witness data alone, as a contract does, and \
      reports whether post follows from pre. The exit code is 0 if all proofs hold, and 1 if any \
      does not hold or cannot be read.
      Without --state-version, a proof's key stateVersion decides, or else the sizes of its \
      data. If they fit several versions, the proof must hold in each. Without --revision it \
      must hold in the newest revision of each, and the output says if older revisions judge \
      differently.
      With --vm-library, the library's VM verifies the proofs. These are files of bisect and \
      trace with the same flag, or Cannon's.
      """,
    examples: [
      "falconet verify proof-591664.json.gz",
      "falconet verify --type \(StateVersion.newest.rawValue) --json proof-591664.json.gz",
      "falconet verify --vm-library ./libstack.so bisect-a-130.json",
    ])

  @OptionGroup var proofs: ProofArguments

  @OptionGroup var version: StateVersionOption

  @Option(
    help: ArgumentHelp(
      "Library with fpvm.h of the VM that verifies the proofs.", valueName: "file"),
    completion: .file())
  var vmLibrary: String?

  @Option(
    help: ArgumentHelp(
      "Kind of state, as the library names it, of proofs that do not say it.", valueName: "name"))
  var vmKind: String?

  @Flag(help: "Print only proofs that do not hold or cannot be read.")
  var quiet = false

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    var paths: [String] = []
    for path in try proofs.paths() {
      do { paths += path == "-" ? [path] : try ProofDirectory.files(path) } catch {
        throw CommandError(error, while: "failed to find proofs")
      }
    }
    let output = VerificationOutput(json: json, quiet: quiet)
    let progress = ProgressLine()
    defer { progress.end() }
    // Where each proof gets a line on the terminal, these are the progress.
    let showsProgress = quiet || !Terminal.output.isInteractive
    let batch = ProofBatch(
      version: try version.parsed(), revisions: try version.revisions()
    ) { (path) throws(StreamError) in
      try Inputs.source(path)
    }
    let foreign = try foreignVerification()
    do {
      try output.begin()
      if let foreign {
        for path in paths {
          if showsProgress { progress.show(output.progress(of: paths.count)) }
          try foreign.verify(path, output)
        }
      } else {
        try batch.verify(paths) { (report) throws(StreamError) in
          if Interruption.isRequested {
            throw StreamError(.interrupted, message: "interrupted")
          }
          if showsProgress {
            if quiet, !report.holds { progress.end() }
            progress.show(output.progress(of: paths.count))
          }
          try output.add(report)
        }
      }
      try output.end()
    } catch { throw CommandError(error, while: "failed to verify") }
    if let summary = output.summary { throw CommandError(summary) }
  }

  private func foreignVerification() throws -> ForeignVerification? {
    guard let vmLibrary else {
      guard vmKind == nil else { throw UsageError("--vm-kind needs --vm-library") }
      return nil
    }
    guard version.stateVersion == nil, version.revision == nil else {
      throw UsageError(
        "--state-version and --revision are Falconet's: with --vm-library, --vm-kind names a kind")
    }
    return try ForeignVerification(library: vmLibrary, kind: vmKind)
  }
}

/// The version of a state, by number or by name.
struct StateVersionOption: ParsableArguments {
  @Option(
    name: [.customLong("state-version"), .customLong("type")],
    help: ArgumentHelp(
      "State version, by number or name (default: what the proof says).", valueName: "version"))
  var stateVersion: String?

  @Option(
    help: ArgumentHelp(
      """
      Revision of the state version, by contract version or date, as 'falconet list' names it \
      (default: the newest).
      """, valueName: "revision"))
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
