import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Testing

@Suite("The archive of fixtures")
struct FixturesTests {
  @Test("Every snapshot of the table is there, and of its version")
  func states() throws {
    let claims = try Fixtures.stateClaims()
    #expect(claims.count == 21)
    for (name, entry) in claims {
      let bytes = try Fixtures.state(name)
      #expect(try Fixtures.state(name + ".gz") == bytes)
      if name.hasSuffix(".bin") { #expect(bytes.first == entry.0.rawValue, "\(name)") }
      if name.hasSuffix(".json") { #expect(bytes.first == UInt8(ascii: "{"), "\(name)") }
    }
  }

  @Test("Recorded proofs are whole", arguments: Fixtures.recordedProofs)
  func proofs(_ run: RecordedRun) throws {
    let proofs = try Fixtures.proofs(run.version, run.guest)
    let is64 = run.version.wordSize == .bits64
    let memoryProofs = run.version.isSingleThreaded ? 2 : 3
    #expect(proofs.count > 40)
    for proof in proofs {
      #expect(proof.stateData.count == run.version.witnessLayout.byteCount)
      #expect(proof.proofData.count >= memoryProofs * (is64 ? 1920 : 896))
      #expect((proof.oracleKey == nil) == (proof.oracleValue == nil))
    }
  }

  @Test("Pre-images are those of their keys", arguments: ["oracle-valid", "oracle-invalid"])
  func preimages(_ name: String) throws {
    let preimages = try Fixtures.preimages(name)
    #expect(preimages.count == 18)
    for (key, data) in preimages where key[0] == PreimageKeyType.sha256.rawValue {
      #expect(PreimageKey.sha256(of: data) == key)
    }
  }

  @Test("What the archive lacks is an error that names it")
  func missing() {
    #expect(throws: FixtureError.self) { try Fixtures.elf("64/nothing.elf") }
    #expect(throws: FixtureError.self) { try Fixtures.state("nothing.bin") }
    #expect(throws: FixtureError.self) { try Fixtures.preimages("nothing") }
    #expect(throws: FixtureError.self) { try Fixtures.vector(.v0, "threads") }
  }
}
