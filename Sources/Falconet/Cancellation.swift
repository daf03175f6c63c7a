internal import Synchronization

/// Ends work of a machine or a trace from another thread.
///
/// A run notices within some milliseconds, a request to a pre-image server within a second. What is
/// cancelled can be taken up again with another cancellation, or with none.
public final class Cancellation: Sendable {
  private let flag = Atomic(false)

  /// A cancellation that nobody has asked for.
  public init() {}

  /// Asks for the end. May be called from any thread, and more than once.
  public func cancel() { flag.store(true, ordering: .releasing) }

  /// Whether somebody asked for the end.
  public var isCancelled: Bool { flag.load(ordering: .acquiring) }
}

/// The cancellation of the run in progress, for whoever was made before it.
final class CurrentCancellation: Sendable {
  private let value = Mutex<Cancellation?>(nil)

  func set(_ cancellation: Cancellation?) { value.withLock { $0 = cancellation } }

  var isCancelled: Bool { value.withLock { $0?.isCancelled ?? false } }
}
