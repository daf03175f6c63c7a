import FalconetForeignVM
import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import FalconetVectors
import Keccak

/// Checks whether a program does what Cannon's does when it is called with the same command line.
package final class ProgramKit: ConformChecker {
  /// How the program and what it needs are called.
  package struct Command: Sendable {
    /// The program and what stands before the command's name.
    package var program: [String]
    /// A server of pre-images. What follows is a directory of them, and `--record-hints` with a file for
    /// the hints that it gets.
    package var server: [String]
    /// How much of processors' time the program may take each time, and how long it may do nothing.
    package var limit: Duration
    package var cancellation: Cancellation

    package init(
      program: [String], server: [String], limit: Duration, cancellation: Cancellation
    ) {
      self.program = program
      self.server = server
      self.limit = limit
      self.cancellation = cancellation
    }
  }

  let command: Command
  let folder: WorkDirectory
  /// The revisions that the program is checked as: one of each version of states that it has.
  private(set) var revisions: [Revision] = []
  private var files = 0

  private init(
    _ command: Command, _ folder: WorkDirectory, _ effort: ConformKit.Effort,
    _ emit: @escaping (ConformEvent) -> Void
  ) {
    self.command = command
    self.folder = folder
    super.init(effort, emit)
  }

  /// Checks a program, and tells what happens.
  ///
  /// - Parameters:
  ///   - kind: the kind of state that it has; nil for the newest of each version.
  ///   - folder: where files lie.
  package static func check(
    _ command: Command, kind: String?, folder: WorkDirectory, _ effort: ConformKit.Effort,
    _ emit: (ConformEvent) -> Void
  ) {
    withoutActuallyEscaping(emit) { emit in
      let kit = ProgramKit(command, folder, effort, emit)
      do throws(Ended) { try kit.checkAll(kind) } catch {}
    }
  }

  private func checkAll(_ kind: String?) throws(Ended) {
    begin(.commandLine)
    try findRevisions(kind)
    guard !revisions.isEmpty else { return }
    for area in ConformArea.ofPrograms {
      try self.area(area) { () throws(Ended) in
        if let vectors = area.vectors { return try checkVectors(vectors) }
        switch area {
        case .commandLine: try checkCommandLine()
        case .exitCodes: try checkExitCodes()
        case .stateFiles: try checkStateFiles()
        case .stops: try checkStops()
        case .snapshots: try checkSnapshots()
        case .proofFiles: try checkProofFiles()
        case .server: try checkServer()
        default: break
        }
      }
    }
  }

  /// Which versions of states the program has: those of which it tells the claim of an empty state.
  private func findRevisions(_ kind: String?) throws(Ended) {
    let counts = effort.areas.contains(.commandLine)
    let chosen = kind.flatMap { VectorKind.revision($0) }
    let candidates =
      kind == nil ? StateVersion.allCases.map(\.newestRevision) : chosen.map { [$0] } ?? []
    var refusals: [String] = []
    for revision in candidates {
      try check(
        "witness tells the claim of a state of version \(revision.version.rawValue)", counts: counts
      ) {
        let state = try bytes(of: MachineImage(revision.version, at: 0), revision)
        let expected = try Snapshot.load(from: MemorySource(state))
        let machine = Machine(state: expected.state, memory: expected.memory)
        let outcome = try run(["witness", "--input", file(state, "bin")])
        guard outcome.status == .exited(code: 0) else {
          return refusals.append("version \(revision.version.rawValue) \(outcome.end)")
        }
        let summary = try outcome.summary()
        try require(
          summary.claim == machine.claim().bytes,
          "it tells the claim \(hex(summary.claim)), not \(hex(machine.claim().bytes))",
          input: state)
        revisions.append(revision)
      }
    }
    let none = refusals.joined(separator: "; ")
    guard revisions.isEmpty else { return }
    try check("witness reads a state") {
      throw ConformFault(
        candidates.isEmpty
          ? "there is no kind \(kind ?? "")" : "the program reads no state of any version: \(none)")
    }
  }

  // MARK: Calling the program

  /// What came of a call.
  struct Outcome {
    let status: ExitStatus
    /// How it ended, and what it said, for people.
    let end: String
    /// The file of its standard output.
    let output: String

    func summary() throws -> WitnessSummary {
      do throws(StreamError) { return try WitnessSummary(FileSource(path: output)) } catch {
        throw ConformFault("what it prints is not what witness prints: \(error)")
      }
    }
  }

  /// The most bytes of a file that the program writes: its states have a few pages.
  private static let sizeLimit: UInt64 = 1 << 27

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - input: the file with the state that it gets.
  ///   - results: the files that it writes.
  func run(
    _ arguments: [String], input: String? = nil, results: [String] = []
  ) throws -> Outcome {
    files += 1
    let output = folder.file("\(files).out")
    let child = LoggedCommand(
      command: command.program + arguments, output: output, log: folder.file("\(files).log"),
      results: results, sizeLimit: Self.sizeLimit, cancellation: command.cancellation)
    guard let status = try child.run(limit: command.limit) else {
      var fault = ConformFault(
        "the program did not end within \(command.limit.components.seconds) s")
      fault.input = input.flatMap { try? bytes(at: $0) }
      fault.endsArea = true
      throw fault
    }
    return Outcome(status: status, end: "\(status)\(child.complaint)", output: output)
  }

  /// Runs the program from a state on.
  ///
  /// - Parameters:
  ///   - output: the file for the last state.
  ///   - server: the command line of a server of pre-images.
  func run(
    from input: String, to output: String, _ flags: [String] = [], server: [String] = []
  ) throws -> Outcome {
    try run(
      ["run", "--input", input, "--output", output, "--meta", "", "--info-at", "never"] + flags
        + (server.isEmpty ? [] : ["--"] + server), input: input,
      results: output.isEmpty ? [] : [output])
  }

  /// The same, which must succeed.
  func succeed(
    from input: String, to output: String, _ flags: [String] = [], server: [String] = []
  ) throws {
    let outcome = try run(from: input, to: output, flags, server: server)
    try require(
      outcome.status == .exited(code: 0), "run \(flags.joined(separator: " ")) \(outcome.end)")
  }

  // MARK: Files

  /// A new name of a file.
  func newName(_ ending: String) -> String {
    files += 1
    return folder.file("\(files).\(ending)")
  }

  /// Writes a file with these bytes.
  func file(_ bytes: [UInt8], _ ending: String) throws -> String {
    let path = newName(ending)
    try AtomicFile.write(path: path) { (sink) throws(StreamError) in try sink.write(bytes) }
    return path
  }

  func exists(_ path: String) -> Bool { FileStatus(of: path) != nil }

  /// A file that the program wrote.
  func source(_ path: String) throws -> FileSource {
    // A pipe may never give anything, and a link can be to a device that never ends.
    if let status = FileStatus(of: path), status.kind != .regular {
      throw ConformFault("what it should have written to a file is no file: \(path)")
    }
    do throws(StreamError) { return try FileSource(path: path) } catch {
      throw ConformFault("the file that it should have written cannot be read: \(error)")
    }
  }

  func bytes(at path: String) throws -> [UInt8] {
    let source = try source(path)
    do throws(StreamError) {
      return try ByteReader(source).readAll(limit: Self.sizeLimit)
    } catch { throw ConformFault("the file that it should have written cannot be read: \(error)") }
  }

  /// The state in a file that the program wrote.
  func state(at path: String) throws -> MemoryImage {
    _ = try source(path)
    do throws(StreamError) { return try Snapshot.load(path: path) } catch {
      throw ConformFault("the state that it should have written cannot be read: \(error)")
    }
  }

  /// The claim of the state in a file that the program wrote.
  func claim(at path: String) throws -> [UInt8] {
    let image = try state(at: path)
    return image.state.claim(
      witness: image.state.witness(memoryRoot: image.memory.root())
    ).bytes
  }

  /// The bytes of a state, in Cannon's binary format.
  func bytes(of image: MachineImage, _ revision: Revision) throws -> [UInt8] {
    var image = image
    image.state.revision = revision.name
    return try bytes(of: MemoryImage(state: image.state, memory: try image.memory()))
  }

  func bytes(of image: MemoryImage) throws -> [UInt8] {
    let sink = MemorySink()
    try Snapshot.write(image, to: sink, as: .bin)
    return sink.bytes
  }

  /// A server of pre-images, and the file in which it notes the hints it gets.
  func server(_ preimages: [Bytes32: [UInt8]]) throws -> (command: [String], hints: String) {
    files += 1
    let name = "preimages-\(files)"
    try folder.makeFolder(name)
    for (key, value) in preimages {
      try AtomicFile.write(path: folder.file("\(name)/\(key).txt")) { (sink) throws(StreamError) in
        try sink.write(Array(Hex.encode(value).utf8))
      }
    }
    let hints = folder.file("\(name).hints")
    return (command.server + [folder.file(name), "--record-hints", hints], hints)
  }
}
