import FalconetMachine

/// Random programs on two machines in lock step.
package enum RandomLockStep {
  private static let stepsPerProgram: UInt64 = 1500

  /// - Returns: how many steps the program executed.
  package static func compare(
    _ version: StateVersion, _ setup: EngineSetup, seed: UInt64
  ) throws -> UInt64 {
    try compare(RandomProgram.image(version, seed: seed), setup, seed: seed)
  }

  /// - Returns: how many steps a program executed.
  package static func compare(
    _ image: MachineImage, _ setup: EngineSetup, seed: UInt64
  ) throws -> UInt64 {
    let machines = try LockStep(image, setup, oracle: RandomOracle())
    let start = machines.plain.step
    var random = SeededGenerator(seed: ~seed)
    while machines.plain.step - start < stepsPerProgram {
      let budget = random.pick([1, 2, 3, 5, 8, 20, 100, 1000] as [UInt64])
      let outcome = try machines.advance(budget)
      try machines.compareMemory()
      if random.chance(8) { try machines.compareClaims() }
      switch outcome {
      // Outside of its code a program executes nothing but zeros.
      case .stopped(.step) where isInCode(machines.plain): continue
      case .failed: try compareWithStateBefore(machines, image)
      default: break
      }
      break
    }
    try machines.compareClaims()
    return machines.plain.step - start
  }

  private static func isInCode(_ machine: Machine) -> Bool {
    machine.state.activeThread.map { machine.memory.hasPage($0.pc >> 12) } ?? true
  }

  /// Compares a machine whose last step failed with one that did not try that step.
  private static func compareWithStateBefore(_ machines: LockStep, _ image: MachineImage) throws {
    let before = try image.machine(.step, oracle: RandomOracle())
    guard try before.run(until: machines.plain.step) == .step,
      before.state == machines.plain.state,
      before.memory.firstDifference(from: machines.plain.memory) == nil
    else { throw LockStep.Divergence(description: "a failed step changed the state") }
  }
}
