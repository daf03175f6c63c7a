import FalconetMachine
import Keccak

/// Why the calls for a proof can't be made.
package enum CalldataError: Error, Sendable {
  /// `oracle-value` is shorter than its length prefix.
  case noLength(Bytes32)
  /// The part starts behind the pre-image. Both count the length prefix.
  case offset(UInt64, length: UInt64)
  /// No contract function loads pre-images of this key's type.
  case unknownType(Bytes32)
  /// A local input has 32 bytes at most.
  case localTooLong(Bytes32, count: Int)
  /// A blob's field element has 32 bytes.
  case blobSize(Bytes32, count: Int)
  /// The key is of a blob or a precompile, and there is no store to find what it is the hash of.
  case noStore(Bytes32)
  /// The store has not what the key is the hash of.
  case store(PreimageError)
  /// What the key is the hash of has another size, in bytes, than it must.
  case storedSize(Bytes32, expected: Int, given: Int)
  /// The key is of a blob, and there is no KZG proof.
  case noKZGProof(Bytes32)
  /// A KZG proof has 48 bytes.
  case kzgProofSize(Int)
}

extension CalldataError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noLength(let key):
      "oracle-value for key \(key) is shorter than its length prefix of 8 bytes"
    case .offset(let offset, let length):
      "oracle-offset is \(offset), which is not below the pre-image's length with prefix, \(length)"
    case .unknownType(let key):
      "no contract function loads the pre-image of \(key): its type is \(key[0])"
    case .localTooLong(let key, let count):
      "local input \(key) has \(count) bytes: a contract takes 32 at most"
    case .blobSize(let key, let count):
      "the field element \(key) of a blob has \(count) bytes instead of 32"
    case .noStore(let key):
      "the pre-image of \(key) is loaded with the data that its key is the hash of, which the proof does "
        + "not have: name the host's store"
    case .store(let error): error.description
    case .storedSize(let key, let expected, let given):
      "the stored data for \(key) has \(given) bytes instead of \(expected)"
    case .noKZGProof(let key):
      "the field element \(key) of a blob is loaded with a KZG proof: supply that proof"
    case .kzgProofSize(let count): "the KZG proof has \(count) bytes instead of 48"
    }
  }
}
