import FalconetTestSupport
import Testing

@testable import FalconetMachine

/// Accesses to arrays on a stack in the window, by other registers than the stack pointer.
@Suite("Arrays on a stack in the window")
struct WindowArrayTests {
  private static let stack: UInt64 = 0x7FFF_FFFF_8000
  private static let rounds: UInt64 = 20_000

  private static func load(_ base: UInt32, _ offset: Int, to target: UInt32) -> UInt32 {
    Assembly.immediate(0x37, rs: base, rt: target, offset)
  }

  private static func store(_ base: UInt32, _ offset: Int, _ source: UInt32) -> UInt32 {
    Assembly.immediate(0x3F, rs: base, rt: source, offset)
  }

  /// Some instructions that are executed in every round whose number has none of some bits.
  private static func sometimes(_ bits: Int, _ words: [UInt32]) -> [UInt32] {
    [
      Assembly.immediate(0x0C, rs: 11, rt: 12, bits),
      Assembly.immediate(5, rs: 12, rt: 0, words.count + 1), Assembly.nop,
    ] + words
  }

  /// Register 4 is an array in the frame, 5 lies between its words, 10 goes through the window, 13 lies at its end.
  private static let program: [UInt32] = {
    var words = [
      store(29, 8, 16), load(29, 16, to: 17),
      store(4, 0, 16), load(4, 0, to: 17), store(4, 24, 17), load(4, 16, to: 18),
      Assembly.special(0x2D, rs: 16, rt: 18, rd: 16), load(5, 0, to: 19), store(5, 8, 19),
      Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop,
      // Alone in their blocks.
      load(4, 40, to: 20), Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop,
      store(4, 48, 20), Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop,
      store(10, 0, 16), Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop,
      load(10, -8, to: 21), Assembly.special(0x26, rs: 16, rt: 21, rd: 16),
      Assembly.immediate(0x19, rs: 10, rt: 10, 0x38),
      load(13, -8, to: 22), load(13, 0, to: 22), store(13, -16, 16),
      Assembly.immediate(0x19, rs: 16, rt: 16, 3),
    ]
    // A reserved word in the frame's page, and stores beside it.
    words += sometimes(
      15,
      [
        Assembly.immediate(0x34, rs: 29, rt: 23, 0x40), store(4, 32, 16),
        Assembly.immediate(0x3C, rs: 29, rt: 23, 0x40), store(4, 56, 23),
      ])
    // A system call that does nothing.
    words += sometimes(
      63, [Assembly.set(2, to: 5038), Assembly.syscall, store(4, 64, 7), load(4, 64, to: 24)])
    // Another frame.
    words += sometimes(255, [Assembly.immediate(0x19, rs: 29, rt: 29, -0x210)])
    words += [Assembly.immediate(0x19, rs: 11, rt: 11, -1)]
    return words + [
      Assembly.immediate(5, rs: 11, rt: 0, -(words.count + 1)), Assembly.nop, Assembly.stop,
    ]
  }()

  private static func machines(_ setup: EngineSetup, rounds: UInt64) throws -> LockStep {
    var image = MachineImage(.v8, code: program)
    for (register, value) in [
      (29, stack), (4, stack + 0x80), (5, stack + 0x104), (10, 0x7FFF_FF80_0000),
      (11, rounds), (13, UInt64(1) << 47), (16, 0x1234_5678_9ABC_DEF1),
    ] { image[register: register] = value }
    return try LockStep(image, setup)
  }

  @Test(
    "They are what the plain step makes of them, before code is written for them and after it",
    arguments: EngineSetup.allCases)
  func lockStep(_ setup: EngineSetup) throws {
    let machines = try Self.machines(setup, rounds: Self.rounds)
    var slice: UInt64 = 9_973
    // Ends with an instruction that fails.
    while try machines.advance(slice) == .stopped(.step) {
      slice += 1
      if slice % 16 == 0 { try machines.compareMemory() }
    }
    try machines.compareMemory()
    try machines.compareClaims()
    #expect(machines.plain.state.activeThread?.registers[11] == 0)
    if setup == .translator, let translator = machines.fast.blockEngine as? Translator {
      #expect(translator.emitter.checksRange == machines.fast.memory.hasReservedAddressSpace)
    }
  }

  @Test("Few of them do not change the code")
  func few() throws {
    let machines = try Self.machines(.translator, rounds: 1000)
    _ = try machines.advance(100_000)
    if let translator = machines.fast.blockEngine as? Translator {
      #expect(!translator.emitter.checksRange)
    }
  }

  /// All loads and stores of whole values.
  private static let accesses: [UInt32] = [
    0x20, 0x24, 0x21, 0x25, 0x23, 0x27, 0x37, 0x28, 0x29, 0x2B, 0x3F,
  ]

  @Test(
    "An address that was in the window when code was written for it may be anywhere",
    arguments: [EngineSetup.translator, .translatorWindow], [0, 8, -24])
  func elsewhere(_ setup: EngineSetup, _ offset: Int) throws {
    let array = Self.stack + 0x80
    // In the frame's page, between words, further away than the range, without a page, flat with and without one, at the
    // end of the flat part and of the window, and far.
    let others: [UInt64] = [
      array + 0x20, array + 1, array + 2, array + 4, Self.stack - 0x20_0000, Self.stack + 0x7000,
      0x8000, 0x8002, 0x9_0000, 1 << 40, (1 << 40) - 16, (1 << 47) - 8, 1 << 46, 0,
    ]
    for access in Self.accesses {
      for other in others {
        // Register 4 is one and the other by turns, 6 lies a constant from it, 8 is loaded.
        let words = [
          Assembly.special(0x2D, rs: 4, rt: 9, rd: 6),
          Assembly.immediate(access, rs: 6, rt: 8, offset),
          Assembly.special(0x26, rs: 16, rt: 8, rd: 16),
          Assembly.immediate(access, rs: 4, rt: 16, offset),
          Assembly.immediate(0x19, rs: 16, rt: 16, 0x1357), Self.load(4, offset & ~7, to: 10),
          Self.store(29, 16, 10), Assembly.special(0x26, rs: 4, rt: 7, rd: 4),
          Assembly.immediate(0x19, rs: 11, rt: 11, -1),
        ]
        var image = MachineImage(
          .v8,
          code: words + [
            Assembly.immediate(5, rs: 11, rt: 0, -(words.count + 1)), Assembly.nop, Assembly.stop,
          ])
        for (register, value) in [
          (29, Self.stack), (4, array), (7, other ^ array), (9, 0x40), (11, 100),
          (16, 0x89AB_CDEF_0123_4567),
        ] { image[register: register] = value }
        image.write([1], at: 0x8000)
        let machines = try LockStep(image, setup)
        var slice: UInt64 = 1
        while try machines.advance(slice) == .stopped(.step) { slice = (slice + 12) % 53 }
        try machines.compareMemory()
        try machines.compareClaims()
      }
    }
  }

  /// Register `pointer` points to an array when code is written, and to another place by turns with it.
  private static func alternating(
    _ body: [UInt32], by pointer: UInt32, from first: UInt64, to second: UInt64
  ) throws -> LockStep {
    let words = body + [Assembly.special(0x26, rs: pointer, rt: 7, rd: pointer)]
    var image = MachineImage(
      .v8,
      code: words + [
        Assembly.immediate(0x19, rs: 11, rt: 11, -1),
        Assembly.immediate(5, rs: 11, rt: 0, -(words.count + 2)), Assembly.nop, Assembly.stop,
      ])
    for (register, value) in [
      (29, stack), (Int(pointer), first), (7, first ^ second), (11, 40),
      (16, 0x89AB_CDEF_0123_4567),
    ] { image[register: register] = value }
    // Each value is another one, and negative.
    image.write((0..<16).map { 0xF0 + $0 }, at: second & ~7)
    return try LockStep(image, .translatorWindow)
  }

  private static func run(_ machines: LockStep) throws {
    var slice: UInt64 = 1
    while try machines.advance(slice) == .stopped(.step) {
      // After a claim, pages are not directly writable.
      try machines.compareClaims()
      slice = (slice + 12) % 53
    }
    try machines.compareMemory()
    try machines.compareClaims()
  }

  @Test(
    "Each access looks at its own size, in whatever register its address is",
    arguments: [1, 2, 4, 17])
  func sizes(_ pointer: UInt32) throws {
    let array = Self.stack + 0x100
    let others: [UInt64] = [
      array + 1, array + 2, array + 4, 0x8000, 0x8001, 0x8002, 0x8004, 0x1F00, 1 << 46,
    ]
    for access in Self.accesses {
      for other in others {
        let machines = try Self.alternating(
          [
            Assembly.immediate(access, rs: pointer, rt: 8),
            Assembly.immediate(0x19, rs: 8, rt: 8, 0x1357), Self.store(29, 8, 8),
            Assembly.special(0x26, rs: 16, rt: 8, rd: 16),
          ], by: pointer, from: array, to: other)
        try Self.run(machines)
      }
    }
  }

  @Test("A store of any size to a word that is reserved ends the reservation")
  func reservation() throws {
    let word = Self.stack + 0x40
    for access in Self.accesses {
      // At the word, and in the next one of its page.
      for other in [word, word + 8, 0x8000] {
        let machines = try Self.alternating(
          [
            Assembly.immediate(0x34, rs: 29, rt: 23, 0x40),
            Assembly.immediate(access, rs: 4, rt: 16),
            Assembly.immediate(0x3C, rs: 29, rt: 16, 0x40),
            Assembly.special(0x2D, rs: 16, rt: 17, rd: 17),
            Assembly.immediate(0x19, rs: 17, rt: 16, 0x1357),
          ], by: 4, from: word, to: other)
        try Self.run(machines)
      }
    }
  }

  @Test("Code for the window is written only if it was there when the code was written")
  func foresight() throws {
    let memory = try MachineImage(.v8).memory()
    guard memory.hasReservedAddressSpace else { return }
    let bank = RegisterBank()
    defer { bank.deallocate() }
    (bank[4], bank[5], bank[6], bank[7]) = (Self.stack, 0x8000, 8, Self.stack)
    let words = [
      Assembly.special(0x2D, rs: 6, rt: 4, rd: 8), Assembly.immediate(0x19, rs: 8, rt: 9, -16),
      Assembly.special(0x25, rs: 0, rt: 9, rd: 10), Assembly.special(0x2F, rs: 6, rt: 4, rd: 11),
      Assembly.special(0x2F, rs: 4, rt: 6, rd: 12), Self.load(4, 0, to: 4), Self.load(5, 0, to: 7),
      Assembly.special(0x2D, rs: 5, rt: 6, rd: 7), Assembly.stop,
    ]
    let code = try MachineImage(.v8, code: words).memory()
    var decoder = BlockDecoder(rules: StateVersion.v8.newestRevision.rules, stopRange: nil)
    let isDecoded = decoder.decode(at: 0x1000, page: code.page(1))
    try #require(isDecoded)
    let foresight = WindowForesight(bank, memory.space)
    foresight.look(at: decoder.block.operations)
    let last = words.count - 2
    #expect(
      [4, 5, 6, 7, 8].map { foresight.points($0, before: 0) } == [true, false, false, true, false])
    #expect(
      [4, 5, 7, 8, 9, 10, 11, 12].map { foresight.points($0, before: last) }
        == [true, false, true, true, true, true, false, true])
  }
}
