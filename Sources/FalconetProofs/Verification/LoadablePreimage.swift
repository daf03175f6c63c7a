import FalconetMachine
import FalconetOracle
import Keccak

/// What the oracle contract takes as a pre-image.
enum LoadablePreimage {
  /// - Parameter value: the pre-image with its length prefix, which is right.
  static func check(_ key: Bytes32, value: [UInt8]) throws(ProofFault) {
    let count = value.count - 8
    var problem: String?
    switch PreimageKeyType(rawValue: key[0]) {
    case .keccak256:
      let actual = PreimageKey.keccak256(of: Array(value.dropFirst(8)))
      if actual != key { throw .preimage(key: key, actual: actual) }
    case .sha256:
      let actual = PreimageKey.sha256(of: Array(value.dropFirst(8)))
      if actual != key { throw .preimage(key: key, actual: actual) }
    case .local:
      if count > 32 { problem = "a local input has 32 bytes at most, this one has \(count)" }
    case .blob:
      if count != 32 { problem = "a blob's field element has 32 bytes, this one has \(count)" }
    case .precompile:
      if count < 1 { problem = "a precompile's result has at least its status byte" }
    case .global, nil: problem = "no contract function loads keys of type \(key[0])"
    }
    if let problem { throw .unloadablePreimage(key: key, reason: problem) }
  }
}
