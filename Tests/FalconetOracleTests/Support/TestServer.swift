import FalconetOracle
import FalconetStreams
import FalconetSystem
import Synchronization
import Testing

/// What a server wrote, as it arrived.
final class Output: Sendable {
  private let chunks = Mutex<[HostStream: [UInt8]]>([:])

  var take: @Sendable (HostStream, [UInt8]) -> Void {
    { stream, bytes in self.chunks.withLock { $0[stream, default: []] += bytes } }
  }

  func bytes(_ stream: HostStream) -> [UInt8] { chunks.withLock { $0[stream] ?? [] } }

  func text(_ stream: HostStream = .standardOutput) -> String {
    String(decoding: bytes(stream), as: UTF8.self)
  }

  var lines: [Substring] { text().split(separator: "\n") }
}

/// Starts `Tests/Servers/misbehaving.py` in the given mode.
func startServer(
  _ mode: String, _ argument: String = "", timeout: Duration? = .seconds(600),
  grace: Grace = .test, output: Output = Output(),
  without missing: ProcessSpawner.MissingMeans = [], cancellation: Cancellation = .never
) throws(ProcessStartError) -> ServerOracle {
  try ServerOracle(
    command: ["python3", serverScript, mode, argument],
    options: .init(
      timeout: timeout, grace: grace, hurriedGrace: grace, cancellation: cancellation),
    without: missing,
    onOutput: output.take)
}

extension Grace {
  /// Longer than any machine takes, for servers that end by themselves.
  static let test = Grace(
    afterEndOfInput: .seconds(600), afterInterrupt: .seconds(600), leftovers: .seconds(600))
  /// For servers that don't.
  static let hasty = Grace(
    afterEndOfInput: .milliseconds(200), afterInterrupt: .milliseconds(200),
    leftovers: .milliseconds(200))
}

/// How long `body` takes.
func elapsed(_ body: () throws -> Void) rethrows -> Duration {
  try SuspendingClock().measure(body)
}
