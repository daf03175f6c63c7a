import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Testing

@Suite("Roots of thread stacks, cached from state to state")
struct StackRootsTests {
  @Test(
    "Claims and proofs of a machine that switches threads are those of its state alone",
    arguments: [StateVersion.v5, .v8])
  func switching(_ version: StateVersion) throws {
    let prestate = try Fixtures.prestate(version, "threads")
    let machine = Machine(state: prestate.state, memory: prestate.memory)
    var random = SeededGenerator(seed: 3)
    var most = 0
    while !machine.hasExited, machine.step < 12_000_000 {
      _ = try machine.run(until: machine.step + random.next() % 40_000)
      most = max(most, machine.state.threads.count)
      let expected = machine.state.witness(memoryRoot: machine.memory.root())
      #expect(machine.witness() == expected)
      let stack = machine.state.threads.stack(machine.state.scalars.activeSide).dropLast()
      guard let proved = try machine.prove() else { continue }
      #expect(proved.stateData == expected)
      let end = version.threadWitnessBytes
      #expect(
        Array(proved.proofData[end - 32..<end])
          == ThreadStackRoot.root(of: stack, version: version).bytes)
      #expect(proved.post == machine.claim())
    }
    #expect(most > 3)
  }
}
