import CFalconet
import Glibc
import Synchronization

/// The calls that use a trace, from any number of threads: one of each thread at a time, so that a
/// callback can't wait for the call that it is part of; and their cancellation.
final class TraceCalls: Sendable {
  private struct State {
    /// The cancellations that there had been when a thread's call began.
    var inside: [pthread_t: UInt64] = [:]
    var cancellations: UInt64 = 0
    /// Whether the next call is to take the last cancellation, since none was there to do so.
    var isDue = false
    var isClosed = false
  }

  private let state = Mutex(State())

  func enter() throws(CallError) {
    try state.withLock { (state) throws(CallError) in
      guard !state.isClosed else { throw .invalid("the trace is freed") }
      guard state.inside[pthread_self()] == nil else {
        throw CallError(FALCONET_BUSY, "the trace is in use by the call that this callback is of")
      }
      state.inside[pthread_self()] = state.cancellations &- (state.isDue ? 1 : 0)
      state.isDue = false
    }
  }

  func leave() {
    state.withLock { state in _ = state.inside.removeValue(forKey: pthread_self()) }
  }

  /// Lets no call in any more.
  func close() throws(CallError) {
    try state.withLock { (state) throws(CallError) in
      guard state.inside.isEmpty else {
        throw CallError(FALCONET_BUSY, "the trace is in use by another call")
      }
      state.isClosed = true
    }
  }

  func cancel() {
    state.withLock { state in
      state.cancellations &+= 1
      state.isDue = state.inside.isEmpty
    }
  }

  /// Whether this thread's call is cancelled.
  var isCancelled: Bool {
    state.withLock { state in
      state.inside[pthread_self()].map { $0 != state.cancellations } ?? false
    }
  }
}
