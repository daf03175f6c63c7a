import FalconetMachine
import FalconetTestSupport
import Glibc

/// Executes random programs in each form of each engine in lock step with the plain step, by themselves and
/// while somebody looks at them, until its time is over:
///
///     falconet-lockstep [SECONDS [SEED]]
///
/// Ends with exit code 1 at the first difference, and names the version, the engine and the seed.
/// The other form writes the states of some random programs of each version into a folder, for
/// another program that compares VMs:
///
///     falconet-lockstep --write FOLDER [COUNT [SEED]]

let isWriting = CommandLine.arguments.dropFirst().first == "--write"
let words = CommandLine.arguments.dropFirst(isWriting ? 3 : 1)
let arguments = words.map { UInt64($0) }
guard arguments.count <= 2, !arguments.contains(nil), !isWriting || CommandLine.arguments.count > 2
else {
  print(
    "usage: falconet-lockstep [SECONDS [SEED]]\n       falconet-lockstep --write FOLDER [COUNT [SEED]]"
  )
  exit(64)
}
if isWriting {
  do {
    let written = try ProgramWriter(folder: CommandLine.arguments[2])
      .write(count: arguments.first.flatMap { $0 } ?? 100, seed: arguments.last.flatMap { $0 } ?? 1)
    print("\(written) programs")
    exit(0)
  } catch {
    print("falconet-lockstep: \(error)")
    exit(1)
  }
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
          HostileProgram.image(version, seed: seed), PatchingProgram.image(version, seed: seed),
        ] {
          steps += try RandomLockStep.compare(image, setup, seed: seed)
          steps += try ObservedLockStep.compare(image, setup, seed: seed)
          programs += 1
        }
        let stack = StackProgram.image(version, seed: seed)
        steps += try ObservedLockStep.compare(stack, setup, seed: seed)
        // A long run takes as much time as many others.
        if seed % 16 == 0 { steps += try ObservedLockStep.compareLong(stack, setup) }
        if seed % 16 == 8 {
          steps += try ObservedLockStep.compareLong(
            PatchingProgram.image(version, seed: seed), setup)
        }
        programs += 1
      } catch {
        print("version \(version.rawValue), \(setup.rawValue), seed \(seed): \(error)")
        exit(1)
      }
    }
  }
  seed &+= 1
}
print("\(programs) programs, \(steps) steps, no difference; the next seed is \(seed)")
