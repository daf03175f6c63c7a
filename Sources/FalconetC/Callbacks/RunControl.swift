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
/// Safety: on which threads the callback runs is what the header says.
struct ProgressReport: @unchecked Sendable {
  /// Receives the step. Returns whether the run goes on.
  private let callback: ((UInt64) -> Bool)?
  private let interval: UInt64
  private var reported: UInt64

  init(every interval: UInt64 = 0, from step: UInt64 = 0, to callback: ((UInt64) -> Bool)? = nil) {
    self.callback = callback
    self.interval = interval
    reported = step
  }

  /// A callback of falconet.h.
  ///
  /// Safety: the context is passed on, never followed; on which threads the callback runs is what the
  /// header says.
  init(
    to callback: falconet_progress_fn?, every interval: UInt64, _ context: UnsafeMutableRawPointer?,
    from step: UInt64 = 0
  ) {
    self.init(
      every: interval, from: step, to: callback.map { callback in { callback(context, $0) } })
  }

  /// Reports the progress if it is due, and in any case if the step precedes the last report.
  ///
  /// - Returns: false if the callback was called and returned false.
  mutating func goesOn(at step: UInt64) -> Bool {
    guard let callback, step &- reported >= interval else { return true }
    reported = step
    return callback(step)
  }
}
