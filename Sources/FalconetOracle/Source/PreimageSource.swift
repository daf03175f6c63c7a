import FalconetMachine
import FalconetStreams
import FalconetSystem

/// Where pre-images come from: a value that describes a source, and one function that opens it.
package struct PreimageSource: Sendable {
  /// What gives pre-images that are no local inputs of this value.
  package enum Origin: Sendable {
    case none
    /// A directory in any of the hosts' layouts.
    case directory(String)
    /// The command line of a server, which is started when the source is opened.
    case server([String])
    /// Anything else.
    case custom(@Sendable () throws(PreimageError) -> any PreimageOracle)
  }

  package var origin: Origin
  /// Local inputs by index, which come before those of the origin.
  package var localInputs: [UInt64: [UInt8]] = [:]
  /// A directory that everything that is served is written to.
  package var recording: String?
  /// How long a server may take for an answer; nil for ever.
  package var timeout: Duration? = .seconds(900)
  /// Takes what a server writes to its standard streams, on a thread of its own.
  package var onHostOutput: @Sendable (HostStream, [UInt8]) -> Void = { _, _ in }

  package init(_ origin: Origin = .none) { self.origin = origin }

  /// A text that is another whenever the origin could give other local pre-images: of a server its
  /// command line. Nil if nothing can be said.
  package var identity: [UInt8]? {
    switch origin {
    case .server(let command): Self.identity(ofServer: command)
    case .none, .directory, .custom: nil
    }
  }

  /// What a server is known by: its command line, as a text that no other has.
  package static func identity(ofServer command: [String]) -> [UInt8] {
    Array("server".utf8) + command.flatMap { [0] + Array($0.utf8) }
  }

  /// Opens the directory, or starts the server.
  ///
  /// - Parameter cancellation: ends a request that waits for a server.
  /// - Returns: the source, and the server in it, which can be shut down for a report.
  package func open(
    _ cancellation: Cancellation = .never
  ) throws(PreimageError) -> (oracle: any PreimageOracle, server: ServerOracle?) {
    let recorder = try recorder()
    var server: ServerOracle?
    var oracle: any PreimageOracle = NoPreimages()
    switch origin {
    case .none: break
    case .directory(let path): oracle = try DirectoryOracle(path: path)
    case .custom(let open): oracle = try open()
    case .server(let command):
      do throws(ProcessStartError) {
        let options = ServerOracle.Options(timeout: timeout, cancellation: cancellation)
        let started = try ServerOracle(command: command, options: options, onOutput: onHostOutput)
        (oracle, server) = (started, started)
      } catch { throw PreimageError(.unreadable, message: "the pre-image server \(error)") }
    }
    if !localInputs.isEmpty { oracle = LocalInputs(localInputs, source: oracle) }
    oracle = CheckedOracle(oracle)
    if var recorder {
      recorder.source = oracle
      oracle = recorder
    }
    return (oracle, server)
  }

  /// What records, with no source yet. Makes its directory, and checks that it can be written.
  @discardableResult
  package func recorder() throws(PreimageError) -> RecordingOracle? {
    guard let recording else { return nil }
    let recorder = try RecordingOracle(NoPreimages(), path: recording)
    do throws(StreamError) { try AtomicFile.check(path: recording + "/check") } catch {
      throw PreimageError(.unreadable, message: "pre-images cannot be recorded: \(error)")
    }
    return recorder
  }
}
