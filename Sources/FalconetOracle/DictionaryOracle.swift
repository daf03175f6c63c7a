import FalconetMachine
import Keccak

/// Pre-images held in memory.
///
/// ```swift
/// var oracle = DictionaryOracle()
/// let key = oracle.insert(keccak256: Array("hello".utf8))
/// oracle.insert(local: 1, key.bytes)
/// ```
package struct DictionaryOracle: PreimageOracle, Sendable {
  /// The pre-images by their keys.
  package var preimages: [Bytes32: [UInt8]]

  /// Whether ``hints`` grows; a long run sends millions of hints.
  package var keepsHints: Bool

  /// The hints so far, in order, if ``keepsHints`` is set.
  package private(set) var hints: [[UInt8]] = []

  private var lastHint: [UInt8]?

  package init(_ preimages: [Bytes32: [UInt8]] = [:], keepsHints: Bool = false) {
    self.preimages = preimages
    self.keepsHints = keepsHints
  }

  /// Adds `preimage` under its Keccak-256 key, and returns the key.
  @discardableResult
  package mutating func insert(keccak256 preimage: [UInt8]) -> Bytes32 {
    let key = PreimageKey.keccak256(of: preimage)
    preimages[key] = preimage
    return key
  }

  /// Adds `preimage` under its SHA-256 key, and returns the key.
  @discardableResult
  package mutating func insert(sha256 preimage: [UInt8]) -> Bytes32 {
    let key = PreimageKey.sha256(of: preimage)
    preimages[key] = preimage
    return key
  }

  /// Sets local input `index`, and returns its key.
  @discardableResult
  package mutating func insert(local index: UInt64, _ value: [UInt8]) -> Bytes32 {
    let key = PreimageKey.local(index)
    preimages[key] = value
    return key
  }

  /// - Throws: ``PreimageError`` of kind `missing` if the dictionary has no such key.
  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    guard let preimage = preimages[key] else {
      throw PreimageError(
        .missing, key: key, lastHint: lastHint,
        message: "the dictionary of pre-images lacks the key that the guest requested",
        remedy: "add it before the run")
    }
    return preimage
  }

  package var takesHints: Bool { keepsHints }

  /// Keeps the hint if ``keepsHints`` is set, and ignores it otherwise.
  package mutating func hint(_ hint: [UInt8]) throws(PreimageError) {
    lastHint = hint
    if keepsHints { hints.append(hint) }
  }
}
