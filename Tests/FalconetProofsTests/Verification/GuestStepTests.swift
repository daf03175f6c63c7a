import FalconetMachine
import FalconetOracle
import FalconetProofs
import FalconetTestSupport
import Testing

@Suite("Steps of guests: proved here, verified here")
struct GuestStepTests {
  /// Some 10,000 proofs over all runs in a long run.
  private static let proofs = isLongRun ? 400 : 12

  @Test("Proofs at random steps of a run hold", arguments: Fixtures.recordedRuns)
  func verify(_ run: RecordedRun) throws {
    let vector = try Fixtures.vector(run.version, run.guest)
    let prestate = try Fixtures.prestate(run.version, run.guest)
    let preimages = try vector.preimages.map { try Fixtures.preimages($0) } ?? [:]
    let machine = Machine(
      state: prestate.state, memory: prestate.memory, oracle: DictionaryOracle(preimages))
    // Short of a long run only the start of a long program is looked at.
    let end = isLongRun ? vector.steps : min(vector.steps, 1_000_000)
    var random = SeededGenerator(seed: UInt64(run.version.rawValue))
    let steps = (0..<Self.proofs).map { _ in random.next() % end }.sorted()
    for step in steps where step >= machine.step {
      _ = try machine.run(until: step, stopAfterPreimageRead: random.chance(4))
      let witness = try #require(try machine.prove())
      let verdict = ProofVerifier.verify(StepProof(witness), version: run.version)
      #expect(verdict.holds, "step \(step): \(verdict.text)")
    }
  }
}
