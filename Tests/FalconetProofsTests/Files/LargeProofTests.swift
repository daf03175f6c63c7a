import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("Proofs of reads of large pre-images")
struct LargeProofTests {
  @Test("One of more than 32 MiB is read back and holds")
  func large() throws {
    let value = [UInt8](repeating: 0xA5, count: 33 << 20)
    var oracle = DictionaryOracle()
    let key = oracle.insert(keccak256: value)
    var image = MachineImage(.v8, code: [Assembly.syscall])
    image[register: 2] = 5000
    image[register: 4] = 5
    image[register: 5] = 0x2000
    image[register: 6] = 8
    image.state.scalars.preimageKey = key
    let witness = try #require(try image.machine(EngineKind.step, oracle: oracle).prove())
    let file = MemorySink()
    try StepProof(witness).write(to: file)
    let reader = try ProofReader(MemorySource(file.bytes))
    let proof = try #require(try reader.next())
    #expect(try reader.next() == nil)
    #expect(proof.oracleValue.count == value.count + 8)
    #expect(ProofVerifier.verify(proof, version: .v8).holds)
  }
}
