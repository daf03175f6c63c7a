import FalconetMachine
import FalconetTestSupport
import Glibc

/// Executes random programs in each form of each engine in lock step with the plain step, until its
/// time is over:
///
///     falconet-lockstep [SECONDS [SEED]]
///
/// Ends with exit code 1 at the first difference, and names the version, the engine and the seed.

let arguments = CommandLine.arguments.dropFirst().map { UInt64($0) }
guard arguments.count <= 2, !arguments.contains(nil) else {
  print("usage: falconet-lockstep [SECONDS [SEED]]")
  exit(64)
}
let seconds = arguments.first.flatMap { $0 } ?? 60
var seed = arguments.dropFirst().first.flatMap { $0 } ?? UInt64(time(nil)) << 16
let end = time(nil) + time_t(seconds)
var programs = 0
var steps: UInt64 = 0
while time(nil) < end {
  for version in StateVersion.allCases {
    for setup in EngineSetup.allCases {
      do {
        for image in [
          RandomProgram.image(version, seed: seed), FrameProgram.image(version, seed: seed),
          HostileProgram.image(version, seed: seed),
        ] {
          steps += try RandomLockStep.compare(image, setup, seed: seed)
          programs += 1
        }
      } catch {
        print("version \(version.rawValue), \(setup.rawValue), seed \(seed): \(error)")
        exit(1)
      }
    }
  }
  seed &+= 1
}
print("\(programs) programs, \(steps) steps, no difference; the next seed is \(seed)")
