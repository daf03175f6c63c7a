import FalconetLibc
import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetTrace
import Keccak
import Logging

/// A question about a trace: its source of pre-images, what is shown meanwhile, and the answer.
///
/// Safety: the server is opened, closed and replaced by the one thread that the command runs on.
final class TraceSession: @unchecked Sendable {
  private(set) var source: PreimageSource
  private let loggers: Loggers
  private let logger: Logger
  private let status: HostStatusFile
  private let watch: HostWatch
  private let progress: ProgressLine
  private let waits: Bool
  /// The server that serves pre-images, if there is one.
  private var server: PreimageHost?

  init(_ options: TraceFolderOptions, _ source: PreimageSource) {
    loggers = options.logs.loggers
    logger = loggers.logger("trace")
    status = HostStatusFile(directory: options.folder)
    let watch = HostWatch(
      source.activity, loggers, metrics: options.metrics.file, status: status)
    self.watch = watch
    self.source = source
    self.source.onWait = { watch.wait() }
    progress = ProgressLine(loggers.console)
    waits = options.wait
  }

  /// Ends the server.
  func end() { server?.shutDown(logger) }

  /// Opens the source, once more if it was open.
  func openSource() throws(PreimageError) -> any PreimageOracle {
    _ = server?.shutdown()
    do throws(CommandError) {
      let opened = try source.open(loggers)
      server = opened.server
      return opened.oracle
    } catch { throw PreimageError(.unreadable, message: error.description) }
  }

  /// Shows how far the execution has come.
  ///
  /// - Returns: whether it must stop.
  func isInterrupted(at step: UInt64) -> Bool {
    progress.show("executing, step \(step.grouped)\(watch.summary)")
    watch.note(step: step)
    return Interruption.isRequested
  }

  /// Opens the trace, asks it, and prints the answer as JSON.
  ///
  /// - Parameter skipsIfOpen: whether it is no error that another process has it open. Nothing is asked
  ///   then.
  func ask<Trace, Answer>(
    skipsIfOpen: Bool, open: () throws(TraceError) -> Trace,
    incidents: (Trace) -> [TraceIncident], ask: (Trace) throws(TraceError) -> Answer,
    print: () -> ((Answer, JSONWriter) throws(StreamError) -> Void)?
  ) throws {
    do throws(TraceError) {
      defer { progress.end() }
      let trace = try TraceWaiting.retry(waits, logger, open)
      defer {
        for incident in incidents(trace) {
          logger.warning(
            incident.movedTo.isEmpty ? "unusable file" : "put in quarantine",
            metadata: ["file": "\(incident.path)", "reason": "\(incident.reason)"])
        }
      }
      let answer: Answer
      do throws(TraceError) { answer = try ask(trace) } catch {
        watch.end()
        throw error
      }
      // On a terminal, the answer comes last.
      watch.end()
      progress.end()
      guard let print = print() else { return }
      do throws(StreamError) {
        let json = JSONWriter(to: OutputFile.standard())
        try print(answer, json)
        try json.finish()
      } catch { throw .file(error) }
    } catch {
      guard case .locked(let path) = error else { throw CommandError(error) }
      guard skipsIfOpen else {
        // What the process does that has the trace open.
        guard let other = status.read() else { throw CommandError(error) }
        throw CommandError("\(error); --wait waits; \(other.text)")
      }
      logger.info(
        "Nothing done: another process has the trace open", metadata: ["path": "\(path)"])
    }
  }
}

extension TraceSession {
  /// Asks the service. If it fails, says so once, and there is no answer.
  func askService<Answer>(
    _ ask: () throws(ServiceFailure) -> Answer
  ) throws(CommandError) -> Answer? {
    do throws(ServiceFailure) { return try ask() } catch {
      if Interruption.isRequested { throw .interrupted }
      logger.warning(
        "The service is not used, and all steps are executed here", metadata: ["err": "\(error)"])
      return nil
    }
  }

  /// Prints an answer as JSON.
  func print(_ body: (JSONWriter) throws(StreamError) -> Void) throws(CommandError) {
    do throws(StreamError) {
      let json = JSONWriter(to: OutputFile.standard())
      try body(json)
      try json.finish()
    } catch { throw CommandError(error, while: "failed to write the answer") }
  }

  func revision(
    _ option: RevisionOption, _ image: MemoryImage
  ) throws(CommandError) -> Revision {
    try option.chosen(for: image.state, logger)
  }
}

/// A session's source, which is opened at the first pre-image or hint, so that known answers need no
/// server.
final class SessionOracle: PreimageOracle {
  private let session: TraceSession
  private var oracle: (any PreimageOracle)?

  init(_ session: TraceSession) { self.session = session }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    try open()
    guard var oracle else { throw PreimageError(.noSource, message: "the source is not open") }
    return try oracle.preimage(for: key)
  }

  var takesHints: Bool { true }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    try open()
    if oracle?.takesHints == true { try oracle?.hint(hint) }
  }

  func flush() throws(PreimageError) { try oracle?.flush() }

  private func open() throws(PreimageError) {
    if oracle == nil { oracle = try session.openSource() }
  }
}

extension PreimageSource {
  /// What the pre-images of another VM are of, whose inputs nothing tells from other pre-images: a server's
  /// command line or a directory's path, and the local inputs. Nil if nothing is given.
  var foreignIdentity: [UInt8]? {
    var text: [UInt8]
    switch origin {
    case .none, .custom: text = []
    case .server: text = identity ?? []
    case .directory(let path):
      text = Array("directory\0".utf8) + Array((path.pathWithoutLinks ?? "").utf8)
    }
    for (index, value) in localInputs.sorted(by: { $0.key < $1.key }) {
      text += index.bigEndianBytes + Keccak256.hash(value).bytes
    }
    return text.isEmpty ? nil : text
  }
}
