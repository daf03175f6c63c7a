import FalconetStreams
import FalconetThreads
import Synchronization

/// Writes snapshots on a thread of its own, one at a time, while the machine goes on. If the system
/// gives no thread, ``submit(_:)`` writes before it returns.
///
/// ```swift
/// let writer = SnapshotWriter()
/// let checkpoint = machine.checkpoint()
/// try writer.submit { try Snapshot.save(checkpoint, path: "state-1000.bin.gz") }
/// _ = try machine.run(until: 2_000)
/// try writer.finish()
/// ```
package final class SnapshotWriter: Sendable {
  private let work = BackgroundWork()
  private let failure = Mutex<StreamError?>(nil)

  package init() {}

  /// Whether a snapshot could not be written: the next call throws why.
  package var hasFailed: Bool { failure.withLock { $0 != nil } }

  /// Waits until all snapshots submitted before are written, then has `write` called, and returns
  /// meanwhile. So no more than one state is kept beside the machine's.
  ///
  /// - Throws: why an earlier snapshot could not be written; this one then is not.
  package func submit(
    _ write: @escaping @Sendable () throws(StreamError) -> Void
  ) throws(StreamError) {
    try finish()
    work.start { [self] in
      do throws(StreamError) { try write() } catch { failure.withLock { $0 = error } }
    }
  }

  /// Waits until all snapshots are written.
  ///
  /// - Throws: why one could not be, once.
  package func finish() throws(StreamError) {
    work.wait()
    let error = failure.withLock { failure in
      defer { failure = nil }
      return failure
    }
    if let error { throw error }
  }
}
