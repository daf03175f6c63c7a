import Falconet
import Logging

/// Puts together where a run's pre-images come from.
struct PreimageSource {
  /// The command line of a server; empty for none.
  var server: [String] = []
  /// A folder to serve from.
  var folder: String?
  /// `INDEX=HEX` for each local input.
  var locals: [String] = []
  /// A folder that all that is served is written to.
  var record: String?
  /// Seconds without an answer that end the run; 0 for never.
  var timeout: UInt64 = 900

  /// The source, and the server in it, which must be shut down.
  func open(_ loggers: Loggers) throws(CommandError) -> (any PreimageOracle, ServerOracle?) {
    guard server.isEmpty || folder == nil else {
      throw CommandError("a server after -- and --preimages exclude one another: leave one out")
    }
    var startedServer: ServerOracle?
    var oracle: any PreimageOracle = NoPreimages()
    do {
      if let folder { oracle = try FolderOracle(path: folder) }
      if !locals.isEmpty {
        oracle = LocalInputs(try LocalInputs.parse(locals), source: oracle)
      }
      if !server.isEmpty {
        let started = try start(loggers)
        startedServer = started
        oracle = locals.isEmpty ? started : LocalInputs(try LocalInputs.parse(locals), source: started)
      }
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
