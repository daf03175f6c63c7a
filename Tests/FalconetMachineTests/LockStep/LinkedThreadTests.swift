import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Engines against the plain step: ll and sc of several threads")
struct LinkedThreadTests {
  private typealias Program = LinkedProgram

  /// Threads that execute code for ever, from thread 0 on; the yielding of each gives the next one its turn.
  private static func image(
    _ version: StateVersion, _ codes: [(LinkedProgram.Pair) -> [UInt32]]
  ) -> MachineImage {
    let pair = Program.Pair(isDouble: version.wordSize == .bits64, version: version)
    var image = MachineImage(version)
    Program.prepare(&image)
    let first = image.thread
    for (id, code) in codes.enumerated() {
      let start = 0x1000 + 0x200 * UInt64(id)
      var thread = first
      (thread.id, thread.pc, thread.nextPC) = (UInt64(id), start, start + 4)
      image.write(words: code(pair) + [Assembly.jump(2, to: start), Assembly.nop], at: start)
      if id == 0 { image.thread = thread } else { image.state.threads.left.insert(thread, at: 0) }
    }
    image.state.scalars.nextThreadID = UInt64(codes.count)
    return image
  }

  /// Compares runs that end at each of some steps.
  private static func compare(
    _ image: MachineImage, setups: [EngineSetup] = [.translator, .portable],
    _ steps: Range<UInt64>
  ) throws {
    for setup in setups {
      for first in steps {
        let machines = try LockStep(image, setup)
        _ = try machines.advance(first)
        try machines.compareClaims()
        _ = try machines.advance(200)
        try machines.compareMemory()
        try machines.compareClaims()
      }
    }
  }

  @Test(
    "Another thread is active between, and takes the word or another",
    arguments: Versions.multiThreaded)
  func switches(_ version: StateVersion) throws {
    for base in [Program.word, Program.other] {
      let image = Self.image(
        version,
        [
          { [$0.ll()] + $0.sc() + [$0.ll()] + $0.yield + $0.sc() + $0.sc() },
          { [$0.ll(base)] + $0.yield + $0.sc(base) + [$0.ll(base)] + $0.sc(base) + $0.yield },
        ])
      try Self.compare(image, 60..<140)
    }
  }

  @Test("Another thread stores to the word or beside it between", arguments: Versions.multiThreaded)
  func stores(_ version: StateVersion) throws {
    for offset in [0, 16] {
      let image = Self.image(
        version,
        [
          { [$0.ll()] + $0.yield + $0.sc() + [$0.ll()] + $0.sc() },
          {
            [$0.store(Program.word, offset)] + $0.yield + [$0.store(Program.word, offset)]
              + $0.yield
          },
        ])
      try Self.compare(image, 60..<120)
    }
  }

  @Test(
    "sc without ll, in a thread that another one reserves the word of",
    arguments: Versions.multiThreaded)
  func others(_ version: StateVersion) throws {
    let image = Self.image(
      version, [{ [$0.ll()] + $0.yield + $0.sc() }, { $0.sc() + [$0.ll()] + $0.sc() + $0.yield }])
    try Self.compare(image, 60..<120)
  }

  @Test("A quantum may end at each place between", arguments: Versions.multiThreaded)
  func quanta(_ version: StateVersion) throws {
    var image = Self.image(
      version,
      [
        { [$0.ll()] + Program.end + $0.sc() + [$0.ll(Program.other)] + $0.sc(Program.other) },
        { [$0.ll()] + $0.sc() + Program.end },
      ])
    for distance in 40..<UInt64(70) {
      image.state.scalars.stepsSinceContextSwitch = 100_000 - distance
      let machines = try LockStep(image)
      _ = try machines.advance(200)
      try machines.compareMemory()
      // Another quantum ends in code that is there.
      _ = try machines.advance(100_000 + distance)
      try machines.compareMemory()
      #expect(machines.plain.statistics.forcedPreemptions == 2)
    }
  }

  @Test(
    "An ll of long ago does not count for an sc that a pair came before",
    arguments: Versions.multiThreaded)
  func longAgo(_ version: StateVersion) throws {
    // Thread 1 has two turns in a row, as thread 0 does. After every other ll of thread 1 comes a pair of thread 0, then
    // a pair of thread 1, and an sc without ll.
    let image = Self.image(
      version,
      [
        { [$0.ll()] + $0.sc() + $0.yield },
        {
          [$0.ll(Program.other)] + $0.yield + [$0.ll()] + $0.sc() + $0.call
            + $0.sc(Program.other)
        },
      ])
    try Self.compare(image, 60..<120)
  }
}
