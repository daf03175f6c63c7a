import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Engines against the plain step: guests")
struct GuestLockStepTests {
  /// A guest, and the steps from which the machines are compared.
  struct Stretch: Sendable, CustomStringConvertible {
    var run: RecordedRun
    var start: UInt64
    var count: UInt64

    var description: String { "\(run), steps \(start) to \(start + count)" }
  }

  /// In the long form every guest of the archive, in full.
  static let stretches: [Stretch] =
    isLongRun
    ? Fixtures.recordedRuns.filter { !["compute", "heap"].contains($0.guest) }
      .map { Stretch(run: $0, start: 0, count: 1 << 40) }
    : StateVersion.allCases.flatMap { version in
      [("hello", 0, 1_000_000), ("oracle", 8_000_000, 300_000)].map { guest, start, count in
        Stretch(run: RecordedRun(version: version, guest: guest), start: start, count: count)
      } + [
        Stretch(
          run: RecordedRun(
            version: version, guest: version.isSingleThreaded ? "oracle" : "threads"),
          start: 9_000_000, count: 300_000)
      ]
    }

  @Test(
    "Same states, memory and output", arguments: stretches,
    [EngineSetup.translator, .portable]
      + (isLongRun ? [.portableSwitch, .translatorPageTable] : []))
  func states(_ stretch: Stretch, _ setup: EngineSetup) throws {
    let start = try Fixtures.machine(stretch.run)
    _ = try start.run(until: stretch.start)
    // The machines fetch the current pre-image again, so its cache is compared as well.
    let machines = try LockStep(
      MachineImage(of: start), setup, oracle: Fixtures.oracle(stretch.run))
    try runInSlices(machines, to: stretch.start + stretch.count, seed: stretch.start)
  }
}
