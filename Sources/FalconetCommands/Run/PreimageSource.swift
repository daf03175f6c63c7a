import Falconet
import Logging

/// Puts together where a run's pre-images come from.
struct PreimageSource {
  /// The command line of a server; empty for none.
  var server: [String] = []
  /// A folder to serve from.
  var folder: String?
  /// Local inputs by index.
  var locals: [UInt64: [UInt8]] = [:]
  /// A folder that all that is served is written to.
  var record: String?
  /// Seconds without an answer that end the run; 0 for never.
  var timeout: UInt64 = 900

  /// The source, and the server in it, which must be shut down.
  func open(_ loggers: Loggers) throws(CommandError) -> (any PreimageOracle, ServerOracle?) {
    var startedServer: ServerOracle?
    var oracle: any PreimageOracle = NoPreimages()
    do {
      if let folder { oracle = try FolderOracle(path: folder) }
      if !server.isEmpty {
        let started = try start(loggers)
        startedServer = started
        oracle = started
      }
      if !locals.isEmpty { oracle = LocalInputs(locals, source: oracle) }
      oracle = CheckedOracle(oracle)
      if let record { oracle = try RecordingOracle(oracle, path: record) }
    } catch {
      _ = startedServer?.shutdown()
      throw CommandError("\(error)")
    }
    return (oracle, startedServer)
  }

  private func start(_ loggers: Loggers) throws(ServerStartError) -> ServerOracle {
    let logger = loggers.logger("host")
    let patience: Duration? = timeout == 0 ? nil : .seconds(Int64(clamping: timeout))
    return try ServerOracle(command: server, options: ServerOracle.Options(timeout: patience)) {
      logger.log(output: $1)
    }
  }
}
