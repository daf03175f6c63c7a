import FalconetMachine
import Keccak

/// A server that is started when it is first asked, or before.
///
/// One thread uses an object at a time.
package final class PreimageHost: PreimageOracle {
  private let make: () throws(PreimageError) -> ServerOracle
  private var server: ServerOracle?
  private var isShutDown = false

  init(_ make: @escaping () throws(PreimageError) -> ServerOracle) { self.make = make }

  /// Whether the server was started.
  package var isStarted: Bool { server != nil }

  /// Starts the server if it is not.
  @discardableResult
  package func start() throws(PreimageError) -> ServerOracle {
    if let server { return server }
    guard !isShutDown else {
      throw PreimageError(
        .disconnected, message: "the pre-image server was shut down before this request")
    }
    let started = try make()
    server = started
    return started
  }

  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    try start().preimage(for: key)
  }

  package func hint(_ hint: [UInt8]) throws(PreimageError) { try start().hint(hint) }

  package func longHint(_ hint: LongHint) throws(PreimageError) { try start().longHint(hint) }

  /// Ends the server. It is not started any more.
  ///
  /// - Returns: how it ended; nil if it was never started.
  @discardableResult
  package func shutdown() -> ShutdownReport? {
    isShutDown = true
    return server?.shutdown()
  }
}
