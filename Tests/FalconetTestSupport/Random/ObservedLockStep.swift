import FalconetMachine

/// Programs on two machines in lock step, while somebody looks at them: with watches, stop addresses, claims, proofs,
/// checkpoints, and engines that change.
package enum ObservedLockStep {
  /// Where the code of programs begins: for addresses to stop at.
  private static let code: UInt64 = 0x1000

  /// The steps that one slice of a long run executes, and how many slices there are at most.
  private static let slice: UInt64 = 50_000
  private static let slices = 40

  /// Runs long enough for an engine to learn something of the program, while nobody looks.
  ///
  /// - Returns: how many steps the program executed.
  package static func compareLong(_ image: MachineImage, _ setup: EngineSetup) throws -> UInt64 {
    let machines = try LockStep(image, setup, oracle: RandomOracle())
    let start = machines.plain.step
    for _ in 0..<slices {
      let outcome = try machines.advance(slice)
      try machines.compareMemory()
      try machines.compareClaims()
      guard outcome == .stopped(.step) else { break }
    }
    return machines.plain.step &- start
  }

  /// - Returns: how many steps the program executed.
  package static func compare(
    _ image: MachineImage, _ setup: EngineSetup, seed: UInt64, turns: Int = 40
  ) throws -> UInt64 {
    let machines = try LockStep(image, setup, oracle: RandomOracle())
    var random = SeededGenerator(seed: seed ^ 0x0B5E_44ED)
    var steps: UInt64 = 0
    let claimsOften = random.chance(4)
    if claimsOften { claimInOutput(machines) }
    if random.chance(12) {
      let limit = machines.plain.memory.pageCount + random.below(6)
      machines.fast.pageLimit = limit
      machines.plain.pageLimit = limit
    }
    var kept: [(fast: Checkpoint, plain: Checkpoint)] = []
    for turn in 0..<turns {
      switch random.below(20) {
      case 0: kept.append((machines.fast.checkpoint(), machines.plain.checkpoint()))
      case 1:
        if !kept.isEmpty {
          let point = random.pick(kept)
          machines.fast.restore(point.fast)
          machines.plain.restore(point.plain)
        }
      case 2, 3: try machines.compareClaims()
      case 4:
        machines.fast.engine = random.pick([.translator, .portable, .step, .check])
      case 5, 6: machines.fast.engine = setup.kind
      case 7...10:
        guard try observe(machines, conditions(machines.plain, &random), &random, &steps) else {
          return steps
        }
      case 11:
        guard proof(machines.fast) == proof(machines.plain) else {
          throw LockStep.Divergence(description: "proofs differ at step \(machines.plain.step)")
        }
      default: break
      }
      let most = turn == 0 ? 3000 : random.chance(6) ? 1500 : 90
      let start = machines.plain.step
      let outcome = try machines.advance(UInt64(random.below(most)))
      steps &+= machines.plain.step &- start
      try machines.compareMemory()
      if claimsOften { try machines.compareClaims() }
      if case .failed = outcome { break }
      if machines.plain.hasExited { break }
    }
    try machines.compareClaims()
    return steps
  }

  /// Has the fast machine bring its claim up to date whenever the program writes something.
  private static func claimInOutput(_ machines: LockStep) {
    let onOutput = machines.fast.onOutput
    machines.fast.onOutput = { [unowned machine = machines.fast] stream, bytes in
      onOutput(stream, bytes)
      _ = machine.claim()
    }
  }

  private static func conditions(
    _ machine: Machine, _ random: inout SeededGenerator
  ) -> StopConditions {
    var conditions = StopConditions()
    let registers = machine.state.activeThread?.registers
    func range() -> WatchedRange {
      let register = random.pick([29, 29, 29, 13, 15, 16, 18, 19, 26, 27])
      let base = registers.map { $0[register] } ?? 0
      let offset = UInt64(truncatingIfNeeded: random.pick([0, 8, 16, 56, 64, -8, 1024, 4096, 3]))
      let mask = machine.state.version.wordSize.mask
      return WatchedRange(base &+ offset & mask, count: random.pick([1, 4, 8]))
    }
    if random.chance(2) { conditions.writes = [range()] }
    if random.chance(3) { conditions.reads = [range()] }
    if random.chance(4) {
      for _ in 0..<(1 + random.below(3)) {
        conditions.addresses.insert(code + 4 * UInt64(random.below(80)))
      }
    }
    conditions.systemCalls = random.chance(8)
    conditions.threadSwitches = random.chance(8)
    return conditions
  }

  /// Runs both until the conditions stop them, some times.
  ///
  /// - Returns: whether the program goes on.
  private static func observe(
    _ machines: LockStep, _ conditions: StopConditions, _ random: inout SeededGenerator,
    _ steps: inout UInt64
  ) throws -> Bool {
    for turn in 0..<8 {
      let start = machines.plain.step
      let limit = start &+ UInt64(random.below(200))
      guard limit > start else { break }
      let stop = run(machines.fast, limit, conditions, skipsFirst: turn > 0)
      let expected = run(machines.plain, limit, conditions, skipsFirst: turn > 0)
      steps &+= machines.plain.step &- start
      guard stop == expected, machines.fast.state == machines.plain.state,
        machines.fast.statistics == machines.plain.statistics
      else {
        throw LockStep.Divergence(
          description:
            "with \(conditions) until \(limit): \(stop) at step \(machines.fast.step), not \(expected) at \(machines.plain.step)"
        )
      }
      try machines.compareMemory()
      if stop.hasPrefix("failed") { return false }
    }
    if random.chance(2) {
      machines.fast.forgetStops()
      machines.plain.forgetStops()
    }
    return true
  }

  private static func run(
    _ machine: Machine, _ limit: UInt64, _ conditions: StopConditions, skipsFirst: Bool
  ) -> String {
    do throws(MachineError) {
      return "\(try machine.run(until: limit, stoppingFor: conditions, skipsFirst: skipsFirst))"
    } catch {
      return "failed: \(error.description)"
    }
  }

  private static func proof(_ machine: Machine) -> String {
    do throws(MachineError) {
      return String(describing: try machine.prove())
    } catch {
      return "failed: \(error.description)"
    }
  }
}
