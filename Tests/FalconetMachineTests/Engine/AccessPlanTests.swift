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
    plan.make(for: decoder.block)
    return Plan(
      operations: words.indices.map { plan.operations[$0] },
      neighbours: (0..<plan.neighbourCount).map { plan.neighbours[$0] })
  }

  private static func load(_ base: UInt32, _ offset: Int, to target: UInt32 = 2) -> UInt32 {
    Assembly.immediate(doubleLoad, rs: base, rt: target, offset)
  }

  private static func store(_ base: UInt32, _ offset: Int) -> UInt32 {
    Assembly.immediate(doubleStore, rs: base, rt: 2, offset)
  }

  @Test("Accesses to one frame share one check, before the first of them")
  func frame() throws {
    let plan = try Self.plan([
      Assembly.immediate(0x19, rs: 29, rt: 29, -64), Self.store(29, 8), Self.load(29, 40),
      Self.load(29, 16),
    ])
    #expect(plan.operations.map(\.access) == [.own, .covered(0), .covered(0), .covered(0)])
    #expect(plan.operations.map(\.check) == [nil, 0, nil, nil])
    let frame = plan.neighbours[0]
    #expect(frame.isStack && frame.register == 29 && frame.distance == -64)
    #expect(frame.low - frame.distance == 8)
    #expect(frame.high - frame.distance == 47)
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
    #expect(!plan.neighbours[0].isStack)
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
      Self.store(29, 0), Self.store(29, 8), Assembly.immediate(0x34, rs: 29, rt: 3, 0),
      Self.store(29, 16), Self.store(29, 24),
    ])
    #expect(
      plan.operations.map(\.access) == [.covered(0), .covered(0), .own, .covered(1), .covered(1)])
    // The range of the stack may move at one check alone.
    #expect(plan.neighbours.map(\.isStack) == [true, false])
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
    let plan = try Self.plan([Self.load(4, 0), Self.load(29, 0)])
    #expect(plan.operations.map(\.access) == [.own, .own])
    #expect(plan.operations.map(\.check) == [nil, nil])
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

  @Test("In 32 bits no register is taken for a constant more than another")
  func narrow() throws {
    let words = [
      Assembly.immediate(0x23, rs: 29, rt: 2, 0), Assembly.immediate(9, rs: 29, rt: 29, 16),
      Assembly.immediate(0x23, rs: 29, rt: 2, 0),
    ]
    let plan = try Self.plan(words, .v5)
    #expect(plan.operations.map(\.access) == [.own, .own, .own])
  }
}
