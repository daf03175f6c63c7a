import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Testing

@Suite("Runs that the reference machine recorded")
struct VectorTests {
  /// What a guest writes while it runs.
  private final class Output {
    var texts: [GuestStream: [UInt8]] = [:]

    func text(_ stream: GuestStream) -> String {
      String(decoding: texts[stream] ?? [], as: UTF8.self)
    }
  }

  @Test(
    "Claims, witnesses, output and exit code are the recorded ones",
    arguments: Fixtures.recordedRuns)
  func run(_ run: RecordedRun) throws {
    let vector = try Fixtures.vector(run.version, run.guest)
    let prestate = try Fixtures.prestate(run.version, run.guest)
    let preimages = try vector.preimages.map { try Fixtures.preimages($0) } ?? [:]
    let machine = Machine(
      state: prestate.state, memory: prestate.memory, oracle: DictionaryOracle(preimages))
    let output = Output()
    machine.onOutput = { output.texts[$0, default: []] += $1 }

    #expect(machine.witness() == vector.prestateWitness)
    #expect(machine.claim() == vector.prestateHash)
    #expect(!vector.checkpoints.isEmpty)
    for checkpoint in vector.checkpoints {
      _ = try machine.run(until: checkpoint.step)
      #expect(machine.step == checkpoint.step)
      try #require(machine.claim() == checkpoint.before, "before step \(checkpoint.step)")
      _ = try machine.run(until: checkpoint.step + 1)
      try #require(machine.claim() == checkpoint.after, "after step \(checkpoint.step)")
    }
    #expect(try machine.run(until: .max) == .exited)
    #expect(machine.step == vector.steps)
    #expect(machine.state.scalars.exitCode == vector.exitCode)
    #expect(machine.witness() == vector.finalWitness)
    #expect(machine.claim() == vector.finalHash)
    #expect(output.text(.output) == vector.stdout)
    #expect(output.text(.error) == vector.stderr)
  }
}
