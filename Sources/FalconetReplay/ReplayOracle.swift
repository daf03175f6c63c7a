import FalconetMachine
import Keccak

/// A source of pre-images for a machine that executes steps more than once: each pre-image is asked for
/// once and kept, and each hint is sent once.
final class ReplayOracle: PreimageOracle {
  private var source: any PreimageOracle
  private var preimages: [Bytes32: [UInt8]] = [:]
  /// Bytes of the pre-images that are kept.
  private(set) var byteCount: UInt64 = 0
  /// The first reads of pre-images and the hints, in the order of their steps.
  private(set) var requests: [HostRequest] = []
  /// The steps executed before the step in hand, and whether it is executed for the first time.
  var stepInHand: () -> (step: UInt64, isNew: Bool) = { (0, true) }

  init(_ source: any PreimageOracle) { self.source = source }

  /// The same source, for a machine that goes on otherwise from a step on: nothing is asked for again that
  /// is known.
  init(branching other: ReplayOracle, at step: UInt64) {
    source = other.source
    preimages = other.preimages
    byteCount = other.byteCount
    requests = other.requests.filter { $0.step < step }
  }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if let preimage = preimages[key] { return preimage }
    let preimage = try source.preimage(for: key)
    preimages[key] = preimage
    byteCount += UInt64(preimage.count) + 64
    add(HostRequest(step: stepInHand().step, content: .preimage(key, size: preimage.count)))
    return preimage
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    let (step, isNew) = stepInHand()
    guard isNew else { return }
    try source.hint(hint)
    add(HostRequest(step: step, content: .hint(Array(hint.prefix(HostRequest.longestHint)))))
  }

  func longHint(_ hint: LongHint) throws(PreimageError) {
    let (step, isNew) = stepInHand()
    guard isNew else { return }
    try source.longHint(hint)
    let start = try hint.bytes(0..<min(hint.count, HostRequest.longestHint))
    add(HostRequest(step: step, content: .hint(start)))
  }

  var takesHints: Bool { source.takesHints }

  func flush() throws(PreimageError) { try source.flush() }

  private func add(_ request: HostRequest) {
    // The oldest go in large parts, so that a request costs little.
    if requests.count >= 2 * HostRequest.mostKept {
      requests.removeFirst(HostRequest.mostKept)
    }
    requests.append(request)
  }
}

/// A pre-image that was asked of the host, or a hint that it got.
package struct HostRequest: Sendable {
  package enum Content: Sendable {
    /// The first read of a pre-image, and the number of its bytes.
    case preimage(Bytes32, size: Int)
    /// A hint; of a long one only the start.
    case hint([UInt8])
  }

  /// Bytes of a hint that are kept.
  static let longestHint = 1 << 10
  /// Requests that are kept at least.
  static let mostKept = 1 << 14

  /// The steps executed before.
  package let step: UInt64
  package let content: Content
}
