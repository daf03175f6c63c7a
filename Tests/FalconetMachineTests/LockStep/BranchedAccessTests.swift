import FalconetMachine
import FalconetTestSupport
import FalconetVectors
import Testing

/// Accesses in front of branches and behind them, which share no check.
@Suite("Accesses behind branches")
struct BranchedAccessTests {
  private static func load(_ base: UInt32, _ offset: Int, to target: UInt32 = 2) -> UInt32 {
    Assembly.immediate(0x37, rs: base, rt: target, offset)
  }

  private static func store(_ base: UInt32, _ offset: Int) -> UInt32 {
    Assembly.immediate(0x3F, rs: base, rt: 2, offset)
  }

  /// A branch if register 8 is zero, over some instructions, and its delay slot.
  private static func branch(over count: Int) -> [UInt32] {
    [Assembly.immediate(4, rs: 8, rt: 0, count + 1), Assembly.nop]
  }

  /// Machines with a number to store, registers, and three pages that have data.
  private static func machines(
    _ words: [UInt32], _ registers: [Int: UInt64], _ setup: EngineSetup
  ) throws -> LockStep {
    var image = MachineImage(.v8, code: words)
    image[register: 2] = 7
    image[register: 29] = 0x5000
    for (register, value) in registers { image[register: register] = value }
    for page: UInt64 in [0x3000, 0x4000, 0x5000] { image.write([1], at: page) }
    return try LockStep(image, setup)
  }

  /// Register 5 gets a value in the first block, by which and by register 4 the second one stores.
  private static func related(_ relation: UInt32, base: UInt32 = 4) -> [UInt32] {
    [load(7, 0, to: 3), relation] + branch(over: 20)
      + [load(7, 8, to: 3), store(base, 0), store(5, 0)]
  }

  private static let relations = [
    Assembly.immediate(0x19, rs: 4, rt: 5, 8), Assembly.special(0x25, rs: 4, rd: 5),
  ]

  @Test(
    "Registers that the first block relates are apart when the second is entered from elsewhere",
    arguments: EngineSetup.allCases, relations)
  func relationLockStep(_ setup: EngineSetup, _ relation: UInt32) throws {
    for base: UInt32 in [4, 29] {
      let relation = base == 29 ? relation & ~(0x1F << 21) | 29 << 21 : relation
      let words =
        Self.related(relation, base: base) + [
          // Register 9 counts; register 5 goes to a page that has no data, and back to the second block.
          Assembly.immediate(0x19, rs: 9, rt: 9, 1), Assembly.immediate(0x19, rs: 10, rt: 5, 0),
          Assembly.special(0x2D, rs: 10, rt: 11, rd: 10),
          Assembly.immediate(0x0B, rs: 9, rt: 12, 6),
          Assembly.immediate(5, rs: 12, rt: 0, -8), Assembly.nop, Assembly.stop,
        ]
      let machines = try Self.machines(
        words, [4: 0x3000, 7: 0x4000, 8: 1, 10: 0x6FF8, 11: 0x1000], setup)
      _ = try machines.advance(200)
      try machines.compareClaims()
      try machines.compareMemory()
      #expect(machines.plain.step > 40)
    }
  }

  /// Loads and stores by a register up to the largest displacement, alone and several together.
  private static func reaching(_ isWide: Bool) -> [UInt32] {
    let (load, store): (UInt32, UInt32) = isWide ? (0x37, 0x3F) : (0x23, 0x2B)
    let last = isWide ? 0x7FF8 : 0x7FFC
    func access(_ code: UInt32, _ target: UInt32, _ offset: Int) -> UInt32 {
      Assembly.immediate(code, rs: 4, rt: target, offset)
    }
    var words: [UInt32] = []
    for offset in [0, 8, 0x18, 0x1000, 0x7FE8, last] {
      words += [access(load, 3, offset), Assembly.special(0x21, rs: 3, rt: 2, rd: 2)]
      words += [Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop]
      words += [access(store, 2, offset)]
      words += [Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop]
    }
    words += [access(load, 3, 8), access(load, 5, 16), access(load, 6, last), access(load, 7, 0)]
    words += [Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop]
    words += [
      access(store, 3, 0), access(store, 5, 24), access(store, 6, 0x7F0), access(store, 7, last),
    ]
    words += [Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop]
    words += [access(load, 3, 0), access(0x20, 5, 3), access(0x25, 6, 6), access(0x2B, 6, 12)]
    // The next of the registers' values, 8 of them.
    words += [Assembly.immediate(isWide ? 0x19 : 9, rs: 9, rt: 9, 1)]
    words += [Assembly.special(isWide ? 0x2D : 0x21, rs: 4, rt: 11, rd: 4)]
    words += [Assembly.immediate(0x0B, rs: 9, rt: 12, 8)]
    return words + [
      Assembly.immediate(5, rs: 12, rt: 0, -(words.count + 4)), Assembly.nop, Assembly.stop,
    ]
  }

  @Test(
    "Displacements lead past the end of reserved memory, from below it and from misaligned addresses",
    arguments: EngineSetup.allCases, [StateVersion.v8, .v5])
  func margins(_ setup: EngineSetup, _ version: StateVersion) throws {
    let isWide = version.wordSize == .bits64
    let ends: [UInt64] = isWide ? [1 << 40, 1 << 44 + 1 << 40, 1 << 44, 0] : [1 << 31, 0]
    for end in ends {
      for (start, step) in [
        (end &- 0x1000, 0x400), (end &- 24, 8), (end &- 0x8008, 0x1000), (end &- 20, 5),
      ] {
        var image = MachineImage(version, code: Self.reaching(isWide))
        image[register: 2] = 3
        image[register: 4] = start & version.wordSize.mask
        image[register: 11] = UInt64(step)
        let machines = try LockStep(image, setup)
        do {
          _ = try machines.advance(1000)
          try machines.compareMemory()
          try machines.compareClaims()
        } catch { Issue.record("from \(start) by \(step): \(error)") }
        #expect(machines.plain.step > 190)
      }
    }
  }

  @Test(
    "A store behind a branch goes to a page that nothing was stored to; entered behind its check, it checks itself",
    arguments: EngineSetup.allCases)
  func lockStep(_ setup: EngineSetup) throws {
    // Twenty rounds: the branch is taken in some, the block behind it is entered from the end in others.
    let words: [UInt32] =
      [Self.load(4, 0, to: 3), Self.load(4, 8, to: 3), Self.load(4, 16, to: 3)]
      + Self.branch(over: 6)
      + [Self.store(29, 8), Self.store(29, 16)]
      + [Assembly.immediate(4, rs: 10, rt: 0, 3), Assembly.nop]
      + [Self.store(4, 24), Self.store(29, 24)]
      // Register 8 counts modulo 2, 9 the rounds, 10 is set in the last quarter.
      + [
        Assembly.immediate(0x0E, rs: 8, rt: 8, 1), Assembly.immediate(0x19, rs: 9, rt: 9, 1),
        Assembly.immediate(0x0B, rs: 9, rt: 11, 15), Assembly.immediate(0x0E, rs: 11, rt: 10, 1),
        Assembly.immediate(0x0B, rs: 9, rt: 12, 20), Assembly.immediate(0x0C, rs: 9, rt: 13, 4),
        // In some rounds back to the stores, with another stack.
        Assembly.immediate(5, rs: 13, rt: 0, -13), Assembly.immediate(0x19, rs: 29, rt: 29, 8),
        Assembly.immediate(5, rs: 12, rt: 0, -20), Assembly.nop, Assembly.stop,
      ]
    let machines = try Self.machines(words, [4: 0x3FE0], setup)
    _ = try machines.advance(600)
    try machines.compareClaims()
    #expect(machines.plain.step > 300)
  }
}
