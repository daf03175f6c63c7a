internal import FalconetLibc
internal import FalconetMachine
internal import FalconetOracle
internal import FalconetStreams
internal import Synchronization

/// The cancellations of the calls in progress, by thread: the thread that calls is the one that executes
/// steps and asks. And the step that it was at last.
final class CallCancellations: Sendable {
  private let values = Mutex<[pthread_t: Cancellation]>([:])
  private let lastStep = Mutex<UInt64?>(nil)

  var step: UInt64? { lastStep.withLock { $0 } }

  func note(_ step: UInt64) { lastStep.withLock { $0 = step } }

  /// - Returns: the cancellation of the call that a closure of it is part of, for ``end(_:)``.
  func begin(_ cancellation: Cancellation?) -> Cancellation? {
    values.withLock { values in
      defer { values[pthread_self()] = cancellation }
      return values[pthread_self()]
    }
  }

  func end(_ outer: Cancellation?) { values.withLock { $0[pthread_self()] = outer } }

  var isRequested: Bool { values.withLock { $0[pthread_self()]?.isRequested ?? false } }
}

/// The source of a trace. Calls set it, and the thread that executes steps opens it.
final class TraceInputSource: Sendable {
  private let value: Mutex<PreimageSource>

  init(_ source: PreimageSource) { value = Mutex(source) }

  var preimages: PreimageSource {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }

  var localInputs: [UInt64: [UInt8]] { preimages.value.localInputs }

  var identity: [UInt8]? {
    let source = preimages
    return source.identity.map { Array($0.utf8) } ?? source.value.identity
  }

  func open(_ cancellations: CallCancellations) throws(PreimageError) -> any PreimageOracle {
    try preimages.value.open(
      FalconetStreams.Cancellation { cancellations.isRequested }
    ).oracle
  }
}
