import Synchronization

/// Whether the caller wants a question given up. Asked now and then while steps are executed.
final class TraceInterruption: Sendable {
  private let body = Mutex<@Sendable () -> Bool>({ false })

  func set(_ isRequested: @escaping @Sendable () -> Bool) { body.withLock { $0 = isRequested } }

  var isRequested: Bool { body.withLock { $0 }() }
}
