import FalconetMachine
import FalconetOracle
import Keccak

/// A source of pre-images that can be replaced, and whose answers are checked: by itself, as those of
/// `PreimageSource.open` are, or here.
///
/// A host goes by the last hint when it is asked for a pre-image that it doesn't have. If the machine
/// was taken to another step, or the source is a new one, the last hint that the program wrote before
/// that step is therefore sent again first.
package final class HintedOracle: PreimageOracle {
  private var source: (any PreimageOracle)?
  /// The last hint that the program wrote.
  package var hint: [UInt8]?
  /// The last hint that the source got.
  private var sent: [UInt8]?

  package init() {}

  package var isConnected: Bool { source != nil }

  /// - Parameter isChecked: whether the source compares its answers with their keys.
  package func connect(_ source: any PreimageOracle, isChecked: Bool = false) {
    self.source = isChecked ? source : CheckedOracle(source)
    sent = nil
  }

  package func disconnect() { source = nil }

  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    if let hint, hint != sent { try send(hint) }
    guard source != nil else { return try NoPreimages().preimage(for: key) }
    return try source?.preimage(for: key) ?? []
  }

  package var takesHints: Bool { source?.takesHints ?? false }

  package func flush() throws(PreimageError) { try source?.flush() }

  package func hint(_ hint: [UInt8]) throws(PreimageError) {
    try send(hint)
    self.hint = hint
  }

  private func send(_ hint: [UInt8]) throws(PreimageError) {
    try source?.hint(hint)
    sent = hint
  }
}
