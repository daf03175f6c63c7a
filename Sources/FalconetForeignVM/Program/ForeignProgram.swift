import CFPVM
import FalconetStreams
import FalconetSystem

/// A run of a VM that is a program with Cannon's commands `run` and `witness`. Its states are files.
package final class ForeignProgram: ForeignRun {
  /// How the program is called.
  package struct Command: Sendable {
    /// The program and what stands before the command's name.
    package var program: [String]
    /// More flags of `run`.
    package var flags: [String]
    /// The command line of a pre-image server; empty for none.
    package var server: [String]
    /// How long the program may take each time; nil for ever.
    package var timeout: Duration?
    /// Ends the program.
    package var cancellation: Cancellation

    package init(
      program: [String], flags: [String] = [], server: [String] = [], timeout: Duration? = nil,
      cancellation: Cancellation = .never
    ) {
      self.program = program
      self.flags = flags
      self.server = server
      self.timeout = timeout
      self.cancellation = cancellation
    }
  }

  package let command: Command
  package private(set) var executed: UInt64 = 0
  /// The number of the version of its states, if it tells.
  package private(set) var version: UInt8?
  /// Where the run is.
  package private(set) var state: ForeignState { didSet { files += 1 } }
  private let label: String
  private let folder: WorkDirectory
  private var files = 1

  /// A run from the snapshot at `path` on.
  ///
  /// - Parameter label: what its files in `folder` are named by.
  package init(
    _ command: Command, snapshot path: String, label: String, folder: WorkDirectory
  ) throws(ForeignError) {
    self.command = command
    self.label = label
    self.folder = folder
    let summary = try Self.look(at: path, command, label, folder)
    version = summary.version
    state = ForeignState(path, summary, isTemporary: false)
  }

  package var vm: String { command.program.first ?? "" }
  package var claimSize: Int { state.claim.count }

  package func status() -> ForeignStatus { state.status }
  package func kind() -> String? { nil }
  package func claim() -> [UInt8] { state.claim }
  package func describe() -> String? { nil }

  package func witness() throws(ForeignError) -> [UInt8] {
    guard !state.witness.isEmpty else {
      throw ForeignError(FPVM_UNSUPPORTED, "the output of witness has no witness")
    }
    return state.witness
  }

  package func run(until step: UInt64) throws(ForeignError) {
    guard state.status.step < step, !state.status.exited else { return }
    let output = folder.file("\(label)-\(files).bin.gz")
    let stop = step == .max ? [] : ["--stop-at", "=\(step)"]
    try run(["--output", output] + stop)
    let next = try look(at: output)
    let end = next.status
    guard end.step == step || end.step < step && end.exited else {
      throw ForeignError(FPVM_INTERNAL, "it stopped at step \(end.step) when asked for \(step)")
    }
    executed &+= end.step &- state.status.step
    state = next
  }

  package func prove(at step: UInt64) throws(ForeignError) -> ForeignProof {
    let proof = try writeProof(of: step)
    state = try look(at: proof.state)
    guard state.status.step == step &+ 1 else {
      throw ForeignError(
        state.status.exited ? FPVM_EXITED : FPVM_INTERNAL,
        "it stopped at step \(state.status.step) when asked for a proof of step \(step)")
    }
    do throws(StreamError) {
      return try ForeignProofFile.read(FileSource(path: proof.path)).proof
    } catch { throw unusable("proof of step \(step)", error) }
  }

  /// Executes up to a step, and the step with a proof, in one run of the program. The run stays where it
  /// is.
  ///
  /// - Returns: the files of the proof and of the state after the step.
  package func writeProof(of step: UInt64) throws(ForeignError) -> (path: String, state: String) {
    let output = folder.file("\(label)-after-\(files).bin.gz")
    // One of an earlier call must not stand for one that is missing.
    let path = folder.file("\(label)-\(step).json")
    folder.remove(path)
    try run([
      "--output", output, "--stop-at", "=\(step &+ 1)", "--proof-at", "=\(step)", "--proof-fmt",
      "\(folder.path)/\(label)-%d.json",
    ])
    if !state.status.exited { executed &+= step &+ 1 &- state.status.step }
    return (path, output)
  }

  package func keep() -> ForeignKept { .file(state) }

  package func goBack(to kept: ForeignKept) throws(ForeignError) {
    guard case .file(let kept) = kept else {
      throw ForeignError(FPVM_INVALID, "the state is of another VM")
    }
    state = kept
  }

  package func write(to sink: any ByteSink) throws(ForeignError) {
    do throws(StreamError) {
      let reader = try ByteReader(FileSource(path: state.path))
      while case let piece = try reader.peek(upTo: 1 << 16), !piece.isEmpty {
        try sink.write(piece)
        try reader.skip(UInt64(piece.count))
      }
    } catch { throw ForeignError(error) }
  }

  package func read(stateAt path: String) throws(ForeignError) {
    // Programs go by the ends of names.
    let link = folder.file("\(label)-\(files).bin.gz")
    try folder.link(path, as: link)
    state = try look(at: link)
  }

  /// Runs the program from the present state.
  private func run(_ arguments: [String]) throws(ForeignError) {
    let server = command.server.isEmpty ? [] : ["--"] + command.server
    let child = Self.child(
      command,
      ["run", "--input", state.path, "--meta", "", "--info-at", "never"] + arguments
        + command.flags + server, label, folder)
    switch try child.run() {
    case .exited(code: 0): return
    case .exited(code: 2):
      throw ForeignError(FPVM_PANIC, "it ended with exit code 2, a panic\(child.complaint)")
    case let end: throw ForeignError(FPVM_INTERNAL, "run \(end)\(child.complaint)")
    }
  }

  private func look(at path: String) throws(ForeignError) -> ForeignState {
    let summary = try Self.look(at: path, command, label, folder)
    return ForeignState(path, summary, isTemporary: true)
  }

  /// What the program says of a snapshot.
  private static func look(
    at path: String, _ command: Command, _ label: String, _ folder: WorkDirectory
  ) throws(ForeignError) -> WitnessSummary {
    let child = child(command, ["witness", "--input", path], label, folder)
    let end = try child.run()
    guard end == .exited(code: 0) else {
      throw ForeignError(FPVM_INTERNAL, "witness of \(path) \(end)\(child.complaint)")
    }
    do throws(StreamError) { return try WitnessSummary(FileSource(path: child.output)) } catch {
      throw Self.unusable("output of witness", error)
    }
  }

  private static func child(
    _ command: Command, _ arguments: [String], _ label: String, _ folder: WorkDirectory
  ) -> LoggedCommand {
    LoggedCommand(
      command: command.program + arguments, output: folder.file("\(label).out"),
      log: folder.file("\(label).log"), timeout: command.timeout,
      cancellation: command.cancellation)
  }

  /// What the program was to write can't be read.
  package static func unusable(_ result: String, _ error: StreamError) -> ForeignError {
    if case .interrupted = error.kind { return .interrupted }
    return ForeignError(FPVM_INTERNAL, "its \(result) cannot be read: \(error)")
  }

  private func unusable(_ result: String, _ error: StreamError) -> ForeignError {
    Self.unusable(result, error)
  }
}
