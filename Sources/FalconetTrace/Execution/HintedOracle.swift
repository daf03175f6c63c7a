import FalconetMachine
import FalconetOracle
import Keccak

/// A source of pre-images that can be had anew, and whose answers are checked.
///
/// A host goes by the last hint when it is asked for a pre-image that it doesn't have. So where the
/// machine was taken to another step, or the source is a new one, the hint that the program wrote
/// last before that step is sent again first.
package final class HintedOracle: PreimageOracle {
  private var source: CheckedOracle?
  /// What the program wrote last before the step where it is.
  package var hint: [UInt8]?
  /// Is shown each local pre-image before it is given, and may refuse it.
  package var inspectLocal: ((_ key: Bytes32, _ value: [UInt8]) throws(PreimageError) -> Void)?
  /// What the source was told last.
  private var sent: [UInt8]?

  package init() {}

  package var isConnected: Bool { source != nil }

  package func connect(_ source: any PreimageOracle) {
    self.source = source as? CheckedOracle ?? CheckedOracle(source)
    sent = nil
  }

  package func disconnect() { source = nil }

  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if let hint, hint != sent { try send(hint) }
    guard source != nil else { return try NoPreimages().preimage(for: key) }
    let value = try source?.preimage(for: key) ?? []
    if key[0] == PreimageKeyType.local.rawValue { try inspectLocal?(key, value) }
    return value
  }

  package var takesHints: Bool { source?.takesHints ?? false }

  package func hint(_ hint: [UInt8]) throws(PreimageError) {
    try send(hint)
    self.hint = hint
  }

  private func send(_ hint: [UInt8]) throws(PreimageError) {
    try source?.hint(hint)
    sent = hint
  }
}
