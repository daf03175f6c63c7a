import Keccak

/// What answers before a source of pre-images is asked, and takes what the source gave.
///
/// It fails no request: what it cannot read is missing, and what it cannot write is left out.
package protocol PreimageCache: AnyObject {
  /// The pre-image of `key`, checked as far as the key says what it is; nil if it is not there.
  func preimage(for key: Bytes32) -> [UInt8]?

  /// Pre-images of 48 bytes under SHA-256 keys, which may be commitments to blobs.
  func commitments() -> [[UInt8]]

  /// Takes a pre-image that a source gave.
  func add(_ key: Bytes32, _ preimage: [UInt8])

  /// Completes what was added.
  func flush()
}
