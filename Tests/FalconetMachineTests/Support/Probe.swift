import FalconetMachine
import FalconetTestSupport
import Testing

/// The versions of a word size, and those that differ.
enum Versions {
  static let all = StateVersion.allCases
  static let bits32: [StateVersion] = [.v0, .v1, .v2, .v5]
  static let bits64: [StateVersion] = [.v3, .v4, .v6, .v7, .v8]
  static let singleThreaded: [StateVersion] = [.v0, .v2]
  static let multiThreaded: [StateVersion] = [.v1, .v3, .v4, .v5, .v6, .v7, .v8]
  static let blocking: [StateVersion] = [.v1, .v3, .v4]
  static let yielding: [StateVersion] = [.v5, .v6, .v7, .v8]
  /// A failed system call leaves its number in register 2.
  static let numberInResult: [StateVersion] = [.v7, .v8]
}

/// A 32-bit value as registers of a version hold it: sign-extended.
func extended(_ value: UInt32, _ version: StateVersion) -> UInt64 {
  UInt64(bitPattern: Int64(Int32(bitPattern: value))) & version.wordSize.mask
}

/// Executes `steps` steps with each engine, expects that both give the same, and returns a machine.
///
/// The code is to be followed by ``Assembly/stop``, which ends a run for an engine that executes a
/// run at a time.
@discardableResult
func execute(
  _ image: MachineImage, steps: UInt64 = 1, oracle: any PreimageOracle = NoPreimages(),
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> Machine {
  var last: Machine?
  for setup in EngineSetup.allCases {
    let machines = try LockStep(image, setup, oracle: oracle)
    let outcome = try machines.advance(steps)
    try machines.compareMemory()
    try #require(
      outcome == .stopped(machines.fast.hasExited ? .exited : .step),
      sourceLocation: sourceLocation)
    last = machines.fast
  }
  return try #require(last)
}

/// The panic of the step after `steps` steps, with each engine.
func panic(
  _ image: MachineImage, after steps: UInt64 = 0, oracle: any PreimageOracle = NoPreimages(),
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> Panic? {
  var panics: [Panic?] = []
  for engine in EngineKind.allCases {
    let machine = try image.machine(engine, oracle: oracle)
    do throws(MachineError) {
      _ = try machine.run(until: image.state.scalars.step + steps + 1)
      panics.append(nil)
    } catch {
      guard case .fault(let fault) = error else { throw error }
      #expect(
        fault.step == image.state.scalars.step + steps, sourceLocation: sourceLocation)
      #expect(fault.pc == machine.state.activeThread?.pc ?? 0, sourceLocation: sourceLocation)
      #expect(machine.step == fault.step, sourceLocation: sourceLocation)
      panics.append(fault.panic)
    }
  }
  #expect(panics.allSatisfy { $0 == panics[0] }, sourceLocation: sourceLocation)
  return panics[0]
}

extension Machine {
  /// The thread that the next step runs.
  func thread() throws -> ThreadState { try #require(state.activeThread) }

  func register(_ index: Int) throws -> UInt64 { try thread().registers[index] }
}
