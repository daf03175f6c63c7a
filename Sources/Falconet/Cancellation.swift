internal import FalconetStreams
internal import Synchronization

/// Ends work of a machine or a trace from another thread.
///
/// ```swift
/// let cancellation = Cancellation()
/// signals.onInterrupt { cancellation.cancel() }
/// let reason = try machine.run(cancellation: cancellation)    // .exited or .cancelled
/// ```
///
/// A run notices within some milliseconds, a request to a pre-image server within a second. Work that
/// was cancelled can continue with another cancellation, or without one.
public final class Cancellation: Sendable {
  private let flag = Atomic(false)

  /// A cancellation that has not been requested.
  public init() {}

  /// Requests the end. May be called from any thread, and more than once.
  public func cancel() { flag.store(true, ordering: .releasing) }

  /// Whether the end was requested.
  var isRequested: Bool { flag.load(ordering: .acquiring) }

  /// The same for the modules below.
  var value: FalconetStreams.Cancellation {
    FalconetStreams.Cancellation { [self] in isRequested }
  }
}
