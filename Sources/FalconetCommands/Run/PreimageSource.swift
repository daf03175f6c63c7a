import FalconetMachine
import FalconetOracle
import Logging

extension PreimageSource {
  /// A source as the command line describes it.
  ///
  /// - Parameters:
  ///   - server: the command line of a server; empty for none.
  ///   - folder: a directory to serve from, if there is no server.
  ///   - timeout: seconds without an answer that end the run; 0 for never.
  init(
    server: [String], folder: String?, locals: [UInt64: [UInt8]], record: String? = nil,
    timeout: UInt64 = 900
  ) {
    self.init(!server.isEmpty ? .server(server) : folder.map { .directory($0) } ?? .none)
    localInputs = locals
    recording = record
    self.timeout = timeout == 0 ? nil : .seconds(Int64(clamping: timeout))
  }

  /// The source, whose server must be shut down. What the server writes is logged.
  func open(_ loggers: Loggers) throws(CommandError) -> OpenedSource {
    var source = self
    let logger = loggers.logger("host")
    source.onHostOutput = { logger.log(output: $1) }
    source.onHostRestart = { logger.log($0) }
    let storeLogger = loggers.logger("store")
    source.onCacheReport = { storeLogger.warning("\($0)") }
    do { return try source.open(Interruption.cancellation) } catch {
      throw CommandError("\(error.withFlag)")
    }
  }

  /// Makes the directory that pre-images are recorded in, and checks that it can be written.
  func checkRecording() throws(CommandError) {
    do { try recorder() } catch { throw CommandError("\(error)") }
  }
}

extension PreimageHost {
  /// Ends the host. How it ended is logged, and changes no exit code.
  func shutDown(_ logger: Logger) {
    guard let report = shutdown(), !report.isClean else { return }
    logger.error("failed to close pre-image server", metadata: ["err": "\(report)"])
  }
}

extension Machine {
  /// Has what the guest prints logged, line by line.
  func logOutput(_ loggers: Loggers) {
    let output = loggers.logger("guest", stream: "stdout")
    let errors = loggers.logger("guest", stream: "stderr")
    onOutput = { stream, bytes in (stream == .output ? output : errors).log(output: bytes) }
  }
}

extension Logger {
  /// Logs that a host is started again.
  func log(_ restart: HostRestart) {
    warning(
      "The pre-image server failed and is started again",
      metadata: [
        "err": "\(restart.error)", "restart": "\(restart.number)", "limit": "\(restart.limit)",
      ])
  }
}
