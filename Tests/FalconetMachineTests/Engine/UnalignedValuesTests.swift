import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("Unaligned values, accessed by their parts")
struct UnalignedValuesTests {
  private static func left(_ register: UInt32, _ offset: Int, base: UInt32 = 4) -> UInt32 {
    Assembly.immediate(0x1A, rs: base, rt: register, offset)
  }

  private static func right(_ register: UInt32, _ offset: Int, base: UInt32 = 4) -> UInt32 {
    Assembly.immediate(0x1B, rs: base, rt: register, offset)
  }

  private static func storeLeft(_ register: UInt32, _ offset: Int) -> UInt32 {
    Assembly.immediate(0x2C, rs: 4, rt: register, offset)
  }

  private static func storeRight(_ register: UInt32, _ offset: Int) -> UInt32 {
    Assembly.immediate(0x2D, rs: 4, rt: register, offset)
  }

  private static func add(_ target: UInt32, _ source: UInt32) -> UInt32 {
    Assembly.immediate(0x19, rs: source, rt: target, 1)
  }

  private static func values(_ words: [UInt32]) throws -> UnalignedValues? {
    let memory = try MachineImage(.v8, code: words + [Assembly.stop]).memory()
    var decoder = BlockDecoder(rules: StateVersion.v8.newestRevision.rules, stopRange: nil)
    let isDecoded = decoder.decode(at: 0x1000, page: memory.page(1))
    try #require(isDecoded)
    try #require(decoder.block.operations.count == words.count)
    // The operations are in the decoder's memory.
    return withExtendedLifetime(decoder) { UnalignedValues(decoder.block.operations, at: 0) }
  }

  @Test("Both parts, in either order, make up a value")
  func pairs() throws {
    let pairs: [[UInt32]] = [
      [Self.left(2, 3), Self.right(2, 10)], [Self.right(2, 10), Self.left(2, 3)],
      [Self.storeLeft(2, 3), Self.storeRight(2, 10)],
      [Self.storeRight(2, 10), Self.storeLeft(2, 3)],
      [Self.storeLeft(4, 3), Self.storeRight(4, 10)],
      [Self.storeLeft(0, 3), Self.storeRight(0, 10)],
    ]
    for pair in pairs {
      let values = try #require(try Self.values(pair))
      #expect(values.indices == 0..<2 && values.base == 4)
      #expect(values.low == 3 && values.high == 10)
    }
    let word = [
      Assembly.immediate(0x22, rs: 4, rt: 2, -5), Assembly.immediate(0x26, rs: 4, rt: 2, -2),
    ]
    let values = try #require(try Self.values(word))
    #expect(values.low == -5 && values.high == -2 && !values.isStore)
  }

  @Test("Parts of several values may take turns, with computations in between")
  func several() throws {
    let loads = [
      Self.left(2, 3), Self.add(9, 8), Self.left(3, 11), Self.right(3, 18), Self.right(2, 10),
    ]
    #expect(try Self.values(loads)?.indices == 0..<5)
    #expect(
      try Self.values(loads + [Self.add(2, 2), Self.left(5, 20), Self.right(5, 27)])?.count == 5)
    // What is stored may be used.
    let stores = [
      Self.storeLeft(2, 0), Self.storeLeft(2, 8), Self.add(3, 2), Self.storeRight(2, 15),
      Self.storeRight(2, 7), Self.storeLeft(3, 0),
    ]
    let values = try #require(try Self.values(stores))
    #expect(values.count == 5 && values.low == 0 && values.high == 15 && values.isStore)
  }

  @Test(
    "The operations that access parts are those that the instruction table says",
    arguments: FalconetMachine.Operation.allCases)
  func operations(_ operation: FalconetMachine.Operation) {
    let isPart =
      switch operation.kind {
      case .load(let access), .store(let access): access.isPartial
      default: false
      }
    let decoded = DecodedOperation(
      operation: operation, destination: 2, first: 4, second: 2, immediate: 0)
    #expect(decoded.accessesPart == isPart)
  }

  @Test("Other operations in a row are none")
  func none() throws {
    let others: [[UInt32]] = [
      // A part alone, two of the same side, of other sizes, registers and places.
      [Self.left(2, 0)], [Self.left(2, 0), Self.left(2, 7)], [Self.left(2, 0), Self.right(2, 8)],
      [Self.left(2, 0), Self.right(3, 7)],
      [Self.left(2, 0), Self.right(2, 7, base: 5)],
      [Self.left(2, 0), Assembly.immediate(0x26, rs: 4, rt: 2, 3)],
      [Self.left(2, 0), Self.storeRight(2, 7)], [Self.left(2, 8), Self.right(2, 1)],
      // The first changes the address of the second.
      [Self.left(4, 0), Self.right(4, 7)],
      // What is in between changes the address, the value, or what the stack pointer's plan is made for, or needs a part
      // of the value.
      [Self.left(2, 0), Self.add(4, 4), Self.right(2, 7)],
      [Self.left(2, 0), Self.add(2, 3), Self.right(2, 7)],
      [Self.left(2, 0), Self.add(3, 2), Self.right(2, 7)],
      [Self.left(2, 0), Self.add(29, 3), Self.right(2, 7)],
      [Self.storeLeft(2, 0), Self.add(2, 3), Self.storeRight(2, 7)],
      [Self.left(2, 0), Assembly.immediate(0x37, rs: 5, rt: 3, 0), Self.right(2, 7)],
      // Two values go to one register, or overlap where the second is stored before the first is whole.
      [Self.left(2, 0), Self.left(2, 8), Self.right(2, 7), Self.right(2, 15)],
      [Self.storeLeft(2, 0), Self.storeLeft(3, 4), Self.storeRight(2, 7), Self.storeRight(3, 11)],
      // Further apart than a page.
      [
        Self.storeLeft(2, 0), Self.storeLeft(3, 4096), Self.storeRight(2, 7),
        Self.storeRight(3, 4103),
      ],
    ]
    for words in others { #expect(try Self.values(words) == nil, "\(words)") }
    // A value that is whole stands for itself, whatever follows.
    #expect(try Self.values([Self.left(2, 0), Self.right(2, 7), Self.left(2, 8)])?.count == 2)
  }
}
