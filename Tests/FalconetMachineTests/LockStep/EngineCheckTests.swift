import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Testing

@Suite("Two engines side by side")
struct EngineCheckTests {
  @Test("A run that is checked ends as any other, pre-images and output included")
  func agrees() throws {
    let vector = try Fixtures.vector(.v8, "oracle")
    let prestate = try Fixtures.prestate(.v8, "oracle")
    let preimages = try Fixtures.preimages(try #require(vector.preimages))
    let machine = Machine(
      state: prestate.state, memory: prestate.memory, oracle: DictionaryOracle(preimages),
      engine: .check)
    var output: [UInt8] = []
    machine.onOutput = { stream, bytes in if stream == .output { output += bytes } }
    _ = try machine.run(until: 500_000)
    _ = try machine.prove()
    #expect(try machine.run(until: .max) == .exited)
    #expect(machine.claim() == vector.finalHash)
    #expect(String(decoding: output, as: UTF8.self) == vector.stdout)
  }

  @Test("What differs is found, and the step after which it does")
  func differs() throws {
    let prestate = try Fixtures.prestate(.v8, "hello")
    let machine = Machine(state: prestate.state, memory: prestate.memory, engine: .check)
    _ = try machine.run(until: 200_000)
    // As a host with bad memory would.
    try machine.memory.storeWord(0x1234_5678, at: 0xC0_0000_0000)
    do throws(MachineError) {
      _ = try machine.run(until: 300_000)
      Issue.record("nothing was noticed")
    } catch {
      guard case .engines(let mismatch) = error else { throw error }
      #expect((200_000..<300_000).contains(mismatch.step))
      #expect(error.description.contains("no result of this run can be trusted"))
    }
  }

  @Test("A program's own failure is the same in both, and is reported as ever")
  func faults() throws {
    var image = MachineImage(.v8)
    image.write(words: [Assembly.set(4, to: 1), Assembly.stop], at: 0x1000)
    image.state.threads.left[0].pc = 0x1000
    image.state.threads.left[0].nextPC = 0x1004
    let machine = try image.machine(EngineKind.check)
    #expect(throws: MachineError.self) { _ = try machine.run(until: 10) }
    #expect(machine.step == image.state.scalars.step + 1)
  }

  @Test("A checked run is interrupted after a comparison; many short runs are, as one long run is")
  func isInterrupted() throws {
    var image = MachineImage(.v8)
    // A branch to itself.
    image.write(words: [0x1000_FFFF, 0], at: 0x1000)
    image.state.threads.left[0].pc = 0x1000
    image.state.threads.left[0].nextPC = 0x1004
    let checked = try image.machine(EngineKind.check)
    checked.shouldInterrupt = { true }
    #expect(try checked.run(until: checked.step + 10_000_000) == .interrupted)
    #expect(checked.step <= image.state.scalars.step + 1_000_000)

    let machine = try image.machine(EngineKind.step)
    machine.shouldInterrupt = { true }
    #expect(try (0..<512).contains { _ in try machine.run(steps: 1) == .interrupted })
  }
}
