import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("What is known of a block's accesses")
struct AccessPlanTests {
  private static let stackPointer: UInt32 = 29
  private static let doubleLoad: UInt32 = 0x37
  private static let doubleStore: UInt32 = 0x3F
  private static let wordLoad: UInt32 = 0x23

  /// What a plan says of the operations of a block and of the neighbours among them.
  private struct Plan {
    let operations: [AccessPlan.Planned]
    let neighbours: [AccessPlan.Neighbours]
    let frame: FramePlan
  }

  /// Plans the block of some instructions.
  private static func plan(
    _ words: [UInt32], _ version: StateVersion = .v8
  ) throws -> Plan {
    let image = MachineImage(version, code: words + [Assembly.stop])
    let memory = try image.memory()
    var decoder = BlockDecoder(rules: version.newestRevision.rules, stopRange: nil)
    let isDecoded = decoder.decode(at: 0x1000, page: memory.page(1))
    try #require(isDecoded)
    try #require(decoder.block.operations.count == words.count)
    var plan = AccessPlan(version.wordSize, margin: 1 << 15)
    withExtendedLifetime(decoder) { plan.make(for: decoder.block) }
    return Plan(
      operations: words.indices.map { plan.operations[$0] },
      neighbours: (0..<plan.neighbourCount).map { plan.neighbours[$0] }, frame: plan.frame)
  }

  private static func load(_ base: UInt32, _ offset: Int, to target: UInt32 = 2) -> UInt32 {
    Assembly.immediate(doubleLoad, rs: base, rt: target, offset)
  }

  private static func store(_ base: UInt32, _ offset: Int) -> UInt32 {
    Assembly.immediate(doubleStore, rs: base, rt: 2, offset)
  }

  private static func move(_ distance: Int) -> UInt32 {
    Assembly.immediate(0x19, rs: 29, rt: 29, distance)
  }

  @Test(
    "Unaligned values are planned as their bytes are: in the frame, with neighbours, or by themselves"
  )
  func unaligned() throws {
    func values(_ base: UInt32, _ offset: Int, _ register: UInt32 = 2, isStore: Bool = true)
      -> [UInt32]
    {
      [
        Assembly.immediate(isStore ? 0x2C : 0x1A, rs: base, rt: register, offset),
        Assembly.immediate(isStore ? 0x2D : 0x1B, rs: base, rt: register, offset + 7),
      ]
    }
    let frame = Int(StackRange.frame)
    let inFrame = try Self.plan(values(29, 3) + [Self.move(0)] + values(29, frame - 8))
    #expect([0, 3].map { inFrame.operations[$0].access } == [.framed, .framed])
    #expect(inFrame.frame.check == nil)
    // The last byte is behind what needs no check.
    let reaching = try Self.plan(values(29, frame - 7))
    #expect(reaching.frame.check == FramePlan.Check(index: 0, distance: 8))
    let neighbours = try Self.plan(values(4, 3) + [Assembly.special(0x10, rd: 3)] + values(4, 21))
    #expect(neighbours.operations[0].check == 0 && neighbours.operations[0].access == .covered(0))
    #expect(neighbours.operations[3].access == .covered(0))
    #expect(neighbours.neighbours[0].stored == 3...28)
    #expect(neighbours.neighbours[0].low == 3 && neighbours.neighbours[0].high == 28)
    #expect(neighbours.neighbours[0].alignment == 1)
    let alone = try Self.plan(values(4, 3))
    #expect(alone.operations[0].access == .own && alone.operations[0].check == nil)
    // The check of the frame comes before the stack pointer is another.
    let changed = try Self.plan(
      [Assembly.special(0x25, rs: 29, rd: 5)] + values(4, 1, 29, isStore: false)
        + [Self.store(5, -0x100), Self.store(5, -0xF8)])
    #expect(changed.frame.check == FramePlan.Check(index: 1, distance: -0x100))
    #expect(!changed.frame.isKept)
  }

  @Test(
    "Accesses to the frame need no check, alone or together, in whatever register its address is")
  func frame() throws {
    let (last, reach) = (Int(StackRange.frame) - 8, Int(StackRange.reach))
    let plan = try Self.plan([
      Self.store(29, 0), Self.store(29, last), Assembly.immediate(0x19, rs: 29, rt: 4, 16),
      Self.store(4, last - 16), Self.load(4, -24), Self.load(29, 4, to: 3), Self.load(29, last + 8),
      Self.load(4, reach - 24), Self.load(29, reach),
    ])
    #expect(
      plan.operations.map(\.access) == [
        .framed, .framed, .own, .framed, .own, .own, .framed, .framed, .own,
      ])
    #expect(plan.frame.check == nil && plan.frame.isKept)
  }

  @Test("A move of the stack pointer is checked before the first access, and opens what is between")
  func move() throws {
    let last = Int(StackRange.frame) - 8
    for words in [
      [Self.store(29, -64), Self.move(-64), Self.store(29, 64 + last), Self.store(29, 72 + last)],
      [Self.store(29, -64), Self.store(29, last), Self.store(29, last + 8), Self.move(-64)],
    ] {
      let plan = try Self.plan(words)
      #expect(plan.frame.check == FramePlan.Check(index: 0, distance: -64))
      #expect(plan.operations.count { $0.access == .framed } == 2)
      #expect(plan.frame.isKept)
    }
    let plan = try Self.plan([
      Self.load(4, 0), Self.load(29, 0), Self.move(64), Self.store(29, last), Self.store(29, -72),
    ])
    #expect(plan.frame.check == FramePlan.Check(index: 1, distance: 64))
    #expect(plan.operations.map(\.access) == [.own, .framed, .own, .framed, .own])
  }

  @Test("A stack pointer that comes back is where it was, and one that is loaded is not known")
  func moves() throws {
    var plan = try Self.plan([Self.move(-64), Self.store(29, 64), Self.move(64)])
    #expect(plan.frame.check == nil && plan.frame.isKept)
    #expect(plan.operations[1].access == .framed)
    plan = try Self.plan([Self.store(29, 8), Self.load(29, 0, to: 29), Self.store(29, 8)])
    #expect(plan.frame.check == nil && !plan.frame.isKept)
    #expect(plan.operations.map(\.access) == [.framed, .framed, .own])
    plan = try Self.plan([Self.move(-4096), Self.store(29, 0)])
    #expect(plan.frame.check == nil && !plan.frame.isKept)
    #expect(plan.operations[1].access == .own)
  }

  @Test("Several accesses beside the frame's bytes are worth a check, on one side")
  func beside() throws {
    var plan = try Self.plan([Self.store(29, 0x200), Self.store(29, 8), Self.load(29, -8)])
    let above = 0x208 - Int32(StackRange.frame)
    #expect(plan.frame.check == FramePlan.Check(index: 0, distance: above))
    #expect(plan.operations.map(\.access) == [.framed, .framed, .own])
    plan = try Self.plan([
      Self.load(29, 0x200), Self.store(29, -60), Assembly.immediate(0x2B, rs: 29, rt: 2, -60),
    ])
    #expect(plan.frame.check == FramePlan.Check(index: 0, distance: -64))
    #expect(plan.operations.map(\.access) == [.framed, .own, .framed])
    plan = try Self.plan([Self.load(29, 0x500), Self.load(29, 0)])
    #expect(plan.frame.check == nil)
    #expect(plan.operations.map(\.access) == [.own, .framed])
  }

  @Test("A register that is a constant more than another has the same neighbours")
  func alias() throws {
    let plan = try Self.plan([
      Self.load(4, 0, to: 3), Assembly.immediate(0x19, rs: 4, rt: 5, 16), Self.store(5, -8),
      Assembly.special(0x25, rs: 5, rd: 6), Self.store(6, 8),
    ])
    #expect(plan.operations.map(\.access) == [.covered(0), .own, .covered(0), .own, .covered(0)])
    #expect(plan.neighbours[0].low == 0)
    #expect(plan.neighbours[0].high == 31)
    #expect(plan.neighbours[0].stored == 8...31)
  }

  @Test("A register with a new value has no neighbours from before")
  func newValue() throws {
    let plan = try Self.plan([
      Self.store(4, 0), Self.store(4, 8), Self.load(4, 0, to: 4), Self.store(4, 8),
    ])
    #expect(plan.operations.map(\.access) == [.covered(0), .covered(0), .covered(0), .own])
  }

  @Test("ll begins anew, since it makes its page less writable")
  func loadLinked() throws {
    let plan = try Self.plan([
      Self.store(4, 0), Self.store(4, 8), Assembly.immediate(0x34, rs: 4, rt: 3, 0),
      Self.store(4, 16), Self.store(4, 24),
    ])
    #expect(
      plan.operations.map(\.access) == [.covered(0), .covered(0), .own, .covered(1), .covered(1)])
  }

  @Test("Accesses that are too far, or not at multiples of their sizes, check themselves")
  func others() throws {
    let plan = try Self.plan([
      Self.store(4, 0), Self.store(4, 8), Self.store(4, 4092), Self.store(4, 12),
      Assembly.immediate(Self.wordLoad, rs: 4, rt: 3, 12),
    ])
    #expect(plan.operations.map(\.access) == [.covered(0), .covered(0), .own, .own, .covered(0)])
  }

  @Test("A single load is not worth a check")
  func single() throws {
    let plan = try Self.plan([Self.load(4, 0)])
    #expect(plan.operations.map(\.access) == [.own])
    #expect(plan.operations.map(\.check) == [nil])
  }

  @Test("Constants are followed through additions")
  func constants() throws {
    let plan = try Self.plan([
      Assembly.immediate(0x0F, rt: 3, 0x12), Assembly.immediate(0x19, rs: 3, rt: 3, -16),
      Self.load(3, 8),
    ])
    #expect(plan.operations.map(\.constant) == [0x12_0000, 0x11_FFF0, nil])
    #expect(plan.operations[2].access == .constant(0x11_FFF8))
  }

  @Test(
    "In 32 bits no register is taken for a constant more than another but the stack pointer, once")
  func narrow() throws {
    func load(_ base: UInt32) -> UInt32 { Assembly.immediate(0x23, rs: base, rt: 2, 0) }
    func add(_ distance: Int, to target: UInt32, from source: UInt32 = 29) -> UInt32 {
      Assembly.immediate(9, rs: source, rt: target, distance)
    }
    var plan = try Self.plan([load(4), add(16, to: 5, from: 4), load(5)], .v5)
    #expect(plan.operations.map(\.access) == [.own, .own, .own])
    plan = try Self.plan([load(29), add(16, to: 5), load(5)], .v5)
    #expect(plan.operations.map(\.access) == [.framed, .own, .own])
    plan = try Self.plan([load(29), add(16, to: 29), load(29)], .v5)
    #expect(plan.operations.map(\.access) == [.framed, .own, .framed])
    #expect(plan.frame.check == FramePlan.Check(index: 0, distance: 16))
    // What a check at the end looks at says nothing of what was between.
    for words in [
      [add(16, to: 29), load(29), add(-16, to: 29)], [add(0x7000, to: 29), load(29), load(29)],
    ] {
      plan = try Self.plan(words, .v5)
      #expect(plan.operations.map(\.access) == [.own, .own, .own])
      #expect(!plan.frame.isKept && plan.frame.check == nil)
    }
  }
}
