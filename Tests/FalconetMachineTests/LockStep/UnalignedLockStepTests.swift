import FalconetMachine
import FalconetTestSupport
import Testing

/// Values at addresses that are no multiples of their size, by their two parts.
@Suite("Engines against the plain step: unaligned values")
struct UnalignedLockStepTests {
  private struct Pair {
    let left: UInt32
    let right: UInt32
    let size: Int
    let isStore: Bool
  }

  private static func pairs(_ version: StateVersion) -> [Pair] {
    let words = [
      Pair(left: 0x22, right: 0x26, size: 4, isStore: false),
      Pair(left: 0x2A, right: 0x2E, size: 4, isStore: true),
    ]
    guard version.wordSize == .bits64 else { return words }
    return words + [
      Pair(left: 0x1A, right: 0x1B, size: 8, isStore: false),
      Pair(left: 0x2C, right: 0x2D, size: 8, isStore: true),
    ]
  }

  /// Ends a block.
  private static let cut = [Assembly.immediate(4, 1), Assembly.nop]

  /// Each pair of parts by a register, with all distances from a multiple of 8, in both orders, alone and with others,
  /// and parts alone. Registers 20 to 22 sum up what they lead to.
  ///
  /// - Parameter shift: what is added to offsets.
  private static func program(
    _ version: StateVersion, base: UInt32, _ value: UInt32, shift: Int
  ) -> [UInt32] {
    let add: UInt32 = version.wordSize == .bits64 ? 0x2D : 0x21
    let sums = [
      Assembly.special(add, rs: value, rt: 20, rd: 20),
      Assembly.special(add, rs: 6, rt: 21, rd: 21),
    ]
    var words: [UInt32] = []
    for pair in pairs(version) {
      for offset in 0...7 {
        func part(_ isLeft: Bool, _ register: UInt32, _ more: Int = 0) -> UInt32 {
          Assembly.immediate(
            isLeft ? pair.left : pair.right, rs: base, rt: register,
            offset + shift + more + (isLeft ? 0 : pair.size - 1))
        }
        func whole(_ register: UInt32, _ more: Int = 0) -> [UInt32] {
          [part(true, register, more), part(false, register, more)]
        }
        // The upper half of a word's register is no sign.
        let noise = value == base ? [] : [Assembly.special(add, rs: 7, rt: 20, rd: value)]
        // Another number to store.
        if pair.isStore, value != base {
          words.append(Assembly.immediate(9, rs: 7, rt: value, offset))
        }
        for group in [
          whole(value), whole(value).reversed(), noise + [part(true, value)],
          noise + [part(false, value)],
          // The value that comes last is not the one whose second part does.
          [part(true, 6), part(true, value, 8), part(false, value, 8), part(false, 6)],
          // A computation in between that has no code of its own.
          [part(true, 6), Assembly.special2(0x20, rs: 7, rt: 10, rd: 10), part(true, value, 8)]
            + [part(false, value, 8), part(false, 6)],
          [part(true, 6, 16), part(false, 6, 16), part(false, value), part(true, value)],
          // Two groups that share a check.
          whole(6) + [Assembly.special(0x10, rd: 10)] + whole(value, 16),
          // At the end of what is known of a frame.
          whole(value, 56),
        ] { words += group + sums + cut }
        // A branch on what was compared in between.
        words += [
          part(true, value), Assembly.immediate(10, rs: 6, rt: 10, 0x77), part(false, value),
        ]
        words += [Assembly.immediate(5, rs: 10, rt: 0, 2), Assembly.nop]
        words += [Assembly.immediate(9, rs: 22, rt: 22, 1)]
      }
    }
    return words + [Assembly.stop]
  }

  private static func places(_ version: StateVersion) -> [UInt64] {
    let near: [UInt64] = [
      0x5020, 0x4FF8, 0x4FF0, 0x6FF8, 0x6FC0, 0x8FF8, 0, 0xFF8, 0xFFFF_FFFF_FFFF_FFF8,
    ]
    guard version.wordSize == .bits64 else {
      return near + [0x7FFF_FFF8, 0x8000_0000, 0xFFFF_FFF4]
    }
    return near + [
      (1 << 40) - 8, (1 << 44) - 8, 1 << 44, (1 << 44) + (1 << 40) - 8, 0x7FFF_FEFF_FFF8,
      0x7FFF_FF00_0000, 0x7FFF_FFFF_8FF8, 0x7FFF_FFFF_FFF8, 1 << 47, 1 << 63,
    ]
  }

  private static func image(
    _ version: StateVersion, _ words: [UInt32], base: UInt32, at place: UInt64,
    code: UInt64 = 0x1000
  ) -> MachineImage {
    var image = MachineImage(version, code: words, at: code)
    for register in 1..<32 {
      image[register: register] = 0xF1E2_D3C4_B5A6_9788 &* UInt64(register)
    }
    // A stack that is a frame's.
    image[register: 29] = 0xA000
    image[register: Int(base)] = place
    for page: UInt64 in [0x4000, 0x5000, 0x6000, 0x8000, 0x9000, 0xA000] {
      image.write((0..<128).map { UInt8($0) &* 77 | 1 }, at: page)
      image.write((0..<128).map { UInt8($0) &* 91 | 1 }, at: page + 4096 - 128)
    }
    // The first bytes behind each place, and nothing in some of the pages.
    image.write((0..<24).map { 0xF7 &- UInt8($0) &* 29 }, at: place & ~7)
    return image
  }

  /// Registers that the host has registers for, and others; one that is both address and value.
  private static let registers: [(base: UInt32, value: UInt32)] = [
    (4, 2), (8, 9), (4, 9), (8, 2), (8, 8), (4, 4), (29, 3), (8, 0),
  ]

  @Test(
    "At each distance from a multiple, across the ends of pages and of parts of memory",
    arguments: EngineSetup.allCases, Versions.all)
  func everywhere(_ setup: EngineSetup, _ version: StateVersion) throws {
    for (base, value) in Self.registers {
      for shift in [0, -48] {
        let words = Self.program(version, base: base, value, shift: shift)
        for place in Self.places(version) {
          var image = Self.image(version, words, base: base, at: place, code: 0xC000)
          image[register: Int(base)] = place &- UInt64(bitPattern: Int64(shift))
          do {
            try Self.compare(image, setup, isWhole: value != base)
          } catch {
            Issue.record(
              "registers \(base) and \(value), at \(String(place, radix: 16)) by \(shift): \(error)"
            )
          }
        }
      }
    }
  }

  private static func compare(_ image: MachineImage, _ setup: EngineSetup, isWhole: Bool) throws {
    let machines = try LockStep(image, setup)
    // The first stretches end between two parts.
    for steps: UInt64 in [1, 1, 2, 3, 5, 8, 13, 100] {
      guard try machines.advance(steps) == .stopped(.step) else { break }
      try machines.compareMemory()
    }
    while try machines.advance(971) == .stopped(.step), machines.plain.step < 10_000 {
      try machines.compareMemory()
    }
    try machines.compareMemory()
    try machines.compareClaims()
    #expect(machines.plain.step > 1000 || !isWhole)
  }

  /// A value that is stored to the same place again and again, 40 times, by default at the end of a page, with instructions
  /// before it and behind it.
  private static func repeated(
    _ version: StateVersion, before: [UInt32] = [], behind: [UInt32] = [], at place: UInt64 = 0x4FFE
  ) -> MachineImage {
    let pair = pairs(version)[version.wordSize == .bits64 ? 3 : 1]
    var words = before
    words += [
      Assembly.immediate(9, rs: 2, rt: 2, 0x123),
      Assembly.immediate(pair.left, rs: 4, rt: 2, 0),
      Assembly.immediate(pair.right, rs: 4, rt: 2, pair.size - 1),
    ]
    words += behind
    words += [
      Assembly.immediate(9, rs: 11, rt: 11, -1),
      Assembly.immediate(5, rs: 11, rt: 0, -words.count - 2), Assembly.nop, Assembly.stop,
    ]
    var image = image(version, words, base: 4, at: place)
    image[register: 11] = 40
    return image
  }

  @Test(
    "A store to two pages stops at the step that writes a watched byte of either",
    arguments: EngineSetup.allCases, Versions.all)
  func watches(_ setup: EngineSetup, _ version: StateVersion) throws {
    for address: UInt64 in [0x4FFE, 0x5000, 0x5004, 0x4FF0] {
      let machines = try LockStep(Self.repeated(version), setup)
      _ = try machines.advance(40)
      var conditions = StopConditions()
      conditions.writes = [WatchedRange(address, count: 1)]
      for turn in 0..<6 {
        let limit = machines.plain.step + 30
        let stop = try machines.fast.run(
          until: limit, stoppingFor: conditions, skipsFirst: turn > 0)
        let expected = try machines.plain.run(
          until: limit, stoppingFor: conditions, skipsFirst: turn > 0)
        #expect(stop == expected)
        #expect(machines.fast.state == machines.plain.state)
        try machines.compareMemory()
      }
    }
  }

  @Test(
    "A store to two pages ends the reservation of a word in either, and of no other",
    arguments: EngineSetup.allCases, Versions.all)
  func reservations(_ setup: EngineSetup, _ version: StateVersion) throws {
    for address: Int in [0x4FF0, 0x4FFC, 0x5000, 0x5004, 0x5008] {
      // Register 20 sums up how often `sc` succeeds.
      let image = Self.repeated(
        version, before: [Assembly.immediate(0x30, rs: 0, rt: 3, address)],
        behind: [
          Assembly.immediate(0x38, rs: 0, rt: 3, address),
          Assembly.special(0x21, rs: 3, rt: 20, rd: 20),
        ])
      let machines = try LockStep(image, setup)
      while try machines.advance(37) == .stopped(.step) { try machines.compareMemory() }
      try machines.compareClaims()
      #expect(machines.plain.state.activeThread?.registers[11] == 0)
    }
  }

  @Test(
    "A store that reaches into code changes it, and what reaches out of it too",
    arguments: EngineSetup.allCases, Versions.all)
  func code(_ setup: EngineSetup, _ version: StateVersion) throws {
    // The program, the first instruction of its page, and the last of a page that it executes.
    for place: UInt64 in [0xFFD, 0xFFE, 0x1FFB, 0x1FFE] {
      var image = Self.repeated(version, at: place)
      // Three bytes of an instruction that does nothing, and one before it.
      image[register: 2] = 0
      image.write(words: [Assembly.nop, Assembly.nop], at: 0x1FF8)
      let machines = try LockStep(image, setup)
      while try machines.advance(17) == .stopped(.step), machines.plain.step < 3000 {
        try machines.compareMemory()
      }
      try machines.compareMemory()
      try machines.compareClaims()
    }
  }

  @Test(
    "A stack pointer that is loaded by its parts says nothing of the one before",
    arguments: EngineSetup.allCases)
  func stackPointer(_ setup: EngineSetup) throws {
    // Far below the old stack pointer, in a page that does not exist.
    let far = [-2000, -1992, -1984, -1976].flatMap {
      [Assembly.immediate(0x3F, rs: 8, rt: 9, $0), Assembly.immediate(0x37, rs: 8, rt: 10, $0)]
    }
    let words =
      [
        Assembly.special(0x25, rs: 29, rd: 8), Assembly.immediate(0x1A, rs: 20, rt: 29, 0),
        Assembly.immediate(0x1B, rs: 20, rt: 29, 7),
      ] + far + [Assembly.immediate(0x3F, rs: 29, rt: 9, 8)] + Self.cut + [Assembly.stop]
    var image = MachineImage(.v8, code: words)
    image[register: 29] = 0x30_1000
    image[register: 20] = 0x40_0003
    image[register: 9] = 0x1234
    // The new one, 0x501000: all around it is there.
    image.write([0x50, 0x10, 0], at: 0x40_0008)
    for page: UInt64 in [0x30_1000, 0x50_0000, 0x50_1000] { image.write([1], at: page) }
    let machines = try LockStep(image, setup)
    _ = try machines.advance(100)
    try machines.compareMemory()
    try machines.compareClaims()
    #expect(machines.plain.state.activeThread?.registers[29] == 0x50_1000)
  }

  @Test(
    "On a stack in the window, once an engine has learned that a program has arrays there",
    arguments: EngineSetup.allCases)
  func window(_ setup: EngineSetup) throws {
    let pair = Self.pairs(.v8)
    var words: [UInt32] = []
    for offset in [1, 9, 0xFFB, 0x1FF9] {
      for pair in pair {
        words += [
          Assembly.immediate(pair.left, rs: 4, rt: 2, offset),
          Assembly.immediate(pair.right, rs: 4, rt: 2, offset + pair.size - 1),
        ]
        words += Self.cut
      }
    }
    // The word that is reserved lies in the page behind the values.
    words += [
      Assembly.immediate(0x34, rs: 4, rt: 3, 0x1010), Assembly.immediate(0x2C, rs: 4, rt: 2, 0xFC1),
      Assembly.immediate(0x2C, rs: 4, rt: 2, 0x1011), Assembly.immediate(0x2D, rs: 4, rt: 2, 0xFC8),
      Assembly.immediate(0x2D, rs: 4, rt: 2, 0x1018),
      Assembly.immediate(0x3C, rs: 4, rt: 3, 0x1010),
      Assembly.special(0x2D, rs: 3, rt: 20, rd: 20),
    ]
    words += Self.cut
    words += [
      Assembly.immediate(0x19, rs: 2, rt: 2, 0x4321), Assembly.immediate(9, rs: 11, rt: 11, -1),
    ]
    words += [
      Assembly.immediate(5, rs: 11, rt: 0, -words.count - 1), Assembly.nop, Assembly.stop,
    ]
    for end in [0x7FFF_FFFF_A000, UInt64(1) << 47] {
      var image = Self.image(.v8, words, base: 4, at: end - 0x2000)
      image[register: 29] = end - 0x1840
      image[register: 11] = 12_000
      let machines = try LockStep(image, setup)
      while try machines.advance(99_991) == .stopped(.step) { try machines.compareMemory() }
      try machines.compareClaims()
      #expect(machines.plain.state.activeThread?.registers[11] == 0)
    }
  }
}
