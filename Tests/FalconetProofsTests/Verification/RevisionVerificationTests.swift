import FalconetMachine
import FalconetProofs
import FalconetTestSupport
import Keccak
import Testing

@Suite("Proofs that depend on the revision")
struct RevisionVerificationTests {
  /// The proof of one system call of version 8 by a revision.
  private func proof(
    _ revision: String?, _ number: UInt64, _ arguments: UInt64..., reserves: Bool = false
  ) throws -> StepProof {
    var image = MachineImage(.v8, code: [Assembly.syscall])
    image[register: 2] = number
    for (index, value) in arguments.enumerated() { image[register: 4 + index] = value }
    if reserves {
      image.state.scalars.reservation = Reservation(status: 1, address: 0x2000, owner: 0)
    }
    image.state.revision = revision
    return StepProof(try #require(try image.machine().prove()))
  }

  private func revision(_ name: String) throws -> Revision {
    try #require(StateVersion.v8.revision(named: name))
  }

  @Test("prctl's proof holds by the newest revision alone")
  func processControl() throws {
    let proof = try proof(nil, 5153)
    let verdict = ProofVerifier.verify(proof, version: .v8)
    #expect(verdict.holds)
    #expect(verdict.dependsOnRevision(.v8))
    #expect(verdict.older.map(\.revision.name) == ["1.8.0", "1.7.0"])
    #expect(verdict.older.allSatisfy { $0.fault == .panic(.unknownSystemCall(number: 5153)) })
    #expect(!ProofVerifier.verify(proof, version: .v8, revisions: [try revision("1.9.0")]).holds)
  }

  @Test("getrandom's proof with a reservation holds by the revision that it was made by")
  func getrandom() throws {
    let older = try proof("1.7.0", 5313, 0x2000, 8, reserves: true)
    let verdict = ProofVerifier.verify(older, version: .v8)
    #expect(!verdict.holds)
    #expect(verdict.findings.map { $0.fault == nil } == [false])
    #expect(verdict.older.map { $0.fault == nil } == [false, true])
    let own = ProofVerifier.verify(older, version: .v8, revisions: [try revision("1.7.0")])
    #expect(own.holds)
    #expect(own.older.isEmpty)
    let newer = ProofVerifier.verify(
      try proof("1.8.0", 5313, 0x2000, 8, reserves: true), version: .v8)
    #expect(newer.holds)
    #expect(newer.older.map { $0.fault == nil } == [true, false])
  }

  @Test("Other steps don't depend on it, and a revision of no version that fits is an error")
  func others() throws {
    let proof = try proof("1.7.0", 5313, 0x2000, 8)
    let verdict = ProofVerifier.verify(proof)
    #expect(!verdict.dependsOnRevision(.v8))
    #expect(verdict.findings.map(\.version) == [.v6, .v7, .v8])
    let none = ProofVerifier.verify(proof, revisions: StateVersion.v5.revisions)
    #expect(none.reason == "revision")
    #expect(!none.holds)
  }

  /// What each revision finds if it is asked for alone: nothing is taken over from another.
  private func expectAll(_ proof: StepProof, _ version: StateVersion?, _ comment: Comment) {
    let verdict = ProofVerifier.verify(proof, version: version)
    for finding in verdict.findings + verdict.older {
      let alone = ProofVerifier.verify(proof, version: version, revisions: [finding.revision])
      #expect(alone.findings.map(\.revision) == [finding.revision], comment)
      #expect(alone.findings.map(\.fault) == [finding.fault], comment)
      #expect(
        alone.findings.map(\.execution?.after.claim) == [finding.execution?.after.claim], comment)
    }
    let versions = Set(verdict.findings.map(\.version))
    #expect(
      verdict.findings.count + verdict.older.count
        == versions.reduce(0) { $0 + $1.revisions.count }, comment)
  }

  @Test(
    "A revision that cannot differ on a step is not tried, and its finding is what it would find",
    arguments: Fixtures.recordedProofs)
  func recorded(_ run: RecordedRun) throws {
    for vector in try Fixtures.proofs(run.version, run.guest) {
      var proof = StepProof(vector)
      let comment: Comment = "\(vector.kind) at step \(vector.step)"
      expectAll(proof, run.version, comment)
      proof.post = Bytes32(proof.post.bytes.map { $0 ^ 1 }) ?? proof.post
      expectAll(proof, nil, comment)
      if !proof.proofData.isEmpty { proof.proofData[proof.proofData.count / 2] ^= 1 }
      expectAll(proof, nil, comment)
    }
  }

  @Test("The same for each system call that version 8 has or lacks, with and without a reservation")
  func systemCalls() throws {
    for number in Array(5000...5399) + [4353, 0, 0x8000_0000_0000_1421, .max] as [UInt64] {
      for reserves in [false, true] {
        for revision in StateVersion.v8.revisions {
          guard
            let proof = try? proof(
              revision.name, number, 0x2000, 8, 0x2000, reserves: reserves)
          else { continue }
          expectAll(proof, .v8, "\(number), \(revision), \(reserves)")
        }
      }
    }
  }
}
