import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak

/// A run of another VM: a program with Cannon's commands `run` and `witness`.
package final class ProgramSide: BisectSide {
  /// How the program is called.
  package struct Command: Sendable {
    /// The program and what stands before the command's name.
    package var program: [String]
    /// More flags of `run`.
    package var flags: [String] = []
    /// The command line of a pre-image server; empty for none.
    package var server: [String] = []

    /// How long the program may take each time; nil for ever.
    package var timeout: Duration?
    /// Ends the program.
    package var cancellation: Cancellation
    /// The limit of the memory that a state which the program wrote is loaded into:
    /// ``Memory/pageLimit``.
    package var pageLimit: Int

    package init(
      program: [String], flags: [String] = [], server: [String] = [], timeout: Duration? = nil,
      cancellation: Cancellation = .never, pageLimit: Int = .max
    ) {
      self.cancellation = cancellation
      self.pageLimit = pageLimit
      self.timeout = timeout
      self.program = program
      self.flags = flags
      self.server = server
    }
  }

  /// A snapshot that the program wrote, or the one that it starts from.
  private struct State {
    var path: String
    var step: UInt64
    var claim: SideClaim
  }

  package let name: String
  package private(set) var version: StateVersion?
  package private(set) var start: UInt64 = 0
  package let steps: [UInt64]? = nil
  package private(set) var claimCount = 0
  package private(set) var executed: UInt64 = 0

  private let command: Command
  private let folder: WorkDirectory
  /// The snapshot that the run starts from, which may lie in the folder too.
  private let origin: String
  private var kept: State?
  private var last: State?
  private var files = 0
  /// The least number of steps that the program can't execute, as far as is known.
  private var failure: (step: UInt64, text: String)?

  /// A run from the snapshot at `path` on.
  package init(
    name: String, _ command: Command, snapshot path: String, folder: WorkDirectory
  ) throws(BisectError) {
    self.name = name
    self.command = command
    self.folder = folder
    origin = path
    let state = try look(at: path)
    start = state.step
    kept = state
    last = state
  }

  package func claim(at step: UInt64) throws(BisectError) -> SideClaim {
    claimCount += 1
    if let failure, step >= failure.step {
      return SideClaim(value: .failed(failure.text), isEnd: true)
    }
    for state in [last, kept].compactMap({ $0 })
    where state.step == step || state.step < step && state.claim.isEnd {
      last = state
      return state.claim
    }
    // `last` may lie behind the step; what is kept does not.
    guard let from = [last, kept].compactMap({ $0 }).first(where: { $0.step < step }) else {
      throw .program(side: name, "it has no snapshot before step \(step)")
    }
    files += 1
    let output = folder.file("\(name)-\(files).bin.gz")
    let arguments = ["--output", output, "--stop-at", "=\(step)"]
    if let text = try run(from: from, arguments) {
      failure = (step, text)
      return SideClaim(value: .failed(text), isEnd: true)
    }
    let state = try look(at: output)
    guard state.step == step || state.step < step && state.claim.isEnd else {
      throw .program(side: name, "it stopped at step \(state.step) when asked for \(step)")
    }
    executed += state.step &- from.step
    if let last, last.path != kept?.path { drop(last) }
    last = state
    return state.claim
  }

  package func saveState() throws(BisectError) {
    guard let last, last.path != kept?.path else { return }
    if let kept { drop(kept) }
    kept = last
  }

  package func execute(_ step: UInt64) throws(BisectError) -> SideStep {
    try execute(step, loadsState: true)
  }

  /// As ``execute(_:)``, from a state that may lie before the step.
  ///
  /// - Parameter loadsState: whether the state after the step is asked for.
  func execute(_ step: UInt64, loadsState: Bool) throws(BisectError) -> SideStep {
    guard let kept else { return SideStep() }
    let output = folder.file("\(name)-after.bin.gz")
    // One of an earlier call must not stand for one that is missing.
    folder.remove(folder.file("\(name)-\(step).json"))
    let failure = try run(
      from: kept,
      [
        "--output", output, "--stop-at", "=\(step &+ 1)", "--proof-at", "=\(step)", "--proof-fmt",
        "\(folder.path)/\(name)-%d.json",
      ])
    let proofPath = folder.file("\(name)-\(step).json")
    if let failure { return SideStep(failure: failure) }
    if !kept.claim.isEnd { executed += 1 }
    var result = SideStep()
    do throws(StreamError) {
      if loadsState {
        let reading = SnapshotReading(
          bases: .beside(file: output), pageLimit: command.pageLimit,
          cancellation: command.cancellation)
        result.after = try Snapshot.load(from: FileSource(path: output), reading)
      }
    } catch { throw unusable("snapshot after step \(step)", error) }
    do throws(StreamError) {
      if !kept.claim.isEnd {
        result.proof = try ProofReader(FileSource(path: proofPath)).next()
        if result.proof?.version == nil { result.proof?.version = version }
      }
    } catch { throw unusable("proof of step \(step)", error) }
    return result
  }

  /// Runs the program from a snapshot.
  ///
  /// - Returns: what it says if it ended with the exit code of a panic.
  private func run(from state: State, _ arguments: [String]) throws(BisectError) -> String? {
    let server = command.server.isEmpty ? [] : ["--"] + command.server
    let child = LoggedCommand(
      command: command.program + ["run", "--input", state.path, "--meta", "", "--info-at", "never"]
        + arguments + command.flags + server,
      output: folder.file("\(name).out"), log: folder.file("\(name).log"), timeout: command.timeout,
      cancellation: command.cancellation)
    switch try child.run(side: name) {
    case .exited(code: 0): return nil
    case .exited(code: 2): return "it ended with exit code 2, a panic\(child.complaint)"
    case let end: throw .program(side: name, "run \(end)\(child.complaint)")
    }
  }

  /// What the program says of a snapshot.
  private func look(at path: String) throws(BisectError) -> State {
    let child = LoggedCommand(
      command: command.program + ["witness", "--input", path],
      output: folder.file("\(name).out"), log: folder.file("\(name).log"), timeout: command.timeout,
      cancellation: command.cancellation)
    let end = try child.run(side: name)
    guard end == .exited(code: 0) else {
      throw .program(side: name, "witness of \(path) \(end)\(child.complaint)")
    }
    do throws(StreamError) {
      let summary = try WitnessSummary(FileSource(path: child.output))
      if version == nil { version = summary.version }
      return State(
        path: path, step: summary.step,
        claim: SideClaim(value: .claim(summary.claim), isEnd: summary.exited))
    } catch { throw unusable("output of witness", error) }
  }

  /// What the program was to write can't be read.
  private func unusable(_ result: String, _ error: StreamError) -> BisectError {
    if case .interrupted = error.kind { return BisectError(error) }
    return .program(side: name, "its \(result) cannot be read: \(error)")
  }

  /// Removes a snapshot that the program wrote.
  private func drop(_ state: State) {
    if state.path != origin, state.path.hasPrefix(folder.path + "/") { folder.remove(state.path) }
  }
}

/// What Cannon's `witness` prints.
private struct WitnessSummary {
  var claim: Bytes32
  var step: UInt64
  var exited: Bool
  /// Older programs don't tell.
  var version: StateVersion?

  init(_ source: any ByteSource) throws(StreamError) {
    let json = JSONReader(ByteReader(source))
    var fields: (claim: Bytes32?, step: UInt64?, exited: Bool?, version: StateVersion?)
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "witnessHash": fields.claim = Bytes32(try json.readHex(maxBytes: 64))
      case "step": fields.step = try json.readUInt64()
      case "exited": fields.exited = try json.readBool()
      case "stateVersion": fields.version = StateVersion(rawValue: try json.readUInt8())
      default: try json.skipValue()
      }
    }
    try json.finish()
    guard let claim = fields.claim, let step = fields.step, let exited = fields.exited else {
      throw StreamError(
        .corrupt, path: source.name,
        message: "the output of witness lacks witnessHash, step or exited")
    }
    (self.claim, self.step, self.exited, version) = (claim, step, exited, fields.version)
  }
}
