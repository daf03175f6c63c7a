import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetTestSupport
import Testing

@Suite("Proofs that the reference machine recorded")
struct RecordedProofTests {
  @Test("A machine that runs to a step proves it as recorded", arguments: Fixtures.recordedProofs)
  func compare(_ run: RecordedRun) throws {
    let proofs = try Fixtures.proofs(run.version, run.guest).sorted { $0.step < $1.step }
    try #require(proofs.count > 40)
    let machine = try machine(run)
    var slotCounts: Set<Int> = []
    var preimageReads = 0
    for recorded in proofs {
      // Two kinds of instruction never share a step.
      try #require(machine.step <= recorded.step)
      _ = try machine.run(until: recorded.step)
      let slots = try usedSlots(of: machine)
      let witness = try #require(try machine.prove())
      try expectSame(StepProof(witness), recorded, slots, machine.version)
      slotCounts.insert(slots)
      if recorded.oracleKey != nil { preimageReads += 1 }
    }
    #expect(slotCounts.isSuperset(of: [0, 1]))
    if run.guest == "oracle" { #expect(preimageReads > 0) }
  }

  @Test("Both words that clock_gettime writes are proved")
  func clock() throws {
    let version = StateVersion.v8
    let run = RecordedRun(version: version, guest: "hello")
    let proofs = try Fixtures.proofs(version, "hello").filter { $0.kind == "syscall-5222" }
    let recorded = try #require(proofs.first)
    let machine = try machine(run)
    _ = try machine.run(until: recorded.step)
    let slots = try usedSlots(of: machine)
    #expect(slots == 2)
    let proof = StepProof(try #require(try machine.prove()))
    #expect(proof.proofData == recorded.proofData)
  }

  private func machine(_ run: RecordedRun) throws -> Machine {
    let prestate = try Fixtures.prestate(run.version, run.guest)
    let preimages = try Fixtures.vector(run.version, run.guest).preimages
    return Machine(
      state: prestate.state, memory: prestate.memory,
      oracle: DictionaryOracle(try preimages.map { try Fixtures.preimages($0) } ?? [:]))
  }

  private func expectSame(
    _ proof: StepProof, _ recorded: ProofVector, _ slots: Int, _ version: StateVersion
  ) throws {
    let place: Comment = "\(recorded.kind) at step \(recorded.step)"
    #expect(proof.step == recorded.step, place)
    #expect(proof.pre == recorded.pre, place)
    #expect(proof.post == recorded.post, place)
    #expect(proof.stateData == recorded.stateData, place)
    #expect(proof.oracleKey == recorded.oracleKey, place)
    #expect(proof.oracleValue == recorded.oracleValue ?? [], place)
    #expect(proof.oracleOffset == recorded.oracleOffset ?? 0, place)

    try #require(proof.proofData.count == recorded.proofData.count, place)
    let slotBytes = version.wordSize == .bits32 ? 896 : 1920
    let dataSlots = version.isSingleThreaded ? 1 : 2
    // The thread's witness and the instruction's proof, then the slots of data.
    let start = recorded.proofData.count - dataSlots * slotBytes
    let used = start + slots * slotBytes
    #expect(proof.proofData[..<start] == recorded.proofData[..<start], place)
    #expect(proof.proofData[start..<used] == recorded.proofData[start..<used], place)
    #expect(proof.proofData[used...].allSatisfy { $0 == 0 }, place)
    // Which slots are used is decided above: a proof is never all zeros, thanks to its siblings.
    for slot in 0..<slots {
      let bytes = proof.proofData[(start + slot * slotBytes)...].prefix(slotBytes)
      #expect(bytes.contains { $0 != 0 }, place)
    }
  }
}
