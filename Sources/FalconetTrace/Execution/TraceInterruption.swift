import Synchronization

/// Whether the caller wants to cancel a question. Asked now and then while steps are executed.
final class TraceInterruption: Sendable {
  private let body = Mutex<@Sendable (UInt64) -> Bool>({ _ in false })

  func set(_ isRequested: @escaping @Sendable (UInt64) -> Bool) {
    body.withLock { $0 = isRequested }
  }

  func isRequested(at step: UInt64) -> Bool { body.withLock { $0 }(step) }
}
