import FalconetMachine
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
    let machine = try Fixtures.machine(run)
    let output = Output()
    machine.onOutput = { output.texts[$0, default: []] += $1 }

    #expect(machine.witness() == vector.prestateWitness)
    try runAsRecorded(machine, vector)
    #expect(output.text(.output) == vector.stdout)
    #expect(output.text(.error) == vector.stderr)
  }
}
