import CFalconet
import Falconet
import Synchronization

/// What stops a run from outside: cancellation, from any thread, and the progress callback.
///
/// Soundness of the unchecked conformance: the flag is atomic; all else is used by the call that
/// has the machine to itself.
final class RunControl: @unchecked Sendable {
  private let isCancelled = Atomic<Bool>(false)
  private var progress: falconet_progress_fn?
  private var context: UnsafeMutableRawPointer?
  private var interval: UInt64 = 0
  private var reported: UInt64 = 0

  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Whether a cancellation was asked for, which is forgotten.
  func takeCancellation() -> Bool { isCancelled.exchange(false, ordering: .relaxed) }

  func report(
    to progress: falconet_progress_fn?, every interval: UInt64,
    _ context: UnsafeMutableRawPointer?, from step: UInt64
  ) {
    self.progress = progress
    self.context = context
    self.interval = interval
    reported = step
  }

  /// Whether a run shall stop at `step`. Reports the progress where it is due.
  func shouldStop(at step: UInt64) -> Bool {
    if let progress, step &- reported >= interval {
      reported = step
      if !progress(context, step) { return true }
    }
    return isCancelled.load(ordering: .relaxed)
  }
}
