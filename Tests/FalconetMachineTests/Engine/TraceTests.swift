import FalconetTestSupport
import FalconetVectors
import Testing

@testable import FalconetMachine

extension Trace {
  /// The trace that some instructions begin, as long as blocks may join it.
  static func decoded(_ words: [UInt32], _ version: StateVersion = .v8) throws -> Trace {
    let image = MachineImage(version, code: words + [Assembly.stop])
    let memory = try image.memory()
    var decoder = BlockDecoder(rules: version.newestRevision.rules, stopRange: nil)
    let isDecoded = decoder.decode(at: 0x1000, page: memory.page(1))
    try #require(isDecoded)
    while let next = decoder.trace.next, !decoder.trace.leads(to: next),
      decoder.decodeNext(at: next, page: memory.page(1))
    {}
    return decoder.trace
  }
}

@Suite("Blocks that are executed one after the other")
struct TraceTests {
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

  private static func plan(_ trace: Trace) -> AccessPlan {
    var plan = AccessPlan(.bits64)
    plan.make(for: trace)
    return plan
  }

  @Test("A block behind a branch joins if it accesses memory by a register that one before does")
  func joins() throws {
    let words = [Self.load(4, 0)] + Self.branch(over: 20) + [Self.load(4, 8)]
    let trace = try Trace.decoded(words)
    #expect(trace.count == 2)
    #expect((0..<trace.count).map { trace[$0].pc } == [0x1000, 0x100C])
    #expect(trace.length == 4)
    let others = [Self.load(4, 0)] + Self.branch(over: 20) + [Self.load(5, 8)]
    #expect(try Trace.decoded(others).count == 1)
  }

  @Test("Nothing joins behind a branch back, a call or an indirect jump")
  func ends() throws {
    let back = [Assembly.immediate(4, rs: 8, rt: 0, -2), Assembly.nop]
    let call = [Assembly.jump(3, to: 0x1100), Assembly.nop]
    let indirect = [Assembly.special(8, rs: 9), Assembly.nop]
    for end in [back, call, indirect] {
      #expect(try Trace.decoded([Self.load(4, 0)] + end + [Self.load(4, 8)]).count == 1)
    }
  }

  @Test("A block that the trace branches to begins anew")
  func target() throws {
    let words =
      [Self.load(4, 0)] + Self.branch(over: 3) + [Self.load(4, 8)]
      + [Assembly.immediate(5, rs: 9, rt: 0, 40), Assembly.nop] + [Self.load(4, 16)]
    let trace = try Trace.decoded(words)
    #expect((0..<trace.count).map { trace[$0].pc } == [0x1000, 0x100C])
    #expect(trace.leads(to: 0x1018))
  }

  @Test("One check serves accesses of two blocks, the second of which relies on the first")
  func sharedCheck() throws {
    let trace = try Trace.decoded(
      [Self.store(29, 8)] + Self.branch(over: 20) + [Self.store(29, 16), Self.load(29, 24)])
    let plan = Self.plan(trace)
    #expect(plan.operations.map(\.access) == [.covered(0), .covered(0), .covered(0)])
    #expect(plan.operations.map(\.check) == [0, nil, nil])
    #expect(!plan.isEntry(at: 1))
    #expect(plan.isEntry(at: 0))
  }

  @Test("A store that may not be executed is checked in its own block, unless it is to the stack")
  func store() throws {
    let trace = try Trace.decoded(
      [Self.load(4, 0, to: 3), Self.load(4, 8, to: 3), Self.load(4, 16, to: 3)]
        + Self.branch(over: 20) + [Self.store(4, 24), Self.store(4, 32)])
    let plan = Self.plan(trace)
    #expect(
      plan.operations.map(\.access)
        == [.covered(0), .covered(0), .covered(0), .covered(1), .covered(1)])
    #expect(plan.operations.map(\.check) == [0, nil, nil, 1, nil])
    #expect(plan.neighbours[0].stored == nil)
    #expect(plan.isEntry(at: 3))
  }

  @Test("What is constant in a block is not in the next, which may be entered from elsewhere")
  func constants() throws {
    let trace = try Trace.decoded(
      [Assembly.immediate(0x0F, rt: 3, 0x12), Self.load(3, 8)] + Self.branch(over: 20)
        + [Self.load(3, 16)])
    let plan = Self.plan(trace)
    #expect(plan.operations.map(\.access) == [.own, .constant(0x12_0008), .own])
    #expect(plan.isEntry(at: 2))
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
    "A block that relies on what two registers have in common is no entry", arguments: relations)
  func relation(_ relation: UInt32) throws {
    let trace = try Trace.decoded(Self.related(relation))
    let plan = Self.plan(trace)
    #expect(plan.operations.suffix(2).map(\.access) == [.covered(1), .covered(1)])
    #expect(!plan.isEntry(at: 2))
    // Register 5 alone, or after register 4 got another value, is like any other.
    let alone = try Trace.decoded(
      [Self.load(7, 0, to: 3), Assembly.immediate(0x19, rs: 5, rt: 5, 8)] + Self.branch(over: 20)
        + [Self.load(7, 8, to: 3), Self.store(5, 0), Self.store(5, 8)])
    #expect(Self.plan(alone).isEntry(at: 2))
    let both = try Trace.decoded(
      [Self.load(7, 0, to: 3), relation, Assembly.immediate(0x19, rs: 4, rt: 6, 16)]
        + [Self.load(7, 0, to: 4)] + Self.branch(over: 20)
        + [Self.load(7, 8, to: 3), Self.store(5, 0), Self.store(6, 0)])
    #expect(!Self.plan(both).isEntry(at: 4))
  }

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
      var image = MachineImage(.v8, code: words)
      image[register: 2] = 7
      image[register: 4] = 0x3000
      image[register: 7] = 0x4000
      image[register: 8] = 1
      image[register: 10] = 0x6FF8
      image[register: 11] = 0x1000
      image[register: 29] = 0x5000
      for page: UInt64 in [0x3000, 0x4000, 0x5000] { image.write([1], at: page) }
      let machines = try LockStep(image, setup)
      _ = try machines.advance(200)
      try machines.compareClaims()
      try machines.compareMemory()
      #expect(machines.plain.step > 40)
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
    var image = MachineImage(.v8, code: words)
    image[register: 2] = 7
    image[register: 4] = 0x3FE0
    image[register: 29] = 0x5000
    for page: UInt64 in [0x3000, 0x4000, 0x5000] { image.write([1], at: page) }
    let machines = try LockStep(image, setup)
    _ = try machines.advance(600)
    try machines.compareClaims()
    #expect(machines.plain.step > 300)
  }
}
