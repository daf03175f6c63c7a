import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("The counter of steps past its end")
struct CounterTests {
  /// A loop that counts in register 8 and stores it, two steps before the counter's end.
  private func image(_ version: StateVersion) -> MachineImage {
    var image = MachineImage(
      version,
      code: [
        Assembly.immediate(0x09, rs: 8, rt: 8, 1), Assembly.immediate(0x2B, rs: 9, rt: 8, 0),
        Assembly.jump(2, to: 0x1000), 0,
      ])
    image.state.scalars.step = .max - 2
    image[register: 9] = 0x2000
    return image
  }

  @Test(
    "Every engine goes on with step 0, whatever the pieces", arguments: StateVersion.allCases)
  func wraps(_ version: StateVersion) throws {
    let image = image(version)
    var claims: [UInt64: String] = [:]
    let plain = try image.machine(.step)
    for _ in 0..<2000 {
      claims[plain.step] = "\(plain.claim())"
      try plain.runStep()
    }
    for engine in EngineKind.allCases {
      for piece: UInt64 in [1, 2, 3, 7, 1000] {
        let machine = try image.machine(engine)
        for _ in 0..<(piece == 1000 ? 1 : 5) {
          let target = machine.step &+ piece
          #expect(try machine.run(steps: piece) == .step)
          #expect(machine.step == target)
          #expect("\(machine.claim())" == claims[target], "\(engine), \(piece) steps")
        }
      }
    }
  }

  @Test("A run until a step ends at the counter's end, and never goes back")
  func until() throws {
    for engine in EngineKind.allCases {
      let machine = try image(.v8).machine(engine)
      #expect(try machine.run(until: 5) == .step)
      #expect(machine.step == UInt64.max - 2)
      #expect(try machine.run(until: .max) == .step)
      #expect(machine.step == .max)
      #expect(try machine.run(steps: 0) == .step)
      #expect(machine.step == .max)
    }
  }

  @Test("A proof of the last step, and one after it")
  func proofs() throws {
    for version in StateVersion.allCases {
      let machine = try image(version).machine(.translator)
      _ = try machine.run(until: .max)
      let last = try #require(try machine.prove())
      #expect(last.step == .max)
      #expect(machine.step == 0)
      let next = try #require(try machine.prove())
      #expect(next.step == 0)
    }
  }
}
