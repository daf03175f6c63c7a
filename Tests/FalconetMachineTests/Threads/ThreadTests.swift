import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Threads: start, end and turns")
struct ThreadTests {
  private static func thread(_ id: UInt64, _ version: StateVersion) -> ThreadState {
    var thread = ThreadState(id: id, version: version)
    thread.pc = 0x1100
    thread.nextPC = 0x1104
    return thread
  }

  private static func ids(_ machine: Machine) -> [[UInt64]] {
    [machine.state.threads.left.map(\.id), machine.state.threads.right.map(\.id)]
  }

  @Test("clone copies the thread, and the copy runs next", arguments: Versions.multiThreaded)
  func clone(_ version: StateVersion) throws {
    var image = call(version, number(version, 4120, 5055), 0x50F00, 0x7_0000)
    image.thread.lo = 5
    image.thread.hi = 6
    image.thread.nextPC = 0x3000
    // Which the copy does not take over.
    image.thread.exitCode = 9
    image[register: 31] = 7
    image.state.scalars.nextThreadID = 4
    image.state.scalars.stepsSinceContextSwitch = 50
    let machine = try execute(image)
    var expected = image.answered(4)
    var child = image.thread
    child.id = 4
    child.exitCode = 0
    child.pc = 0x3000
    child.nextPC = 0x3004
    child.registers[29] = 0x7_0000
    child.registers[2] = 0
    child.registers[7] = 0
    expected.threads.left.append(child)
    expected.scalars.nextThreadID = 5
    expected.scalars.stepsSinceContextSwitch = 0
    #expect(machine.state == expected)
  }

  @Test("clone puts the copy on the stack that runs", arguments: Versions.multiThreaded)
  func cloneOnTheRight(_ version: StateVersion) throws {
    var image = call(version, number(version, 4120, 5055), 0x50F00, 0x7_0000)
    image.state.threads = ThreadTable(left: [], right: image.state.threads.left)
    image.state.scalars.traverseRight = true
    #expect(Self.ids(try execute(image)) == [[], [0, 1]])
  }

  @Test(
    "clone with other flags ends the machine with code 2",
    arguments: Versions.multiThreaded)
  func cloneFlags(_ version: StateVersion) throws {
    let wide = version.wordSize == .bits64 ? [0x1_0005_0F00] as [UInt64] : []
    for flags in [0, 0x50F01, 0x50E00] + wide {
      let image = call(version, number(version, 4120, 5055), flags, 0x7_0000)
      let machine = try execute(image)
      var expected = image.state
      expected.scalars.step = 1
      expected.scalars.stepsSinceContextSwitch = 1
      expected.scalars.exited = true
      expected.scalars.exitCode = 2
      #expect(machine.state == expected)
    }
  }

  @Test("exit_group ends the machine; a step after that does nothing", arguments: Versions.all)
  func exitGroup(_ version: StateVersion) throws {
    let image = call(version, number(version, 4246, 5205), 0x1FF)
    let machine = try execute(image)
    var expected = image.state
    expected.scalars.step = 1
    if !version.isSingleThreaded { expected.scalars.stepsSinceContextSwitch = 1 }
    expected.scalars.exited = true
    expected.scalars.exitCode = 0xFF
    #expect(machine.state == expected)
    #expect(try machine.run(until: .max) == .exited)
    try machine.runStep()
    #expect(machine.state == expected)
  }

  @Test("exit of the only thread ends the machine", arguments: Versions.multiThreaded)
  func exitOfTheLast(_ version: StateVersion) throws {
    for isRight in [false, true] {
      var image = call(version, number(version, 4001, 5058), 0x103)
      if isRight {
        image.state.threads = ThreadTable(left: [], right: image.state.threads.left)
        image.state.scalars.traverseRight = true
      }
      let machine = try execute(image)
      #expect(machine.hasExited)
      #expect(machine.state.scalars.exitCode == 3)
      let thread = try machine.thread()
      #expect(thread.exited && thread.exitCode == 3 && thread.pc == 0x1000)
    }
  }

  @Test(
    "exit of one of several leaves it on the stack for one step",
    arguments: Versions.multiThreaded)
  func exitOfOne(_ version: StateVersion) throws {
    var image = call(version, number(version, 4001, 5058), 3)
    image.state.threads.right = [Self.thread(1, version)]
    let machine = try execute(image)
    #expect(!machine.hasExited)
    #expect(Self.ids(machine) == [[0], [1]])
    _ = try machine.run(until: 2)
    // The left stack is empty now: threads run from the right one.
    #expect(Self.ids(machine) == [[], [1]])
    #expect(machine.state.scalars.traverseRight)
    #expect(machine.state.scalars.stepsSinceContextSwitch == 0)
  }

  @Test("A thread that yields goes to the other stack", arguments: Versions.multiThreaded)
  func yield(_ version: StateVersion) throws {
    for number in [number(version, 4162, 5023), number(version, 4166, 5034)] {
      var image = call(version, number)
      image.state.threads.left.insert(Self.thread(1, version), at: 0)
      let machine = try execute(image)
      var expected = image.answered(0)
      expected.threads.right = [expected.threads.left.removeLast()]
      expected.scalars.stepsSinceContextSwitch = 0
      #expect(machine.state == expected)
      // With one thread, the direction turns.
      let alone = try execute(call(version, number))
      #expect(Self.ids(alone) == [[], [0]])
      #expect(alone.state.scalars.traverseRight)
    }
  }

  @Test("A quantum is 100,000 steps, and its end takes a step", arguments: Versions.multiThreaded)
  func quantum(_ version: StateVersion) throws {
    // A loop of two instructions.
    var image = MachineImage(version, code: [Assembly.immediate(4, -1), Assembly.nop])
    let machine = try execute(image, steps: 100_000)
    #expect(machine.state.scalars.stepsSinceContextSwitch == 100_000)
    #expect(Self.ids(machine) == [[0], []])
    let pc = try machine.thread().pc
    _ = try machine.run(until: 100_001)
    #expect(Self.ids(machine) == [[], [0]])
    #expect(machine.state.scalars.traverseRight)
    #expect(machine.state.scalars.stepsSinceContextSwitch == 0)
    #expect(try machine.thread().pc == pc)
    #expect(machine.statistics.forcedPreemptions == 1)
    // A snapshot may hold more steps than that.
    image.state.scalars.stepsSinceContextSwitch = .max
    #expect(Self.ids(try execute(image)) == [[], [0]])
  }

  @Test("A quantum may end in a delay slot", arguments: Versions.multiThreaded)
  func quantumInDelaySlot(_ version: StateVersion) throws {
    var image = MachineImage(
      version, code: [Assembly.immediate(4, 63), Assembly.set(8, to: 7), Assembly.stop])
    image.state.scalars.stepsSinceContextSwitch = 99_999
    image.write(words: [Assembly.set(9, to: 8), Assembly.stop], at: 0x1100)
    let machine = try execute(image, steps: 4)
    #expect(try machine.register(8) == 7)
    #expect(try machine.register(9) == 8)
    #expect(machine.statistics.forcedPreemptions == 1)
  }

  @Test("A stack that runs and is empty is a panic", arguments: Versions.multiThreaded)
  func emptyStack(_ version: StateVersion) throws {
    var image = MachineImage(version)
    image.state.scalars.traverseRight = true
    #expect(try panic(image) == .noThread)
    var exited = MachineImage(version)
    exited.thread.exited = true
    #expect(try panic(exited) == .noThread, "the last thread can't be removed")
  }
}
