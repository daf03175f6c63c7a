import FalconetMachine
import Keccak

/// Pre-images that follow from their keys: 0 to 47 bytes. Keys that end in a byte of 0xF8 and above
/// have none.
package struct RandomOracle: PreimageOracle, Sendable {
  package init() {}

  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    guard key[31] < 0xF8 else { throw PreimageError(.missing, key: key, message: "there is none") }
    return (0..<Int(key[31]) % 48).map { key[$0 % 32] &+ UInt8($0) }
  }

  package func hint(_ hint: [UInt8]) throws(PreimageError) {}
}
