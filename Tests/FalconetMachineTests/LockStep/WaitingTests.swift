import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Threads that all wait")
struct WaitingTests {
  private static let place: UInt64 = 0x2000

  /// Threads that wait for a word to change, on both stacks, and what they go on with.
  ///
  /// - Parameter timeouts: the last steps of the waits.
  private static func image(_ version: StateVersion, timeouts: [UInt64], right: Int) -> MachineImage
  {
    var image = MachineImage(version)
    image.write(
      words: (0..<200).map { Assembly.immediate(9, rs: 8, rt: 8, $0) }
        + [Assembly.jump(2, to: 0x1000), Assembly.nop], at: 0x1000)
    image.write(words: [0x0102_0304, 0x0506_0708], at: place)
    let threads = timeouts.enumerated().map { id, timeout in
      var thread = image.state.threads.left[0]
      thread.id = UInt64(id)
      thread.registers[9] = UInt64(id) + 1
      thread.futexAddress = place
      thread.futexValue = version == .v3 ? 0x0102_0304_0506_0708 : 0x0102_0304
      thread.futexTimeoutStep = timeout
      return thread
    }
    image.state.threads.left = Array(threads.dropLast(right))
    image.state.threads.right = Array(threads.suffix(right))
    image.state.scalars.traverseRight = image.state.threads.left.isEmpty
    image.state.scalars.nextThreadID = UInt64(threads.count)
    return image
  }

  private static let never = ThreadState.noTimeout

  /// Numbers of threads, and how many of them are on the right stack.
  private static let shapes: [(timeouts: [UInt64], right: Int)] = [
    ([never], 0), ([never], 1), ([never, never, never], 0), ([never, 700, never], 2),
    ([900, 650, 1201, never, 5000], 3), ([0, never], 1), ([never, 10_000], 2),
  ]

  @Test("States and statistics are those of single steps", arguments: Versions.blocking)
  func rounds(_ version: StateVersion) throws {
    for shape in Self.shapes {
      for setup in [EngineSetup.translator, .portable] {
        for budget in [1, 7, 64, 1000, 120_000] as [UInt64] {
          let machines = try LockStep(
            Self.image(version, timeouts: shape.timeouts, right: shape.right), setup)
          for _ in 0..<min(1500 / budget + 3, 300) { _ = try machines.advance(budget) }
          try machines.compareMemory()
          try machines.compareClaims()
        }
      }
    }
  }

  @Test("A run may end at each step of the rounds", arguments: Versions.blocking)
  func ends(_ version: StateVersion) throws {
    let image = Self.image(version, timeouts: [Self.never, 400, Self.never, Self.never], right: 1)
    for steps in 1...(isLongRun ? 2000 : 450) as ClosedRange<UInt64> {
      let machines = try LockStep(image)
      _ = try machines.advance(steps)
    }
  }

  @Test("A thread that wakes goes on at its step", arguments: Versions.blocking)
  func wakes(_ version: StateVersion) throws {
    for turn in 0..<12 as Range<UInt64> {
      var image = Self.image(version, timeouts: [Self.never, Self.never], right: 0)
      // A third thread that computes, and wakes nobody, keeps the others from waiting alone.
      var third = image.state.threads.left[0]
      third.id = 2
      third.futexAddress = ThreadState.noFutex(version.wordSize)
      image.state.threads.right.append(third)
      image.state.scalars.stepsSinceContextSwitch = 99_990 + turn
      let machines = try LockStep(image)
      _ = try machines.advance(100_300)
    }
  }

  @Test("A deadlock takes no time for each step", arguments: Versions.blocking)
  func deadlock(_ version: StateVersion) throws {
    let image = Self.image(version, timeouts: [Self.never, Self.never, Self.never], right: 1)
    let machine = try image.machine(EngineSetup.translator, oracle: NoPreimages())
    let steps: UInt64 = 40_000_000_001
    #expect(try machine.run(until: steps) == .step)
    // A round is two steps for each thread.
    let plain = try image.machine(EngineKind.step)
    _ = try plain.run(until: 6 + steps % 6)
    var expected = plain.state
    expected.scalars.step = steps
    #expect(machine.state == expected)
  }

  @Test("An endless wait is interrupted")
  func interrupted() throws {
    let image = Self.image(.v4, timeouts: [Self.never, Self.never], right: 1)
    let machine = try image.machine(EngineSetup.translator, oracle: NoPreimages())
    machine.shouldInterrupt = { true }
    #expect(try machine.run(until: .max) == .interrupted)
  }
}
