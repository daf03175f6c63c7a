import FalconetStreams
import Synchronization

/// A file of metrics for the textfile collector of Prometheus' node_exporter. It is replaced whole, so
/// that the collector never reads a part of one.
///
/// Safe to use from any thread.
package final class MetricsFile: Sendable {
  package let path: String
  private let interval: Duration
  private let next = Mutex(ContinuousClock.Instant?.none)

  /// - Parameter interval: how often the file is written while a run goes on.
  package init(path: String, interval: Duration) {
    self.path = path
    self.interval = interval
  }

  /// Writes the file if the interval has passed, or it was never written.
  package func writeIfDue(_ reading: () -> RunReading) throws(StreamError) {
    let now = ContinuousClock.now
    let isDue = next.withLock { next in
      if let due = next, now < due { return false }
      next = now + interval
      return true
    }
    if isDue { try write(reading()) }
  }

  /// Writes the file.
  package func write(_ reading: RunReading) throws(StreamError) {
    try AtomicFile.write(path: path, permissions: 0o666, compression: Compression.none) {
      (sink) throws(StreamError) in
      try sink.write(Array(PrometheusText.text(reading).utf8))
    }
  }
}
