import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Testing

@Suite("Stops at every single step")
struct StretchTests {
  /// What is seen of one step.
  private struct Seen: Equatable {
    var claim: Bytes32
    var witness: StepWitness?
    var restored: Bytes32?
  }

  /// A stretch that has system calls and thread switches in it: the first step whose instruction is
  /// a system call, from a step on, comes a little after its start.
  private static func start(_ version: StateVersion) throws -> Machine {
    let vector = try Fixtures.vector(version, "threads")
    let prestate = try Fixtures.prestate(version, "threads")
    let preimages = try vector.preimages.map { try Fixtures.preimages($0) } ?? [:]
    let machine = Machine(
      state: prestate.state, memory: prestate.memory, oracle: DictionaryOracle(preimages))
    _ = try machine.run(until: 9_000_000)
    for _ in 0..<1_000_000 {
      guard let thread = machine.state.activeThread else { break }
      if machine.memory.instruction(at: thread.pc) == 0x0000_000C { break }
      try machine.runStep()
    }
    return machine
  }

  /// Goes through a stretch a step at a time: claims, proofs, and states that are gone back to.
  private static func steps(
    of machine: Machine, count: Int, proves: Bool
  ) throws -> [Seen] {
    var seen: [Seen] = []
    for number in 0..<count where !machine.hasExited {
      var step = Seen(claim: machine.claim())
      if proves, number % 2 == 0 {
        step.witness = try machine.prove()
      } else {
        let checkpoint = machine.checkpoint()
        #expect(try machine.run(until: machine.step + 1) == .step)
        if number % 5 == 1 {
          _ = try machine.run(until: machine.step + 400)
          machine.restore(checkpoint)
          step.restored = machine.claim()
          _ = try machine.run(until: machine.step + 1)
        }
      }
      seen.append(step)
    }
    return seen
  }

  @Test(
    "Claims, proofs and states that are gone back to are the same in each engine",
    arguments: [StateVersion.v8, .v5, .v4] + (isLongRun ? [.v1, .v3, .v6, .v7] : []))
  func everyStep(_ version: StateVersion) throws {
    let start = try MachineImage(of: Self.start(version))
    let count = isLongRun ? 5000 : 250
    var all: [[Seen]] = []
    for setup in [EngineSetup.translator, .portable, .portableSwitch, .translatorPageTable] {
      let machine = try start.machine(setup, oracle: NoPreimages())
      all.append(try Self.steps(of: machine, count: count, proves: true))
    }
    let plain = try start.machine(EngineKind.step)
    let expected = try Self.steps(of: plain, count: count, proves: true)
    #expect(expected.count == count)
    for seen in all { #expect(seen == expected) }
  }

  @Test("A quantum may end at each place of a block", arguments: EngineSetup.allCases)
  func quantumEnds(_ setup: EngineSetup) throws {
    var image = try MachineImage(of: Self.start(.v8))
    let first = image.state.scalars.stepsSinceContextSwitch
    for distance in 0..<UInt64(isLongRun ? 400 : 60) {
      image.state.scalars.stepsSinceContextSwitch = 100_000 - distance
      let machines = try LockStep(image, setup)
      _ = try machines.advance(500)
      try machines.compareMemory()
    }
    image.state.scalars.stepsSinceContextSwitch = first
  }
}
