import FalconetMachine
import FalconetOracle
import FalconetStreams
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
    let recorder = try recorder()
    do {
      if let folder { oracle = try FolderOracle(path: folder) }
      if !server.isEmpty {
        let started = try start(loggers)
        startedServer = started
        oracle = started
      }
      if !locals.isEmpty { oracle = LocalInputs(locals, source: oracle) }
      oracle = CheckedOracle(oracle)
      if var recorder {
        recorder.source = oracle
        oracle = recorder
      }
    } catch {
      _ = startedServer?.shutdown()
      throw CommandError("\(error)")
    }
    return (oracle, startedServer)
  }

  /// What records, with no source yet; makes its directory, and checks that it can be written.
  @discardableResult
  func recorder() throws(CommandError) -> RecordingOracle? {
    guard let record else { return nil }
    do throws(PreimageError) {
      let recorder = try RecordingOracle(NoPreimages(), path: record)
      do throws(StreamError) { try AtomicFile.check(path: record + "/check") } catch {
        throw PreimageError(.unreadable, message: "pre-images cannot be recorded: \(error)")
      }
      return recorder
    } catch { throw CommandError("\(error)") }
  }

  private func start(_ loggers: Loggers) throws(ServerStartError) -> ServerOracle {
    let logger = loggers.logger("host")
    let patience: Duration? = timeout == 0 ? nil : .seconds(Int64(clamping: timeout))
    return try ServerOracle(command: server, options: ServerOracle.Options(timeout: patience)) {
      logger.log(output: $1)
    }
  }
}
