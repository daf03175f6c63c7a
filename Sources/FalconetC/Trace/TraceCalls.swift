import CFalconet
import FalconetLibc
import Synchronization

/// The calls that use a trace, from any number of threads: one of each thread at a time, so that a
/// callback cannot wait for the call that it is part of; and their cancellation.
final class TraceCalls: Sendable {
  private struct Entry {
    /// The number of cancellations when the call began.
    let cancellations: UInt64
    var isCancelled = false
  }

  private struct State {
    var inside: [pthread_t: Entry] = [:]
    var cancellations: UInt64 = 0
    /// Whether a cancellation waits for the next call that executes, since none was in progress.
    var isDue = false
    var isClosed = false
  }

  private let state = Mutex(State())

  func enter() throws(CallError) {
    try state.withLock { (state) throws(CallError) in
      guard !state.isClosed else { throw .invalid("the trace has been freed") }
      guard state.inside[pthread_self()] == nil else {
        throw CallError(
          FALCONET_BUSY, "the trace is in use by the call that this callback is part of")
      }
      state.inside[pthread_self()] = Entry(cancellations: state.cancellations)
    }
  }

  func leave() {
    state.withLock { state in _ = state.inside.removeValue(forKey: pthread_self()) }
  }

  /// Admits no further call.
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

  /// Withdraws a cancellation that has not ended a call yet.
  func resume() { state.withLock { $0.isDue = false } }

  /// Whether this thread's call, which executes steps, is cancelled. A waiting cancellation applies to
  /// it.
  var isCancelled: Bool {
    state.withLock { state in
      guard var entry = state.inside[pthread_self()] else { return false }
      if entry.cancellations != state.cancellations || state.isDue { entry.isCancelled = true }
      if entry.isCancelled { state.isDue = false }
      state.inside[pthread_self()] = entry
      return entry.isCancelled
    }
  }
}
