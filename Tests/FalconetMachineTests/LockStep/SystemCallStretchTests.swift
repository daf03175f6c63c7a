import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("System calls and thread switches that an engine stays for")
struct SystemCallStretchTests {
  /// Two threads that make the calls of programs in turn, between computations and branches.
  static func image(_ version: StateVersion) -> MachineImage {
    let numbers: [(UInt16, UInt16)] = [
      (4222, 5178), (4162, 5023), (4263, 5222), (4218, 5027), (4238, 5194), (4055, 5070),
      (4090, 5009), (4003, 5000), (4004, 5001), (4353, 5313), (4005, 5002),
    ]
    func call(_ place: Int) -> [UInt32] {
      let number = version.wordSize == .bits32 ? numbers[place].0 : numbers[place].1
      // Clock 1, and futex operation 129; the address 0x3010.
      let first: UInt16 = [1, 1, 1, 1, 0x3010, 5, 0, 0, 6, 0x3010, 0][place]
      let second: UInt16 = [0, 0, 0x3010, 0, 129, 3, 4096, 0x3010, 0x3010, 8, 0][place]
      return [
        Assembly.set(4, to: first), Assembly.set(5, to: second), Assembly.set(6, to: 4),
        Assembly.set(7, to: 0), Assembly.set(2, to: number), Assembly.syscall,
        Assembly.immediate(9, rs: 8, rt: 8, 3), Assembly.immediate(0x2B, rt: 8, 0x3040),
        // A branch that is taken in every other round, and computes in its delay slot.
        Assembly.immediate(12, rs: 8, rt: 10, 1), Assembly.immediate(4, rs: 10, rt: 0, 2),
        Assembly.special(0x21, rs: 8, rt: 2, rd: 11), Assembly.immediate(9, rs: 9, rt: 9, 1),
      ]
    }
    var code = numbers.indices.flatMap(call)
    code += [Assembly.jump(2, to: 0x1000), Assembly.immediate(9, rs: 12, rt: 12, 1)]
    var image = MachineImage(version, code: code)
    image.write([1, 2, 3], at: 0x3010)
    if !version.isSingleThreaded {
      var other = image.state.threads.left[0]
      other.id = 1
      other.registers[8] = 1
      image.state.threads.right = [other]
      image.state.scalars.nextThreadID = 2
    }
    return image
  }

  @Test("A budget may end at each step", arguments: StateVersion.allCases)
  func budgets(_ version: StateVersion) throws {
    let image = Self.image(version)
    for setup in [EngineSetup.translator, .portable] {
      let machines = try LockStep(image, setup)
      let count = isLongRun ? 700 : 150
      for _ in 0..<count { _ = try machines.advance(1) }
      for budget in 2..<UInt64(isLongRun ? 300 : 40) {
        _ = try machines.advance(budget)
      }
      try machines.compareMemory()
      try machines.compareClaims()
    }
  }

  @Test("A quantum may end at each step", arguments: Versions.multiThreaded)
  func quanta(_ version: StateVersion) throws {
    var image = Self.image(version)
    for setup in [EngineSetup.translator, .portable] {
      for distance in 0..<UInt64(isLongRun ? 400 : 150) {
        image.state.scalars.stepsSinceContextSwitch = 100_000 - distance
        let machines = try LockStep(image, setup)
        _ = try machines.advance(400)
        try machines.compareMemory()
      }
    }
  }

  @Test(
    "What is called during a run finds the registers as they are",
    arguments: [StateVersion.v8, .v5])
  func callbacks(_ version: StateVersion) throws {
    var seen: [[UInt64]] = []
    for setup in [EngineSetup.translator, .portable, .translatorPageTable] {
      let machine = try Self.writing(version).machine(setup, oracle: NoPreimages())
      seen.append(try Self.registers(of: machine))
    }
    let plain = try Self.writing(version).machine(EngineKind.step)
    let expected = try Self.registers(of: plain)
    #expect(expected.count > 100)
    for seen in seen { #expect(seen == expected) }
  }

  /// A loop that counts and writes its count.
  private static func writing(_ version: StateVersion) -> MachineImage {
    let number: UInt16 = version.wordSize == .bits32 ? 4004 : 5001
    return MachineImage(
      version,
      code: [
        Assembly.immediate(9, rs: 8, rt: 8, 1), Assembly.set(4, to: 1), Assembly.set(5, to: 0x3000),
        Assembly.set(6, to: 4), Assembly.set(2, to: number), Assembly.syscall,
        Assembly.jump(2, to: 0x1000), Assembly.nop,
      ])
  }

  /// The step, pc and registers of each call that a machine makes.
  private static func registers(of machine: Machine) throws -> [UInt64] {
    var seen: [UInt64] = []
    machine.onOutput = { [unowned machine] _, _ in
      guard let thread = machine.state.activeThread else { return }
      seen += [machine.step, thread.pc, thread.nextPC] + (0..<32).map { thread.registers[$0] }
    }
    _ = try machine.run(until: 500)
    return seen
  }

  @Test("A run goes on with another engine if one is chosen while it calls")
  func changed() throws {
    for kind in [EngineKind.portable, .step, .translator] {
      let machine = try Self.writing(.v8).machine(EngineSetup.translator, oracle: NoPreimages())
      var calls = 0
      machine.onOutput = { [unowned machine] _, _ in
        calls += 1
        if calls == 3 { machine.engine = kind }
      }
      #expect(try machine.run(until: 300) == .step)
      let plain = try Self.writing(.v8).machine(EngineKind.step)
      _ = try plain.run(until: 300)
      #expect(machine.state == plain.state)
    }
  }
}
