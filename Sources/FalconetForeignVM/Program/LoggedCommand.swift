import CFPVM
import FalconetLibc
import FalconetStreams
import FalconetSystem
import SystemPackage

/// A command that is run to its end, with its output in files.
package struct LoggedCommand {
  let command: [String]
  /// The files of its standard output and its standard error.
  let output: String
  let log: String
  /// Other files that it writes.
  let results: [String]
  /// The most bytes that each of the files may have.
  let sizeLimit: UInt64
  /// How long it may take; nil for no limit.
  var timeout: Duration?
  /// Ends the command.
  var cancellation: Cancellation

  package init(
    command: [String], output: String, log: String, results: [String] = [],
    sizeLimit: UInt64 = 1 << 32, timeout: Duration? = nil, cancellation: Cancellation
  ) {
    self.command = command
    self.output = output
    self.log = log
    self.results = results
    self.sizeLimit = sizeLimit
    self.timeout = timeout
    self.cancellation = cancellation
  }

  /// What a command has to end when it is asked to.
  private static let patience = Duration.seconds(5)
  /// Between two looks at what it uses.
  private static let interval = Duration.milliseconds(100)

  /// Runs the command.
  ///
  /// - Returns: how it ended. What it left running in its process group is ended too.
  /// - Throws: ``ForeignError`` with the status `FPVM_STOP` if it was cancelled, and with
  ///   `FPVM_INTERNAL` if it can't be started, takes too long or writes too much.
  package func run() throws(ForeignError) -> ExitStatus { try run(limit: nil) ?? .unknown }

  /// Runs the command.
  ///
  /// - Parameter limit: the most time of processors that it and what it starts may take, and the longest that they
  ///   may do nothing; nil is no limit.
  /// - Returns: as ``run()``; nil if it was ended at the limit.
  package func run(limit: Duration?) throws(ForeignError) -> ExitStatus? {
    let process: ChildProcess
    do {
      let flags: FileDescriptor.OpenOptions = [.create, .truncate, .closeOnExec]
      let files = try [output, log].map {
        try FileDescriptor.open(
          FilePath(fileName: $0), .writeOnly, options: flags, permissions: [.ownerReadWrite])
      }
      defer { for file in files { try? file.close() } }
      // Numbers that placing one in the child never overwrites another of.
      let placed = try files.map { try PipeIO.moved($0) }
      defer { for file in placed { try? file.close() } }
      let (id, guardian) = try ProcessSpawner.spawn(
        command, descriptors: placed, environment: [])
      process = ChildProcess(id: id, guardian: guardian)
    } catch { throw ForeignError(FPVM_INTERNAL, "the other VM cannot be started: \(error)") }
    defer {
      process.signalGroup(SIGKILL)
      process.reap()
    }
    return try wait(for: process, limit)
  }

  /// Waits for a process, and ends it if that is requested or its time is over.
  private func wait(
    for process: ChildProcess, _ limit: Duration?
  ) throws(ForeignError) -> ExitStatus? {
    let clock = ContinuousClock()
    let start = clock.now
    var isLate = false
    var asked: ContinuousClock.Instant?
    var ended = process.exitStatus()
    var group = GroupClock(group: process.id)
    var read = start
    while ended == nil {
      if read.duration(to: clock.now) > Self.interval {
        read = clock.now
        if let excess { throw excess }
        if let limit {
          group.read()
          if group.isOver(limit) { return nil }
        }
      }
      if !isLate, let timeout { isLate = start.duration(to: clock.now) >= timeout }
      if cancellation.isRequested || isLate {
        let first = asked ?? clock.now
        asked = first
        process.signalGroup(first.duration(to: clock.now) < Self.patience ? SIGTERM : SIGKILL)
      }
      usleep(1000)
      ended = process.exitStatus()
    }
    if cancellation.isRequested { throw .interrupted }
    if isLate, let timeout {
      throw ForeignError(FPVM_INTERNAL, "\(command.first ?? "") took longer than \(timeout)")
    }
    if let excess { throw excess }
    return ended ?? .unknown
  }

  /// The error that it is if a file is too large.
  private var excess: ForeignError? {
    for path in [output, log] + results {
      guard let size = FileStatus(of: path)?.size, size > sizeLimit else { continue }
      let what = path == output ? "standard output" : path == log ? "standard error" : "its result"
      return ForeignError(
        FPVM_INTERNAL,
        "\(command.first ?? "") writes more than \(sizeLimit >> 20) MiB to \(what)")
    }
    return nil
  }

  /// The end of a sentence: the end of what it wrote to standard error.
  package var complaint: String {
    guard let source = try? FileSource(path: log),
      let bytes = try? ByteReader(source).readAll(limit: 16 << 20)
    else { return "; its log cannot be read" }
    let text = String(decoding: bytes.suffix(600), as: UTF8.self).printable.split(
      omittingEmptySubsequences: true, whereSeparator: \.isNewline
    ).joined(separator: "\n")
    return text.allSatisfy(\.isWhitespace) ? "; it wrote nothing to standard error" : ": \(text)"
  }
}
