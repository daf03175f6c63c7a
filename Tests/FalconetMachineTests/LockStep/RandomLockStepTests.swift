import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Engines against the plain step: random programs")
struct RandomLockStepTests {
  /// Steps that the programs of one version execute in all.
  private static var steps: UInt64 { isLongRun ? 5_000_000 : 120_000 }

  @Test(
    "Same states, memory, output, statistics and errors", arguments: StateVersion.allCases,
    EngineSetup.allCases)
  func states(_ version: StateVersion, _ setup: EngineSetup) throws {
    var seed: UInt64 = 0
    var executed: UInt64 = 0
    while executed < Self.steps {
      do {
        executed += try RandomLockStep.compare(version, setup, seed: seed)
      } catch {
        Issue.record("version \(version.rawValue), seed \(seed): \(error)")
        return
      }
      seed += 1
    }
  }

  @Test(
    "Stack frames, calls and returns: same states, memory and errors",
    arguments: StateVersion.allCases, EngineSetup.allCases)
  func frames(_ version: StateVersion, _ setup: EngineSetup) throws {
    var executed: UInt64 = 0
    var seed: UInt64 = 0
    while executed < Self.steps {
      do {
        executed += try RandomLockStep.compare(
          FrameProgram.image(version, seed: seed), setup, seed: seed)
      } catch {
        Issue.record("version \(version.rawValue), seed \(seed): \(error)")
        return
      }
      seed += 1
    }
  }

  @Test(
    "The stack pointer in odd places, by every instruction, while somebody looks",
    arguments: StateVersion.allCases, EngineSetup.allCases)
  func stackPointers(_ version: StateVersion, _ setup: EngineSetup) throws {
    var executed: UInt64 = 0
    var seed: UInt64 = 0
    while executed < Self.steps / 2 {
      do {
        let image = StackProgram.image(version, seed: seed)
        executed += try ObservedLockStep.compare(image, setup, seed: seed)
      } catch {
        Issue.record("version \(version.rawValue), seed \(seed): \(error)")
        return
      }
      seed += 1
    }
  }
}
