import FalconetMachine
import FalconetProofs
import FalconetTestSupport
import Keccak
import Testing

@Suite("Verifying the proofs that the reference machine recorded")
struct RecordedVerificationTests {
  @Test(
    "Each holds, and touches the words that its instruction touches",
    arguments: Fixtures.recordedProofs)
  func holds(_ run: RecordedRun) throws {
    let vectors = try Fixtures.proofs(run.version, run.guest)
    try #require(vectors.count > 40)
    for vector in vectors {
      let verdict = ProofVerifier.verify(StepProof(vector), version: run.version)
      #expect(verdict.holds, "\(vector.kind) at step \(vector.step): \(verdict.text)")
      let execution = try #require(verdict.findings.first?.execution)
      #expect(execution.after.claim == vector.post)
      // A step at which a waiting thread is looked at counts as its system call.
      let isWaiting = run.version.hasBlockingFutexes && vector.kind.hasSuffix("94")
      #expect(execution.instruction != nil || isWaiting)
      switch vector.kind {
      case "syscall-5222", "syscall-4263":
        #expect(execution.accesses.count == (run.version.isSingleThreaded ? 0 : 2))
      case "op-20", "op-23", "op-24", "op-25", "op-37":
        #expect(execution.accesses.map(\.after) == [nil])
      case "op-28", "op-29", "op-2b", "op-3f":
        #expect(execution.accesses.count == 1 && execution.accesses[0].after != nil)
      case _ where vector.kind.hasPrefix("special-") || vector.kind.hasPrefix("regimm-"):
        #expect(execution.accesses.isEmpty)
      default: break
      }
      #expect(execution.readsPreimage == (vector.oracleKey != nil))
    }
  }

  @Test("Without a version, those that the sizes fit are tried", arguments: Fixtures.recordedProofs)
  func candidates(_ run: RecordedRun) throws {
    let vector = try #require(try Fixtures.proofs(run.version, run.guest).first)
    let families: [[StateVersion]] = [[.v0, .v2], [.v1], [.v3], [.v4], [.v5], [.v6, .v7, .v8]]
    let verdict = ProofVerifier.verify(StepProof(vector))
    #expect(verdict.findings.map(\.version) == families.first { $0.contains(run.version) })
    #expect(verdict.holds)
  }

  @Test("A proof holds only if it does in every version that its sizes fit")
  func allCandidates() throws {
    // `dclz` came with version 7.
    let code = Assembly.special2(0x24, rs: 9, rd: 8)
    let machine = try MachineImage(.v7, code: [code]).machine()
    var proof = StepProof(try #require(try machine.prove()))
    let verdict = ProofVerifier.verify(proof)
    #expect(!verdict.holds)
    #expect(verdict.findings.map { $0.fault?.reason } == ["panic", nil, nil])
    #expect(ProofVerifier.verify(proof, version: .v7).holds)
    #expect(!ProofVerifier.verify(proof, version: .v6).holds)
    proof.version = .v8
    #expect(ProofVerifier.verify(proof).holds)
    #expect(!ProofVerifier.verify(proof, version: .v6).holds)
  }

  @Test(
    "The proof of a state that has exited says that nothing follows",
    arguments: StateVersion.allCases)
  func exited(_ version: StateVersion) throws {
    var image = MachineImage(version)
    image.state.scalars.exited = true
    image.state.scalars.exitCode = 1
    image.state.scalars.step = 77
    let machine = try image.machine()
    var proof = StepProof(post: machine.claim(), stateData: machine.witness(), proofData: [])
    #expect(ProofVerifier.verify(proof, version: version).holds)
    // As sizes alone go: versions 3 and 4 have the same state data.
    #expect(ProofVerifier.verify(proof).findings.contains { $0.version == version })
    proof.step = 77
    proof.pre = machine.claim()
    #expect(ProofVerifier.verify(proof, version: version).holds)
    proof.step = 76
    #expect(ProofVerifier.verify(proof, version: version).reason == "step")
    proof.step = 77
    proof.pre = Bytes32()
    #expect(ProofVerifier.verify(proof, version: version).reason == "pre")
    proof.post[5] ^= 1
    proof.pre = nil
    #expect(ProofVerifier.verify(proof, version: version).reason == "post")
    proof.pre = machine.claim()
    proof.proofData = [0]
    #expect(ProofVerifier.verify(proof, version: version).reason == "size")
  }

  @Test("A state that has not exited needs all of the proof", arguments: StateVersion.allCases)
  func running(_ version: StateVersion) throws {
    let machine = try MachineImage(version, code: [Assembly.nop]).machine()
    let proof = StepProof(try #require(try machine.prove()))
    var other = proof
    other.pre = nil
    #expect(ProofVerifier.verify(other, version: version).reason == "missing-field")
    other = proof
    other.step = nil
    #expect(ProofVerifier.verify(other, version: version).reason == "missing-field")
    other = proof
    other.proofData = []
    #expect(ProofVerifier.verify(other, version: version).reason == "size")
  }
}
