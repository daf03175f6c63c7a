import FalconetMachine
import FalconetTestSupport
import FalconetVectors
import Testing

/// Blocks that rely on what the blocks before them left of the stack pointer.
@Suite("Stack frames behind other blocks")
struct StackFrameTests {
  private static let start: UInt64 = 0x1000
  private static let rounds: UInt64 = 40
  /// Ends a block, whose next one follows.
  private static let split = [Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop]
  /// Register 4 becomes the stack pointer.
  private static let takeStack = Assembly.special(0x25, rs: 4, rd: 29)

  private static func load(_ offset: Int, to target: UInt32) -> UInt32 {
    Assembly.immediate(0x37, rs: 29, rt: target, offset)
  }

  private static func store(_ offset: Int) -> UInt32 {
    Assembly.immediate(0x3F, rs: 29, rt: 16, offset)
  }

  private static func add(_ value: Int, to register: UInt32) -> UInt32 {
    Assembly.immediate(0x19, rs: register, rt: register, value)
  }

  /// What blocks do with their frames.
  private static let use =
    [store(0), store(0x38), load(0x178, to: 17), add(3, to: 16)] + split
    + [store(0xF8), load(8, to: 18)]

  /// Executes some instructions in rounds, and compares all.
  private static func compare(
    _ body: [UInt32], _ registers: [Int: UInt64], pages: [UInt64] = [], _ setup: EngineSetup,
    _ version: StateVersion = .v8, slice: UInt64 = 10_000
  ) throws -> Machine {
    let isWide = version.wordSize == .bits64
    let words =
      body + [
        Assembly.immediate(isWide ? 0x19 : 9, rs: 11, rt: 11, -1),
        Assembly.immediate(5, rs: 11, rt: 0, -(body.count + 2)), Assembly.nop, Assembly.stop,
      ]
    var image = MachineImage(version, code: words, at: start)
    image[register: 16] = 0x1234
    image[register: 11] = rounds
    for (register, value) in registers { image[register: register] = value }
    for page in pages { image.write([1], at: page) }
    let machines = try LockStep(image, setup)
    while try machines.advance(slice) == .stopped(.step), machines.plain.step < 20_000 {
      try machines.compareClaims()
    }
    try machines.compareMemory()
    try machines.compareClaims()
    #expect(machines.plain.state.activeThread?.registers[11] == 0)
    return machines.fast
  }

  @Test(
    "A frame moves by constants into pages that don't exist, and by less than a register's bytes",
    arguments: EngineSetup.allCases)
  func constants(_ setup: EngineSetup) throws {
    for distance in [-0x240, -0x1000, 0x240, 0x1000, 0x244, -0x23C, -0x7000, 0x7000] {
      for first in [
        [Self.add(distance, to: 29)],
        [Self.store(-0x20), Self.add(distance, to: 29), Self.store(0x10)],
      ] {
        _ = try Self.compare(
          first + Self.split + Self.use, [29: 0x10_0000], pages: [0x10_0000, 0x10_1000], setup)
      }
    }
  }

  @Test(
    "A frame is where a register says, whichever way its block goes on",
    arguments: EngineSetup.allCases)
  func registers(_ setup: EngineSetup) throws {
    // The round's parity.
    let parity = Assembly.immediate(0x0C, rs: 11, rt: 12, 1)
    let ends: [[UInt32]] = [
      Self.split,
      [Assembly.immediate(4, rs: 12, rt: 0, 3), Assembly.nop, Self.store(0x20), Self.store(0x28)],
      // On a comparison right before it.
      [
        Assembly.immediate(0x0A, rs: 11, rt: 12, 20), Assembly.immediate(4, rs: 12, rt: 0, 3),
        Assembly.nop, Self.store(0x20), Self.store(0x28),
      ],
      // In the delay slot.
      [
        Assembly.immediate(5, rs: 12, rt: 0, 3), Self.takeStack, Self.store(0x20), Self.store(0x28),
      ],
      // By a register, behind the slot.
      [Assembly.special(8, rs: 5), Assembly.nop],
      // A call, and a return behind it.
      [
        Assembly.jump(3, to: 0x101C), Assembly.nop, Assembly.immediate(4, rs: 0, rt: 0, 4),
        Assembly.nop, Self.store(0x20), Assembly.special(8, rs: 31), Assembly.nop,
      ],
    ]
    for step in [0xFF8, 0xF90, 0x1000, 0xFFC, 0x7FF8] {
      for end in ends {
        var body = [parity, Self.add(step, to: 4)]
        if !end.contains(Self.takeStack) { body.append(Self.takeStack) }
        body += end
        _ = try Self.compare(
          body + Self.use, [4: 0x10_0000, 5: Self.start + 4 * UInt64(body.count)], setup)
      }
    }
  }

  @Test(
    "A call whose function takes another stack, and a return from it, find their frames",
    arguments: EngineSetup.allCases)
  func calls(_ setup: EngineSetup) throws {
    // From a stack to another and back, the function in between.
    let before = [Self.add(0xFE8, to: 4), Assembly.special(0x25, rs: 29, rd: 6)]
    let function: [UInt32] =
      [Self.takeStack, Self.store(0), Self.store(8)]
      + [Assembly.special(8, rs: 31), Assembly.special(0x25, rs: 4, rd: 29)]
    let call = [
      Assembly.jump(3, to: Self.start + 4 * UInt64(before.count + 4)), Assembly.nop,
      Assembly.immediate(4, rs: 0, rt: 0, function.count + 1), Assembly.nop,
    ]
    _ = try Self.compare(
      before + call + function + Self.use + [Assembly.special(0x25, rs: 6, rd: 29)],
      [4: 0x10_0000, 29: 0x20_0000], pages: [0x20_0000], setup)
  }

  @Test(
    "ll in a frame's page has the next stores to the page end the reservation",
    arguments: EngineSetup.allCases)
  func reservations(_ setup: EngineSetup) throws {
    let link = Assembly.immediate(0x34, rs: 29, rt: 8, 0x40)
    let conditional = Assembly.immediate(0x3C, rs: 29, rt: 8, 0x40)
    for body in [
      [Self.store(0), link, Self.store(8), Self.store(0x40), conditional],
      [Self.store(0), link] + Self.split + [Self.store(8), Self.store(0x40), conditional],
      [Self.store(0), link] + Self.split + Self.use + [Self.store(0x40)] + Self.split + [
        conditional
      ],
      [link, Self.add(-0x20, to: 29), Self.store(0x60), conditional, Self.add(0x20, to: 29)],
    ] {
      let machine = try Self.compare(
        body + Self.split + Self.use, [29: 0x10_0000], pages: [0x10_0000], setup)
      #expect(machine.statistics.reservationsEnded == Self.rounds)
    }
  }

  @Test(
    "Behind a system call another thread has its own frame", arguments: EngineSetup.allCases)
  func threads(_ setup: EngineSetup) throws {
    var words = [Assembly.syscall]
    let body =
      [Assembly.set(2, to: 5023), Self.add(-0x1008, to: 29), Assembly.syscall]
      + [Self.store(0), Self.store(8), Self.add(-1, to: 11)]
    words +=
      body + [Assembly.immediate(5, rs: 11, rt: 0, -(body.count + 1)), Assembly.nop, Assembly.stop]
    var image = MachineImage(.v8, code: words, at: Self.start)
    for (register, value): (Int, UInt64) in [
      (2, 5055), (4, 0x5_0F00), (5, 0x40_0000), (11, Self.rounds), (16, 0x1234), (29, 0x20_0000),
    ] { image[register: register] = value }
    let machines = try LockStep(image, setup)
    while try machines.advance(10_000) == .stopped(.step), machines.plain.step < 20_000 {}
    try machines.compareMemory()
    try machines.compareClaims()
    #expect(machines.plain.state.threads.count == 2)
    #expect(machines.plain.memory.pageCount > 60)
  }

  @Test(
    "Stores to a frame count as changes after a claim in a system call",
    arguments: EngineSetup.allCases)
  func claimsInCalls(_ setup: EngineSetup) throws {
    // Writes 4 bytes to the standard output.
    let body = [
      Self.add(3, to: 16), Assembly.set(2, to: 5001), Assembly.set(4, to: 1),
      Assembly.set(5, to: 0x1000), Assembly.set(6, to: 4), Assembly.syscall, Self.store(0),
      Self.store(8), Self.add(-1, to: 11),
    ]
    var image = MachineImage(
      .v8,
      code: body + [
        Assembly.immediate(5, rs: 11, rt: 0, -(body.count + 1)), Assembly.nop, Assembly.stop,
      ], at: Self.start)
    for (register, value) in [(11, Self.rounds), (29, 0x10_0000)] {
      image[register: register] = value
    }
    let machines = try LockStep(image, setup)
    var claims = 0
    machines.fast.onOutput = { [unowned machine = machines.fast] _, _ in
      _ = machine.claim()
      claims += 1
    }
    machines.plain.onOutput = { _, _ in }
    // The last call is long before the end.
    for _ in 0..<4 {
      _ = try machines.advance(70)
      try machines.compareClaims()
    }
    #expect(claims > 20)
  }

  @Test(
    "Stores to a frame count as changes after each claim", arguments: EngineSetup.allCases)
  func claims(_ setup: EngineSetup) throws {
    for slice: UInt64 in [1, 2, 3, 5, 7, 11, 29] {
      _ = try Self.compare(
        Self.use + Self.split + [Self.add(-0x40, to: 29)] + Self.use, [29: 0x10_1F80], setup,
        slice: slice)
    }
  }

  @Test(
    "Frames below a page that doesn't exist reach into it", arguments: EngineSetup.allCases)
  func ends(_ setup: EngineSetup) throws {
    for place: UInt64 in [0x10_0800, 0x10_0E00, 0x10_0FC0, 0x10_0FC8, 0x10_0FF8] {
      for body in [
        [Self.store(0), Self.load(0x38, to: 3), Self.load(0x3F8, to: 18)] + Self.split
          + [Self.store(0x30), Self.store(0x38), Self.load(0x38, to: 18)],
        [Self.store(0xF8)] + Self.split + [Self.store(0x1F8)] + Self.split + Self.use,
        [Self.store(0), Self.store(-0xD08), Self.store(-0xD18)] + Self.split + Self.use,
      ] {
        _ = try Self.compare(body, [29: place], pages: [0x10_0000], setup)
      }
    }
    // The window's end.
    for place: UInt64 in [0x7FFF_FFFF_FC00, 0x7FFF_FFFF_FC08, 0x7FFF_FFFF_FFF8] {
      _ = try Self.compare(
        [Self.store(0), Self.load(0x3F8, to: 17), Self.load(0x3F0, to: 18)] + Self.split + Self.use,
        [29: place], pages: [place & ~0xFFF], setup)
    }
  }

  @Test(
    "An instruction that is left to the plain step is executed in each round, with no frame's stack pointer",
    arguments: EngineSetup.allCases)
  func left(_ setup: EngineSetup) throws {
    _ = try Self.compare(
      [Assembly.set(2, to: 5038)] + Self.split + [Assembly.syscall] + Self.use, [29: 0x10_0004],
      setup)
  }

  @Test("In 32 bits the stack pointer wraps around", arguments: EngineSetup.allCases)
  func narrow(_ setup: EngineSetup) throws {
    func access(_ code: UInt32, _ offset: Int) -> UInt32 {
      Assembly.immediate(code, rs: 29, rt: 16, offset)
    }
    func move(_ distance: Int) -> UInt32 { Assembly.immediate(9, rs: 29, rt: 29, distance) }
    // The word at 0x10 is what the blocks before it stored.
    let use = [
      access(0x2B, 0), access(0x2B, 0x44), access(0x23, 0x10),
      Assembly.immediate(9, rs: 16, rt: 16, 3),
    ]
    for body: [UInt32] in [
      [move(0x200), access(0x2B, -8), access(0x2B, -0x1F0), move(-0x200)],
      [move(0x200), access(0x2B, -8), access(0x2B, -0x1F0)] + Self.split + use + [move(-0x200)],
      [move(0x7F00), access(0x2B, -0x7EF0), access(0x23, -0x7F00)] + Self.split + [move(-0x7F00)],
      [move(0x240)], [move(-0x240)], [move(-0x242)],
    ] {
      for place: UInt64 in [0x7FFF_FE00, 0x7FFF_F000, 0x100, 0x10_0000] {
        _ = try Self.compare(
          body + Self.split + use, [29: place], pages: [place & ~0xFFF], setup, .v5)
      }
    }
  }
}
