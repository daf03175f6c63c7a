import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Testing

@testable import _FalconetFuzzing

/// What stands behind checksums is reached only if they are made right.
struct SealTests {
  /// Step 1 is a store: its word's proof must lead to the same root as the instruction's.
  @Test("A sealed proof of another memory holds", arguments: [StateVersion.v0, .v1, .v5, .v8])
  func sealedProofAnotherMemoryHolds(_ version: StateVersion) throws {
    let proof = StepProof(try SampleGuest(version).witness(1))
    let instruction = version.threadWitnessBytes
    let word = instruction + version.wordSize.memoryProofBytes
    let top = version.wordSize.memoryProofBytes - 1
    // The last byte of each leaf, and of the topmost sibling, which the two proofs share. The first
    // proof says what it is.
    for (place, isOther) in [
      (instruction + 31, true), (word + 31, true), (instruction + top, true), (word + top, false),
    ] {
      var other = proof
      other.proofData[place] ^= 1
      #expect(!ProofVerifier.verify(other).holds)
      let sealed = try #require(ProofSeal.sealed(other).first { $0.version == version })
      #expect(ProofVerifier.verify(sealed).holds, "byte \(place)")
      #expect((sealed.pre != proof.pre) == isOther, "byte \(place)")
    }
  }

  @Test("A sealed thread leads to its stack's root")
  func sealedThreadLeadsToIts() throws {
    var proof = StepProof(try SampleGuest(.v8).witness(0))
    // A register of the thread.
    proof.proofData[StateVersion.v8.threadWitnessBytes - 40] ^= 1
    let fault = ProofVerifier.verify(proof, version: .v8).findings.first?.fault
    guard case .witness(.stackRoot) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
    let sealed = try ProofSeal.sealed(proof).first { $0.version == .v8 }
    #expect(ProofVerifier.verify(try #require(sealed)).holds)
  }

  @Test("A sealed .fsnap file with another unfinished hint is read")
  func sealedFsnapFileIsRead() throws {
    var file = try SampleStates.bytes(
      of: SampleStates.image(.v8, pages: [1, 5], hint: [0, 0, 0, 9, 1]), as: .fsnap)
    let checks = SnapshotChecks(of: .fsnap)
    let state = try #require(FsnapSeal.outline(of: file)?.content("STAT"))
    // The hint ends the state and is no part of its witness.
    file[state.upperBound - 1] ^= 1
    #expect(try checks.run(file) == nil)
    FsnapSeal.seal(&file)
    #expect(try checks.run(file)?.state.lastHint == PendingHint([0, 0, 0, 9, 0]))
  }

  @Test("A .fsnap file with another state or another page is one of that state once it is forged")
  func forgedFsnapFileIsRead() throws {
    let image = try SampleStates.image(.v8, pages: [1, 5])
    let file = try SampleStates.bytes(of: image, as: .fsnap)
    #expect(FsnapForgery.consistent(file) == file)
    let checks = SnapshotChecks(of: .fsnap)
    let outline = try #require(FsnapSeal.outline(of: file))

    // The pre-image key, then the index of a page.
    for (kind, offset) in [("STAT", 0), ("PAGE", 47)] {
      var other = file
      other[try #require(outline.content(kind)).lowerBound + offset] ^= 1
      var sealed = other
      FsnapSeal.seal(&sealed)
      #expect(try checks.run(sealed) == nil)
      let forged = try #require(FsnapForgery.consistent(other))
      let read = try #require(try checks.run(forged))
      #expect(SnapshotChecks.Reading(read).claim != SnapshotChecks.Reading(image).claim)
    }
  }

  @Test("A sealed log has whole records, and what it says is told from the truth")
  func sealedLogHasWholeRecords() throws {
    let bench = try TraceBench()
    let log = bench.files["claims.log"] ?? []
    #expect(log.count > 44 * 20)
    #expect(ClaimLogSeal.isTruthful(log, bench))
    // A claim, which its checksum no longer fits.
    var other = log
    other[log.count - 10] ^= 1
    #expect(ClaimLogSeal.isTruthful(other, bench))
    ClaimLogSeal.seal(&other)
    #expect(!ClaimLogSeal.isTruthful(other, bench))
  }
}
