import CFalconet
import Synchronization

/// What ends a run from outside: cancellation from any thread, and the progress callback.
///
/// Safety: the flag is atomic; all else is used by the call that
/// has the machine to itself.
final class RunControl: @unchecked Sendable {
  private let isCancelled = Atomic<Bool>(false)
  var progress = ProgressReport()

  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Whether a cancellation was requested.
  var isCancelRequested: Bool { isCancelled.load(ordering: .relaxed) }

  /// Whether a cancellation was requested; it is withdrawn.
  func takeCancellation() -> Bool { isCancelled.exchange(false, ordering: .relaxed) }

  /// Whether a run stops at `step`. Reports the progress if it is due.
  func shouldStop(at step: UInt64) -> Bool {
    if !progress.goesOn(at: step) { return true }
    return isCancelRequested
  }
}

/// The progress callback, and when it is due.
///
/// Safety: the context is passed on, never followed; on which
/// threads the callback runs is what the header says.
struct ProgressReport: @unchecked Sendable {
  private let callback: falconet_progress_fn?
  private let context: UnsafeMutableRawPointer?
  private let interval: UInt64
  private var reported: UInt64

  init(
    to callback: falconet_progress_fn? = nil, every interval: UInt64 = 0,
    _ context: UnsafeMutableRawPointer? = nil, from step: UInt64 = 0
  ) {
    self.callback = callback
    self.interval = interval
    self.context = context
    reported = step
  }

  /// Reports the progress if it is due, and in any case if the step precedes the last report.
  ///
  /// - Returns: false if the callback was called and returned false.
  mutating func goesOn(at step: UInt64) -> Bool {
    guard let callback, step &- reported >= interval else { return true }
    reported = step
    return callback(context, step)
  }
}
