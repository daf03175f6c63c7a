import CSHA256
import FalconetMachine
import Keccak

/// The keys of pre-images, and what a pre-image may be.
package enum PreimageKey {
  /// The most bytes that a pre-image may have: 1 GiB.
  ///
  /// The protocol's length field has 64 bits; a source that announces or holds more than this is
  /// faulty, and the limit keeps it from taking all memory.
  package static let maximumPreimageSize = 1 << 30

  /// The key of local input `index`: the type, 23 zero bytes, the index in 8 bytes, big-endian.
  package static func local(_ index: UInt64) -> Bytes32 {
    var key = Bytes32()
    key[0] = PreimageKeyType.local.rawValue
    for position in 0..<8 {
      key[31 - position] = UInt8(truncatingIfNeeded: index >> UInt64(8 * position))
    }
    return key
  }

  /// The key of `preimage` by Keccak-256: the hash, its first byte replaced by the type.
  package static func keccak256(of preimage: [UInt8]) -> Bytes32 {
    var key = Keccak256.hash(preimage)
    key[0] = PreimageKeyType.keccak256.rawValue
    return key
  }

  /// The key of `preimage` by SHA-256: the hash, its first byte replaced by the type.
  package static func sha256(of preimage: [UInt8]) -> Bytes32 {
    var hash = [UInt8](repeating: 0, count: 32)
    sha256_of(preimage, preimage.count, &hash)
    var key = Bytes32(readingFrom: hash)
    key[0] = PreimageKeyType.sha256.rawValue
    return key
  }

  /// The key that a pre-image has by the hash of `key`'s type; nil if the type says nothing about it.
  package static func hash(of preimage: [UInt8], for key: Bytes32) -> Bytes32? {
    switch PreimageKeyType(rawValue: key[0]) {
    case .keccak256: keccak256(of: preimage)
    case .sha256: sha256(of: preimage)
    case .local, .global, .blob, .precompile, nil: nil
    }
  }

  /// Whether a pre-image is the key's, as far as the key says what it is.
  package static func isRight(_ preimage: [UInt8], for key: Bytes32) -> Bool {
    hash(of: preimage, for: key).map { $0 == key } ?? true
  }

  /// The index of the local input that `key` asks for, or nil for any other key.
  package static func localIndex(of key: Bytes32) -> UInt64? {
    guard key[0] == PreimageKeyType.local.rawValue, (1..<24).allSatisfy({ key[$0] == 0 }) else {
      return nil
    }
    return key.bytes[24...].bigEndian
  }
}
