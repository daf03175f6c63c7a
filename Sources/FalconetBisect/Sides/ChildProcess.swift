import FalconetOracle
import FalconetStreams
import Glibc
import SystemPackage

/// A command that is run to its end, with its output in files.
struct ChildProcess {
  let command: [String]
  /// Where its standard output and its standard error go.
  let output: String
  let log: String
  /// How long it may take; nil for ever.
  var timeout: Duration?

  /// Milliseconds that a command has to end when it is asked to.
  private static let patience = 5_000

  /// Runs the command.
  ///
  /// - Returns: how it ended. What it left running in its process group is ended too.
  /// - Throws: ``BisectError/interrupted``, ``BisectError/program(side:_:)`` where it can't be
  ///   started.
  func run(side: String) throws(BisectError) -> ExitStatus {
    let process: pid_t
    let guardian: ProcessGuard
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
      (process, guardian) = try ProcessSpawner.spawn(
        command, descriptors: placed, environment: [])
    } catch { throw .program(side: side, "\(command.first ?? "") can't be started: \(error)") }
    defer {
      // The guard is in the group, so the number is the group's as long as the guard is not reaped.
      if !guardian.isGone { kill(-process, SIGKILL) }
      guardian.end()
    }
    return try wait(for: process, side)
  }

  /// Waits for a process, and ends it where this one is interrupted.
  private func wait(for process: pid_t, _ side: String) throws(BisectError) -> ExitStatus {
    var status: Int32 = 0
    var left = Self.patience
    let clock = ContinuousClock()
    let start = clock.now
    var isLate = false
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      if ended < 0, errno != EINTR { return .unknown }
      if !isLate, let timeout { isLate = start.duration(to: clock.now) >= timeout }
      if Interruption.isRequested || isLate {
        kill(-process, left > 0 ? SIGTERM : SIGKILL)
        left -= 1
      }
      usleep(1000)
    }
    if Interruption.isRequested { throw .interrupted }
    if isLate, let timeout {
      throw .program(side: side, "\(command.first ?? "") took longer than \(timeout)")
    }
    // The low seven bits are the signal, the next byte the exit status.
    return status & 0x7F == 0
      ? .exited(code: status >> 8 & 0xFF) : .killed(signal: status & 0x7F)
  }

  /// The end of a sentence: the end of what it wrote to standard error.
  var complaint: String {
    guard let source = try? FileSource(path: log),
      let bytes = try? ByteReader(source).readAll(limit: 16 << 20)
    else { return "; its log cannot be read" }
    let text = String(decoding: bytes.suffix(600), as: UTF8.self).split(
      omittingEmptySubsequences: true, whereSeparator: \.isNewline
    ).joined(separator: "\n")
    return text.allSatisfy(\.isWhitespace) ? "; it wrote nothing to standard error" : ": \(text)"
  }
}
