import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Engines against the plain step: ll and sc")
struct LinkedLockStepTests {
  private static let setups: [EngineSetup] = [.translator, .portable, .translatorPageTable]

  private static func pairs(_ version: StateVersion, _ program: LinkedProgram) -> [LinkedProgram
    .Pair]
  {
    guard version.wordSize == .bits64 else {
      return program.isWide ? [] : [LinkedProgram.Pair(isDouble: false, version: version)]
    }
    return [false, true].map { LinkedProgram.Pair(isDouble: $0, version: version) }
  }

  @Test(
    "A run may end at each step, a snapshot be taken there, and a claim",
    arguments: LinkedProgram.all)
  func ends(_ program: LinkedProgram) throws {
    for version in isLongRun ? Versions.all : [.v2, .v5, .v8] {
      for pair in Self.pairs(version, program) {
        let (image, steps) = program.image(pair)
        #expect(steps > UInt64(4 * LinkedProgram.rounds))
        // The last two rounds, and what comes before in one piece.
        for first in steps - 2 * steps / UInt64(LinkedProgram.rounds)..<steps {
          for setup in Self.setups where setup == .translator || first % 3 == 0 {
            let machines = try LockStep(image, setup)
            _ = try machines.advance(first)
            try machines.compareClaims()
            let copy = try LockStep(MachineImage(of: machines.fast), setup)
            for both in [machines, copy] {
              _ = try both.advance(steps)
              try both.compareMemory()
              try both.compareClaims()
            }
            #expect(copy.fast.state == machines.plain.state, "\(version), \(setup), \(first) steps")
          }
        }
      }
    }
  }

  @Test("Steps between are proved as from the plain step", arguments: LinkedProgram.all)
  func proofs(_ program: LinkedProgram) throws {
    for version in [StateVersion.v5, .v8] {
      for pair in Self.pairs(version, program) {
        let (image, steps) = program.image(pair)
        for first in steps - steps / UInt64(LinkedProgram.rounds)..<steps {
          let machines = try LockStep(image, .translator)
          _ = try machines.advance(first)
          guard !machines.plain.hasExited else { break }
          #expect(
            Self.proof(machines.fast) == Self.proof(machines.plain), "\(version), \(first) steps")
          _ = try machines.advance(steps)
          try machines.compareClaims()
        }
      }
    }
  }

  /// The next step's proof, or how it fails.
  private static func proof(_ machine: Machine) -> Result<StepWitness?, Failure> {
    do throws(MachineError) { return .success(try machine.prove()) } catch {
      return .failure(Failure(text: error.description))
    }
  }

  private struct Failure: Error, Equatable { let text: String }

  @Test(
    "A watch on the word or beside it stops as the plain step does", arguments: LinkedProgram.all)
  func watches(_ program: LinkedProgram) throws {
    for version in [StateVersion.v5, .v8] {
      for pair in Self.pairs(version, program) {
        let (image, steps) = program.image(pair)
        for (offset, isRead) in [(0, false), (0, true), (64, false), (64, true)] {
          var conditions = StopConditions()
          let ranges = [LinkedProgram.word, LinkedProgram.stack, LinkedProgram.missing].map {
            WatchedRange(image.thread.registers[Int($0)] &+ UInt64(offset), count: 4)
          }
          if isRead { conditions.reads = ranges } else { conditions.writes = ranges }
          let machines = try LockStep(image, .translator)
          var stops = 0
          while stops < 200 {
            let outcome = Self.run(machines.fast, steps, conditions)
            #expect(outcome == Self.run(machines.plain, steps, conditions), "\(version)")
            #expect(machines.fast.state == machines.plain.state, "\(version)")
            #expect(machines.fast.statistics == machines.plain.statistics, "\(version)")
            guard case .success(.access) = outcome else { break }
            stops += 1
          }
          try machines.compareMemory()
          try machines.compareClaims()
        }
      }
    }
  }

  private static func run(
    _ machine: Machine, _ limit: UInt64, _ conditions: StopConditions
  ) -> Result<ObservedStop, Failure> {
    do throws(MachineError) {
      return .success(try machine.run(until: limit, stoppingFor: conditions, skipsFirst: true))
    } catch { return .failure(Failure(text: error.description)) }
  }
}
