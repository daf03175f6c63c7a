import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Engines against the plain step: random programs")
struct RandomLockStepTests {
  /// Steps that the programs of one version execute in all.
  private static var steps: UInt64 { isLongRun ? 5_000_000 : 120_000 }

  /// Executes programs of one seed after the other, up to a number of steps in all or the first difference.
  private static func compare(
    _ version: StateVersion, steps: UInt64, _ program: (_ seed: UInt64) throws -> UInt64
  ) {
    var seed: UInt64 = 0
    var executed: UInt64 = 0
    while executed < steps {
      do {
        executed += try program(seed)
      } catch {
        Issue.record("version \(version.rawValue), seed \(seed): \(error)")
        return
      }
      seed += 1
    }
  }

  @Test(
    "Same states, memory, output, statistics and errors", arguments: StateVersion.allCases,
    EngineSetup.allCases)
  func states(_ version: StateVersion, _ setup: EngineSetup) {
    Self.compare(version, steps: Self.steps) { seed in
      try RandomLockStep.compare(version, setup, seed: seed)
    }
  }

  @Test(
    "Stack frames, calls and returns: same states, memory and errors",
    arguments: StateVersion.allCases, EngineSetup.allCases)
  func frames(_ version: StateVersion, _ setup: EngineSetup) {
    Self.compare(version, steps: Self.steps) { seed in
      try RandomLockStep.compare(FrameProgram.image(version, seed: seed), setup, seed: seed)
    }
  }

  @Test(
    "Pages of functions that overwrite each other's code: same states, memory and errors",
    arguments: StateVersion.allCases, EngineSetup.allCases)
  func patches(_ version: StateVersion, _ setup: EngineSetup) {
    Self.compare(version, steps: Self.steps) { seed in
      let image = PatchingProgram.image(version, seed: seed)
      return try RandomLockStep.compare(image, setup, seed: seed)
        + ObservedLockStep.compare(image, setup, seed: seed)
    }
  }

  @Test(
    "The stack pointer in odd places, by every instruction, while somebody looks",
    arguments: StateVersion.allCases, EngineSetup.allCases)
  func stackPointers(_ version: StateVersion, _ setup: EngineSetup) {
    Self.compare(version, steps: Self.steps / 2) { seed in
      try ObservedLockStep.compare(StackProgram.image(version, seed: seed), setup, seed: seed)
    }
  }
}
