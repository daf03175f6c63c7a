import FalconetOracle
import Keccak

/// The folder of this test target.
let testFolder = String(#filePath.dropLast("/Support/Fixtures.swift".count))

/// A server that misbehaves in the mode that it is started with.
let serverScript =
  String(testFolder.dropLast("/FalconetOracleTests".count)) + "/Servers/misbehaving.py"

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
