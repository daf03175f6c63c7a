import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("Code of pages that are overwritten")
struct ForgottenCodeTests {
  private static let page: UInt64 = 0x2000

  /// Adds a number to register 8, time and again.
  private static func loop(adding value: Int) -> [UInt32] {
    [Assembly.immediate(9, rs: 8, rt: 8, value), Assembly.jump(2, to: page), Assembly.nop]
  }

  /// With a stack pointer that is a frame's, or none.
  private static func image(hasFrame: Bool) -> MachineImage {
    var image = MachineImage(.v8, code: loop(adding: 1), at: page)
    image[register: 29] = hasFrame ? 0x9_0000 : 0x9_0001
    image.write([1], at: 0x9_0000)
    return image
  }

  private static func write(_ words: [UInt32], to machine: Machine, at address: UInt64) throws {
    try words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
      .withUnsafeBytes { try machine.memory.write($0, at: address) }
  }

  /// Enters a place with a budget, and says how much register 8 grew, and how the run ended.
  private static func enter(_ place: Int, _ form: BlockForm, _ engine: any BlockEngine)
    -> [UInt64]
  {
    engine.bank[8] = 0
    engine.enter(place, form, budget: 6)
    return [8, RegisterBank.reason, RegisterBank.end, RegisterBank.budget].map { engine.bank[$0] }
  }

  private static let forms: [(EngineSetup, BlockForm)] = [
    (.translator, .usual), (.translator, .checked), (.portable, .usual), (.portableSwitch, .usual),
  ]

  @Test("Whoever goes to a block of any age comes to the newest", arguments: forms)
  func ages(_ setup: EngineSetup, _ form: BlockForm) throws {
    let machine = try Self.image(hasFrame: form == .usual).machine(setup, oracle: NoPreimages())
    var places: [Int] = []
    for value in 1...6 {
      try Self.write(Self.loop(adding: value), to: machine, at: Self.page)
      _ = try machine.run(until: machine.step + 30)
      let engine = try #require(machine.blockEngine)
      let newest = try #require(engine.cache[Self.page, form])
      #expect(!places.contains(newest))
      let expected = [UInt64(2 * value), EngineExit.budget.rawValue, Self.page, 0]
      if form == .checked, let first = places.first {
        // The way is known once the run has found it.
        #expect(
          Self.enter(first, form, engine) == [0, EngineExit.checked.rawValue, Self.page, 6])
        #expect(Self.enter(newest, form, engine) == expected)
      }
      places.append(newest)
      for place in places { #expect(Self.enter(place, form, engine) == expected) }
    }
  }

  @Test("A block leads out as long as there is no other", arguments: forms)
  func none(_ setup: EngineSetup, _ form: BlockForm) throws {
    let machine = try Self.image(hasFrame: form == .usual).machine(setup, oracle: NoPreimages())
    var places: [Int] = []
    let exit = form == .usual ? EngineExit.unprepared : .checked
    for value in 1...3 {
      try Self.write(Self.loop(adding: value), to: machine, at: Self.page)
      _ = try machine.run(until: machine.step + 30)
      let engine = try #require(machine.blockEngine)
      places.append(try #require(engine.cache[Self.page, form]))
      try Self.write([Assembly.stop], to: machine, at: Self.page)
      #expect(throws: MachineError.self) { try machine.run(until: machine.step + 30) }
      #expect(engine.cache[Self.page, form] == nil)
      for place in places {
        // No block is entered because the one before asked for it.
        _ = engine.holdsFrame()
        #expect(Self.enter(place, form, engine) == [0, exit.rawValue, Self.page, 6])
      }
    }
  }

  @Test("Code of other pages stays", arguments: [EngineSetup.translator, .portable])
  func others(_ setup: EngineSetup) throws {
    let other: UInt64 = 0x5000
    var image = Self.image(hasFrame: true)
    image.write(
      words: [Assembly.jump(2, to: other), Assembly.immediate(9, rs: 8, rt: 8, 1)], at: Self.page)
    image.write(
      words: [Assembly.jump(2, to: Self.page), Assembly.immediate(9, rs: 9, rt: 9, 1)], at: other)
    let machine = try image.machine(setup, oracle: NoPreimages())
    _ = try machine.run(until: 100)
    let engine = try #require(machine.blockEngine)
    let before = [Self.page, other].map { engine.cache[$0, .usual] }
    try Self.write([0], to: machine, at: Self.page + 0x800)
    _ = try machine.run(until: 200)
    let after = [Self.page, other].map { engine.cache[$0, .usual] }
    #expect(before[0] != after[0])
    #expect(try #require(before[1]) == after[1])
    #expect(machine.state.activeThread?.registers[9] == 50)
  }

  @Test(
    "Code that is overwritten time and again takes no more memory than there is",
    arguments: [EngineSetup.translator, .portable])
  func memory(_ setup: EngineSetup) throws {
    // Calls a function twice, and overwrites a word of its page.
    var image = MachineImage(
      .v8,
      code: [
        Assembly.jump(3, to: Self.page), Assembly.nop, Assembly.jump(3, to: Self.page),
        Assembly.nop,
        Assembly.immediate(0x2B, rt: 8, Int(Self.page) + 0x800), Assembly.jump(2, to: 0x1000),
        Assembly.nop,
      ])
    let length = 220
    let addition = Assembly.immediate(9, rs: 8, rt: 8, 1)
    image.write(
      words: [UInt32](repeating: addition, count: length) + [
        Assembly.special(8, rs: 31), Assembly.nop,
      ], at: Self.page)
    let machine = try image.machine(setup, oracle: NoPreimages())
    let round = UInt64(2 * (length + 2) + 7)
    var used: [Int] = []
    for count in 1...20 as ClosedRange<UInt64> {
      _ = try machine.run(until: count * 2_000 * round)
      let engine = try #require(machine.blockEngine)
      used.append(
        (engine as? Translator)?.emitter.position ?? (engine as? PortableEngine)?.used ?? 0)
    }
    // Code was discarded in between, and only then.
    let falls = zip(used, used.dropFirst()).filter { $0 > $1 }.count
    #expect(falls > 0 && falls < 8)
  }
}
