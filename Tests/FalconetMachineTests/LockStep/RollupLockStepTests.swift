import FalconetELF
import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Glibc
import Testing

/// The guest that is like a rollup's program, whole. `Tests/Guests/rollup/build` makes it, and `FALCONET_GUESTS` names
/// the directory. `Scripts/rollup_guest.py` checks its claims and its output.
@Suite("Engines against the plain step: the guest rollup")
struct RollupLockStepTests {
  private static let folder = getenv("FALCONET_GUESTS").map { String(cString: $0) }
  private static var isPossible: Bool {
    guard isLongRun, let folder else { return false }
    return access(folder + "/64/rollup.elf", R_OK) == 0
  }

  @Test(
    "Same states, memory and output",
    .enabled(if: isPossible, "takes long: Scripts/long-tests with --guests runs it"),
    arguments: [StateVersion.v7, .v8], [EngineSetup.translator, .portable])
  func states(_ version: StateVersion, _ setup: EngineSetup) throws {
    let folder = try #require(Self.folder)
    let prestate = try Prestate.load(ELFFile(path: folder + "/64/rollup.elf"), version: version)
    let oracle = try DirectoryOracle(path: folder + "/rollup-preimages")
    let start = Machine(state: prestate.state, memory: prestate.memory, oracle: oracle)
    let machines = try LockStep(MachineImage(of: start), setup, oracle: oracle)
    try runInSlices(machines, to: .max, seed: UInt64(version.rawValue))
    #expect(machines.plain.hasExited)
    #expect(machines.plain.state.scalars.exitCode == 0)
  }
}
