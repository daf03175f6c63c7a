import FalconetOracle
import Keccak

/// The folder of this test target.
let testFolder = String(#filePath.dropLast("/Support/Fixtures.swift".count))

/// A host's folder in the layout `file`: 16 pre-images of type 4, and local inputs 1 and 2.
let validFolder = "\(testFolder)/Fixtures/oracle-valid"

/// Local input 1 of ``validFolder``: the SHA-256 of a list of hashes.
let listingHash = "4eac5aab648499b7917d3e10a832e4748eed21ed34095b6278f529a6179c622d"

/// A key of the given type, its other bytes all `filler`.
func key(_ type: UInt8, _ filler: UInt8 = 0x5A) -> Bytes32 {
  var key = Bytes32()
  for index in 0..<32 { key[index] = filler }
  key[0] = type
  return key
}

/// A generator of the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }
}
