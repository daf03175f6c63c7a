import FalconetLibc
import FalconetStreams
import FalconetTrace
import Logging

/// Waiting until no other process has a trace open.
enum TraceWaiting {
  /// How long to wait until the next attempt. The lock's file can be watched by no means that all
  /// systems have.
  private static let milliseconds: Int32 = 50

  /// Opens a trace, again and again until it can be opened, or a signal or the time limit ends the wait.
  ///
  /// - Parameter waits: whether to wait at all.
  static func retry<Result>(
    _ waits: Bool, _ logger: Logger, _ open: () throws(TraceError) -> Result
  ) throws(TraceError) -> Result {
    var isTold = false
    while true {
      do throws(TraceError) { return try open() } catch {
        guard waits, case .locked(let path) = error else { throw error }
        if !isTold {
          logger.info(
            "Waiting for the process that has the trace open", metadata: ["path": "\(path)"])
          isTold = true
        }
      }
      var signal = pollfd(fd: Interruption.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&signal, 1, milliseconds)
      if Interruption.isRequested { throw .interrupted }
    }
  }
}
