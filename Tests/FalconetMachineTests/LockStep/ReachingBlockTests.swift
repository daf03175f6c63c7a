import FalconetTestSupport
import Testing

@testable import FalconetMachine

/// Blocks whose branch is the last instruction of its page: they reach into the next page with the delay slot.
@Suite("Branches whose delay slot lies on the next page")
struct ReachingBlockTests {
  private static let setups: [EngineSetup] = [
    .translator, .translatorPageTable, .portable, .portableSwitch,
  ]
  /// The address of a delay slot.
  private static let slot: UInt64 = 0x3000
  /// Where functions begin that return there.
  private static let function = slot - 8
  private static let nop = Assembly.nop

  private static func add(_ value: Int, to register: UInt32) -> UInt32 {
    Assembly.immediate(9, rs: register, rt: register, value)
  }
  private static let returns = Assembly.special(8, rs: 31)
  private static let call = Assembly.jump(3, to: function)

  /// A program that calls a function whose delay slot is on the next page, again and again.
  ///
  /// - Parameter words: what it does between two calls.
  private static func image(
    _ version: StateVersion = .v8, slot word: UInt32? = add(1, to: 9), between words: [UInt32] = []
  ) -> MachineImage {
    var image = MachineImage(
      version, code: [call, add(1, to: 10)] + words + [Assembly.jump(2, to: 0x1000), nop])
    image.write(words: [add(1, to: 8), returns], at: function)
    if let word { image.write(words: [word], at: slot) }
    return image
  }

  /// Executes in slices of odd lengths, and compares all of both machines at the end.
  private static func run(
    _ image: MachineImage, _ setup: EngineSetup, steps: UInt64 = 5000
  ) throws -> Machine {
    let machines = try LockStep(image, setup)
    var slice: UInt64 = 997
    while machines.fast.step < steps {
      #expect(try machines.advance(slice) == .stopped(.step))
      slice = slice == 997 ? 1 : 997
    }
    try machines.compareMemory()
    try machines.compareClaims()
    return machines.fast
  }

  private static let places: [(StateVersion, UInt64)] = [
    (.v8, slot), (.v8, 0), (.v5, slot), (.v5, 0),
  ]

  @Test("They are executed in code", arguments: [EngineSetup.translator, .portable], places)
  func inCode(_ setup: EngineSetup, _ place: (version: StateVersion, slot: UInt64)) throws {
    let function = (place.slot &- 8) & place.version.wordSize.mask
    var image = MachineImage(
      place.version, code: [Self.add(1, to: 8), Assembly.special(8, rs: 16)], at: function)
    image.write(words: [Self.add(1, to: 9)], at: place.slot)
    image[register: 16] = function
    image[register: 29] = 0x9_0000
    let machine = try image.machine(setup, oracle: NoPreimages())
    _ = try machine.run(until: 30)
    let engine = try #require(machine.blockEngine)
    let block = try #require(engine.cache[function, .usual])
    (engine.bank[8], engine.bank[9]) = (0, 0)
    engine.enter(block, .usual, budget: 3)
    #expect((engine.bank[8], engine.bank[9]) == (1, 1))
    #expect(engine.bank[RegisterBank.budget] == 0)
  }

  @Test("A jump goes to the 256 MiB of its delay slot", arguments: setups)
  func regions(_ setup: EngineSetup) throws {
    for version in Versions.all {
      for slot in [0x1000_0000, 0x8000_0000] as [UInt64] {
        for opcode in [2, 3] as [UInt32] {
          var image = MachineImage(
            version, code: [Self.add(1, to: 8), Assembly.jump(opcode, to: slot + 0x100)],
            at: slot - 8)
          image.write(words: [Self.add(1, to: 9)], at: slot)
          image.write(
            words: [Self.add(1, to: 10), Assembly.special(8, rs: 16), Self.nop], at: slot + 0x100)
          image[register: 16] = slot - 8
          let machine = try Self.run(image, setup, steps: 2000)
          #expect(try machine.register(10) > 300)
        }
      }
    }
  }

  @Test(
    "Every branch and every kind of delay slot does what it does within a page",
    arguments: Versions.all)
  func kinds(_ version: StateVersion) throws {
    let branches =
      [4, 5, 6, 7].map { Assembly.immediate($0, rs: 8, rt: $0 < 6 ? 9 : 0, 3) }
      + [0, 1, 0x10, 0x11].map { Assembly.immediate(1, rs: 8, rt: $0, 3) }
      + [
        Assembly.jump(2, to: Self.slot + 12), Assembly.jump(3, to: Self.slot + 12),
        Assembly.special(8, rs: 16), Assembly.special(9, rs: 16, rd: 31),
        Assembly.special(9, rs: 16, rd: 8),
      ]
    let slots = [
      Self.nop, Self.add(-1, to: 8), Self.add(1, to: 16), Assembly.special(0x21, rs: 31, rd: 9),
      Assembly.immediate(0x23, rs: 17, rt: 8, 0), Assembly.immediate(0x2B, rs: 17, rt: 8, 4),
      Assembly.immediate(0x2B, rt: 8, 0x3000), Assembly.immediate(0x30, rs: 17, rt: 8, 0),
      Assembly.special(0x12, rd: 8), Assembly.syscall, Assembly.immediate(4, 1), Assembly.stop,
    ]
    for branch in branches {
      for slot in slots {
        for value: UInt64 in [0, 1, .max] {
          var image = MachineImage(
            version, code: [Self.add(1, to: 10), Self.add(2, to: 11), branch],
            at: Self.slot - 12)
          image.write(
            words: [slot, Self.add(1, to: 12), Assembly.stop, Self.add(2, to: 12), Assembly.stop],
            at: Self.slot)
          (image[register: 8], image[register: 9]) = (value, 1)
          (image[register: 16], image[register: 17]) = (Self.slot + 12, 0x5000)
          // An unknown system call, of which all versions say the same.
          image[register: 2] = 4999
          for setup in Self.setups {
            let machines = try LockStep(image, setup)
            _ = try machines.advance(100)
            try machines.compareMemory()
          }
        }
      }
    }
  }

  @Test("A delay slot that is overwritten is executed as written", arguments: setups)
  func overwritten(_ setup: EngineSetup) throws {
    for version in Versions.all {
      // Register 12 is what the slot was before, and what it becomes.
      let swap = [
        Assembly.immediate(0x2B, rt: 12, Int(Self.slot)),
        Assembly.special(0x26, rs: 12, rt: 13, rd: 12),
      ]
      var image = Self.image(version, between: swap)
      image[register: 12] = UInt64(Self.add(3, to: 9))
      image[register: 13] = UInt64(Self.add(1, to: 9) ^ Self.add(3, to: 9))
      let machine = try Self.run(image, setup)
      let rounds = try machine.register(10)
      #expect(rounds > 500)
      // 1, and then 3 and 1 by turns.
      #expect(abs(Int(try machine.register(9)) - Int(2 * rounds)) < 4)
    }
  }

  @Test("So is one that is overwritten from outside, in either page", arguments: setups)
  func fromOutside(_ setup: EngineSetup) throws {
    let machine = try Self.image().machine(setup, oracle: NoPreimages())
    func write(_ word: UInt32, at address: UInt64) throws {
      try (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
        .withUnsafeBytes { try machine.memory.write($0, at: address) }
    }
    // From the start of a round to that of another: seven steps each.
    for value in 1...20 {
      let before = (try machine.register(8), try machine.register(9))
      try write(Self.add(value, to: 9), at: value.isMultiple(of: 3) ? Self.slot + 0x800 : Self.slot)
      if value.isMultiple(of: 2) { try write(Self.add(value, to: 8), at: Self.function) }
      let isWritten = !value.isMultiple(of: 3)
      _ = try machine.run(until: machine.step + 7 * 10)
      let last = UInt64(isWritten ? value : value - 1)
      #expect(try machine.register(9) == before.1 + 10 * last)
      #expect(try machine.register(8) == before.0 + 10 * UInt64(max(value & ~1, 1)))
    }
  }

  @Test("One on a page that doesn't exist does nothing, and makes no page", arguments: setups)
  func missing(_ setup: EngineSetup) throws {
    for version in Versions.all {
      let machine = try Self.run(Self.image(version, slot: nil), setup)
      #expect(!machine.memory.hasPage(Self.slot >> 12))
      // A store makes the page in the middle of the run.
      var image = Self.image(
        version, slot: nil,
        between: [
          Assembly.special(0x2B, rs: 10, rt: 14, rd: 15), Assembly.immediate(5, rs: 15, 2),
          Self.nop,
          Assembly.immediate(0x2B, rt: 12, Int(Self.slot)),
        ])
      image[register: 12] = UInt64(Self.add(1, to: 9))
      image[register: 14] = 100
      let other = try Self.run(image, setup)
      #expect(other.memory.hasPage(Self.slot >> 12))
      #expect(try other.register(9) > 100)
    }
  }

  @Test("A run stops before one, if it is asked to", arguments: setups)
  func stops(_ setup: EngineSetup) throws {
    let machine = try Self.image().machine(setup, oracle: NoPreimages())
    var conditions = StopConditions()
    conditions.addresses = [Self.slot]
    for round in 0..<20 as Range<UInt64> {
      let reason = try machine.run(
        until: 1000, stoppingFor: conditions, skipsFirst: round > 0)
      #expect(reason == .address)
      #expect(try machine.thread().pc == Self.slot)
      #expect(machine.step == 4 + 7 * round)
    }
  }

  /// A loop whose delay slot is the first instruction of all memory.
  private static func wrapping(_ version: StateVersion) -> MachineImage {
    let start = version.wordSize.mask - 7
    var image = MachineImage(
      version, code: [add(1, to: 8), Assembly.special(8, rs: 16)], at: start)
    image[register: 16] = start
    image.write(words: [add(1, to: 9)], at: 0)
    return image
  }

  @Test("The page after the last one is the first", arguments: setups)
  func wraps(_ setup: EngineSetup) throws {
    for version in Versions.all {
      let machine = try Self.run(Self.wrapping(version), setup, steps: 3000)
      #expect(try machine.register(9) >= 999)
    }
  }

  @Test("A run stops before one there, too", arguments: setups)
  func stopsBehindLast(_ setup: EngineSetup) throws {
    var conditions = StopConditions()
    conditions.addresses = [0]
    for version in Versions.all {
      let machine = try Self.wrapping(version).machine(setup, oracle: NoPreimages())
      for round in 0..<20 as Range<UInt64> {
        let reason = try machine.run(
          until: 1000, stoppingFor: conditions, skipsFirst: round > 0)
        #expect(reason == .address)
        #expect(try machine.thread().pc == 0)
        #expect(machine.step == 2 + 3 * round)
      }
    }
  }

  @Test(
    "The page of one is no stack's from the moment that its block has the slot",
    arguments: EngineSetup.allCases)
  func onStack(_ setup: EngineSetup) throws {
    // The start of each round, the code that stores to its frame, what comes behind that, and the stack pointers of all
    // rounds.
    let (head, store, next, table): (UInt64, UInt64, UInt64, UInt64) = (
      0x1000, 0x1100, 0x1200, 0x5000
    )
    func move(_ source: UInt32, to target: UInt32) -> UInt32 {
      Assembly.special(0x2D, rs: source, rd: target)
    }
    var image = MachineImage(
      .v8, code: [move(5, to: 29), Assembly.special(8, rs: 6), Self.nop], at: head)
    // The stack pointer becomes a frame's in the block that reaches into the page of the frame.
    image.write(words: [move(4, to: 29), Assembly.jump(2, to: store)], at: Self.function)
    image.write(
      words: [
        Assembly.immediate(0x2B, rs: 29, rt: 12, 0), Assembly.special(0x26, rs: 12, rt: 13, rd: 12),
        Assembly.jump(2, to: next), Self.nop,
      ], at: store)
    image.write(
      words: [
        Assembly.immediate(0x37, rs: 20, rt: 4, 0), Assembly.immediate(0x37, rs: 20, rt: 5, 8),
        Assembly.jump(2, to: head), Assembly.immediate(0x19, rs: 20, rt: 20, 16),
      ], at: next)
    // First the slot's page doesn't exist. A store makes it, and others find it to be a stack's. Then the block is
    // entered with a stack pointer that is no frame's.
    let stack: UInt64 = 0x4100
    let rows: [(frame: UInt64, before: UInt64)] =
      [(stack, stack), (Self.slot + 0x100, stack), (Self.slot, stack)]
      + Array(repeating: (Self.slot, 1), count: 20)
    for (index, row) in rows.enumerated() {
      for (offset, value) in [(0, row.frame), (8, row.before)] as [(UInt64, UInt64)] {
        image.write(
          words: [0, UInt32(value)], at: table + 16 * UInt64(index) + offset)
      }
    }
    image.write([1], at: stack)
    (image[register: 6], image[register: 20]) = (Self.function, table)
    (image[register: 4], image[register: 5]) = (stack, stack)
    image[register: 12] = UInt64(Self.add(1, to: 9))
    image[register: 13] = UInt64(Self.add(1, to: 9) ^ Self.add(3, to: 9))
    let machines = try LockStep(image, setup)
    _ = try machines.advance(14 * UInt64(rows.count))
    try machines.compareMemory()
    #expect(try machines.fast.register(9) > 20)
  }
}
