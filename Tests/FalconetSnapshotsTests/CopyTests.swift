import FalconetMachine
import FalconetSnapshots
import FalconetTestSupport
import Testing

@Suite struct CopyTests {
  @Test(arguments: [StateVersion.v0, .v8])
  func `a copy of an earlier state stays what it was while the machine goes on`(
    version: StateVersion
  ) throws {
    let prestate = try Fixtures.prestate(version, "hello")
    let machine = Machine(state: prestate.state, memory: prestate.memory)
    _ = try machine.run(until: 20_000)
    let claim = machine.claim()
    let checkpoint = machine.checkpoint()
    _ = try machine.run(until: 60_000)
    let later = machine.claim()
    #expect(later != claim)
    // Twice: a copy is a machine's own, which writes to it.
    for _ in 0..<2 {
      let copy = Machine(try MemoryImage(copying: checkpoint))
      #expect(copy.claim() == claim)
      _ = try copy.run(until: 60_000)
      #expect(copy.claim() == later)
    }
    #expect(machine.claim() == later)
  }
}

extension Machine {
  fileprivate convenience init(_ image: MemoryImage) {
    self.init(state: image.state, memory: image.memory)
  }
}
