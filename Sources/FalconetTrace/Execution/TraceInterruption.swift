import Synchronization

/// Whether the caller wants to cancel a question. Asked now and then while steps are executed.
final class TraceInterruption: Sendable {
  /// A closure alone would be wrapped in another one each time that it is read under the lock, since the
  /// lock is generic: calls would take longer and longer, and in the end exhaust the stack.
  private struct Body {
    var isRequested: @Sendable (UInt64) -> Bool
  }

  private let body = Mutex(Body { _ in false })

  func set(_ isRequested: @escaping @Sendable (UInt64) -> Bool) {
    body.withLock { $0.isRequested = isRequested }
  }

  /// Pages of the machine's memory, as of the last time that it asked.
  private let pages = Atomic(0)

  var pageCount: Int { pages.load(ordering: .relaxed) }

  func note(pages count: Int) { pages.store(count, ordering: .relaxed) }

  func isRequested(at step: UInt64) -> Bool { body.withLock { $0.isRequested }(step) }
}
