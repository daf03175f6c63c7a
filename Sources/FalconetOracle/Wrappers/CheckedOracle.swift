import FalconetMachine
import Keccak

/// Passes on another source's pre-images once they are known to be their keys'.
///
/// Types 2 and 4 (Keccak-256 and SHA-256) are hashed and compared. The other types can't be
/// verified from the key alone and pass as they are.
package struct CheckedOracle: PreimageOracle {
  /// The source whose answers are checked.
  package var source: any PreimageOracle

  private var lastHint: [UInt8]?
  private let activity: PreimageActivity?

  package init(_ source: any PreimageOracle, activity: PreimageActivity? = nil) {
    self.activity = activity
    self.source = source
  }

  /// - Throws: ``PreimageError`` of kind `wrong` if the pre-image is not the key's, and what the
  ///   source throws.
  /// - Complexity: linear in the size of the pre-image.
  package mutating func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let preimage = try source.preimage(for: key)
    guard let actual = PreimageKey.hash(of: preimage, for: key) else { return preimage }
    guard actual == key else {
      activity?.failed(.wrong)
      throw PreimageError(
        .wrong, key: key, lastHint: lastHint,
        message: "the source gave a wrong pre-image of \(preimage.count) bytes, whose key is "
          + "\(actual)",
        remedy: "remove what the host stored under the key, or repair the host, and retry")
    }
    return preimage
  }

  package mutating func longHint(_ hint: LongHint) throws(PreimageError) {
    try source.longHint(hint)
  }

  package var takesHints: Bool { source.takesHints }

  package mutating func flush() throws(PreimageError) { try source.flush() }

  package mutating func hint(_ hint: [UInt8]) throws(PreimageError) {
    lastHint = hint
    try source.hint(hint)
  }
}
