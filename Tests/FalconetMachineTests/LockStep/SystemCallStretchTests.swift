import FalconetMachine
import FalconetTestSupport
import Keccak
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

  @Test(
    "A range to stop at that is chosen during a call is noticed", arguments: [StateVersion.v8, .v5])
  func newStop(_ version: StateVersion) throws {
    let machine = try Self.writing(version).machine(EngineSetup.translator, oracle: NoPreimages())
    var calls = 0
    machine.onOutput = { [unowned machine] _, _ in
      calls += 1
      if calls == 3 { machine.stopRange = 0x1000..<0x1004 }
    }
    #expect(try machine.run(until: 300) == .stopRange)
    // Three rounds of eight steps.
    #expect(machine.step == 24)
  }

  @Test(
    "A run that makes system calls all along is interrupted", arguments: [StateVersion.v8, .v5])
  func interruption(_ version: StateVersion) throws {
    for setup in [EngineSetup.translator, .portable] {
      let machine = try Self.writing(version).machine(setup, oracle: NoPreimages())
      machine.shouldInterrupt = { true }
      #expect(try machine.run(until: 100_000) == .interrupted)
      #expect(machine.step < 10_000)
      machine.shouldInterrupt = { false }
      #expect(try machine.run(until: 100_000) == .step)
    }
  }

  /// Refuses each pre-image, and counts.
  private final class Refusal: PreimageOracle {
    var requests = 0

    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      requests += 1
      throw PreimageError(.missing, key: key, message: "there is none")
    }

    func hint(_ hint: [UInt8]) throws(PreimageError) {}
  }

  @Test(
    "A call that fails is made once, and leaves the state before it",
    arguments: [StateVersion.v8, .v5])
  func failure(_ version: StateVersion) throws {
    let isWide = version.wordSize == .bits64
    var image = MachineImage(
      version,
      code: [
        Assembly.set(4, to: 5), Assembly.set(5, to: 0x3000), Assembly.set(6, to: 4),
        Assembly.set(2, to: isWide ? 5000 : 4003), Assembly.syscall, Assembly.stop,
      ])
    image.state.scalars.preimageKey[0] = 1
    let plain = try image.machine(EngineKind.step)
    _ = try plain.run(until: 4)
    for setup in [EngineSetup.translator, .portable] {
      let refusal = Refusal()
      let machine = try image.machine(setup, oracle: refusal)
      #expect(throws: MachineError.self) { try machine.run(until: 100) }
      #expect(refusal.requests == 1)
      #expect(machine.state == plain.state)
      #expect(throws: MachineError.self) { try machine.run(until: 100) }
      #expect(refusal.requests == 2)
    }
  }

  @Test("What is called finds most of a small stack unused, however deep the program's calls are")
  func stack() throws {
    // As many calls deep as register 8 says, it writes.
    let code: [UInt32] = [
      Assembly.immediate(9, rs: 8, rt: 8, -1), Assembly.immediate(7, rs: 8, rt: 0, 4),
      Assembly.nop, Assembly.set(2, to: 5001), Assembly.syscall, Assembly.stop,
      Assembly.jump(3, to: 0x1000), Assembly.nop,
    ]
    for depth: UInt64 in [1, 1500] {
      var image = MachineImage(.v8, code: code)
      image[register: 8] = depth
      (image[register: 4], image[register: 5], image[register: 6]) = (1, 0x3000, 4)
      let machine = try image.machine(EngineSetup.translator, oracle: NoPreimages())
      func place() -> UInt { withUnsafePointer(to: machine.step) { UInt(bitPattern: $0) } }
      let start = place()
      var deepest: UInt?
      machine.onOutput = { _, _ in deepest = place() }
      #expect(try machine.run(until: 5 * depth) == .step)
      let end = try #require(deepest)
      #expect(start - end < 32 << 10)
    }
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
