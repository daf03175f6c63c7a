import FalconetMachine
import Keccak

/// Passes pre-images and hints on, and knows what a run that starts anywhere has to know of them.
final class HintWatch: PreimageOracle {
  private var source: any PreimageOracle
  /// Whether a hint was sent since the last pre-image.
  private(set) var isPending = false
  /// Whether a hint was sent, or a pre-image came, since the run's start.
  private var hasStarted = false

  /// Is shown each pre-image before it is given, and may refuse it.
  var inspect: ((_ key: Bytes32, _ preimage: [UInt8]) throws(PreimageError) -> Void)?

  init(_ source: any PreimageOracle) { self.source = source }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let preimage = try source.preimage(for: key)
    try inspect?(key, preimage)
    isPending = false
    hasStarted = true
    return preimage
  }

  func longHint(_ hint: LongHint) throws(PreimageError) {
    hasStarted = true
    try source.longHint(hint)
    isPending = true
  }

  var takesHints: Bool { source.takesHints }

  func flush() throws(PreimageError) { try source.flush() }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    hasStarted = true
    try source.hint(hint)
    isPending = true
  }

  /// Whether a request may have failed because the host wants a hint for it that the program wrote
  /// before the state that the run started from: it is the run's first, and the host had nothing or
  /// gave up.
  func mayLackHint(_ error: PreimageError) -> Bool {
    guard !hasStarted else { return false }
    return switch error.kind {
    case .missing, .disconnected: true
    case .wrong, .stalled, .unreadable, .noSource, .hintLimit, .interrupted: false
    }
  }
}
