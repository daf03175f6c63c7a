import FalconetTestSupport
import Testing

@testable import FalconetMachine

@Suite("Places by guest address")
struct PlaceMapTests {
  @Test("An address has the number that it was given last, and others have none")
  func numbers() throws {
    var random = SeededGenerator(seed: 11)
    var map = try #require(PlaceMap())
    var expected: [UInt64: Int] = [:]
    let starts: [UInt64] = [0, 0x1000, 0xC0_0000_0000, 0xFFFF_FFFF_FFFF_F000]
    for _ in 0..<20_000 {
      let start = starts.randomElement(using: &random) ?? 0
      let address = start &+ UInt64.random(in: 0..<1024, using: &random) << 2
      let number =
        [0, -1, Int(Int32.max) - 1, Int(Int32.min)].randomElement(using: &random)
        .map { Bool.random(using: &random) ? $0 : Int.random(in: -999...999, using: &random) } ?? 0
      #expect(map.set(address, to: number) == expected[address])
      expected[address] = number
    }
    for start in starts {
      for place in 0..<1024 {
        let address = start &+ UInt64(place) << 2
        #expect(map[address] == expected[address])
      }
    }
    #expect(map[0x2000] == nil)
    map.removeAll()
    #expect(!map.isFull)
    for address in expected.keys { #expect(map[address] == nil) }
  }

  @Test("An address keeps a number of which the condition is not true")
  func kept() throws {
    var map = try #require(PlaceMap())
    #expect(map.set(0x1000, to: -5, if: { $0 < 0 }) == nil)
    #expect(map.set(0x1000, to: -6, if: { $0 < 0 }) == -5)
    #expect(map.set(0x1000, to: 7) == -6)
    #expect(map.set(0x1000, to: -8, if: { $0 < 0 }) == 7)
    #expect(map[0x1000] == 7)
    #expect(map[0x1004] == nil)
  }

  @Test(
    "The numbers of 0 and more are taken from the addresses of a page, and no others",
    arguments: [
      0, 1, UInt64.max >> 12,
    ])
  func taken(_ page: UInt64) throws {
    var map = try #require(PlaceMap())
    let start = page << 12
    let numbers: [(UInt64, Int)] = [
      (start, 0), (start + 4, -1), (start + 508, 7), (start + 512, 8), (start + 4092, 9),
    ]
    for (address, number) in numbers { _ = map.set(address, to: number) }
    for neighbour in [start &- 4, start &+ 4096] { _ = map.set(neighbour, to: 5) }
    let taken = map.takePlaces(ofPage: page)
    #expect(taken.map(\.address) == [start, start + 508, start + 512, start + 4092])
    #expect(taken.map(\.number) == [0, 7, 8, 9])
    for address in taken.map(\.address) { #expect(map[address] == nil) }
    #expect(map[start + 4] == -1)
    #expect(map[start &- 4] == 5 && map[start &+ 4096] == 5)
    #expect(map.takePlaces(ofPage: page).isEmpty)
  }

  @Test("The numbers of 0 and more are taken from some addresses, and from no others")
  func takenAlone() throws {
    var map = try #require(PlaceMap())
    let numbers: [(UInt64, Int)] = [
      (0x1000, 0), (0x1004, 1), (0x1008, -1), (0x5FFC, 7), (.max & ~3, 8),
    ]
    for (address, number) in numbers { _ = map.set(address, to: number) }
    let addresses: [UInt64] = [0x1000, 0x1008, 0x100C, 0x5FFC, 0x9_0000, .max & ~3]
    let taken = map.takePlaces(of: addresses)
    #expect(taken.map(\.address) == [0x1000, 0x5FFC, .max & ~3])
    #expect(taken.map(\.number) == [0, 7, 8])
    #expect(addresses.map { map[$0] } == [nil, -1, nil, nil, nil, nil])
    #expect(map[0x1004] == 1)
  }
}

@Suite("Code in more places than are known at a time")
struct WideCodeTests {
  /// A jump to the next place and an addition, in each of the places, 512 bytes apart; the last jump goes to where
  /// the program stops after two rounds.
  private static let count: UInt64 = 132_000
  private static let start: UInt64 = 0x100_0000

  @Test("All of it is executed", arguments: [EngineSetup.translator, .portable])
  func wide(_ setup: EngineSetup) throws {
    let end = Self.start + Self.count << 9
    // Counts down, and begins anew as long as that is not zero.
    let last: [UInt32] = [
      Assembly.immediate(0x19, rs: 9, rt: 9, -1), Assembly.immediate(0x05, rs: 9, 2),
      Assembly.nop, Assembly.stop, Assembly.jump(2, to: Self.start), Assembly.nop,
    ]
    var image = MachineImage(.v8, at: Self.start)
    image.write(words: last, at: end)
    image[register: 9] = 2
    let machine = try image.machine(setup, oracle: NoPreimages())
    for place in 0..<Self.count {
      let address = Self.start + place << 9
      let words = [Assembly.jump(2, to: address + 512), Assembly.immediate(0x19, rs: 8, rt: 8, 1)]
      try words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
        .withUnsafeBytes { try machine.memory.write($0, at: address) }
    }
    // Two rounds, with five instructions between them and three behind them: the next stops the program. The scheduler
    // takes a step after each 100,000.
    let instructions = 4 * Self.count + 8
    let steps = instructions + instructions / 100_000
    #expect(try machine.run(until: steps) == .step)
    let thread = machine.state.threads[top: machine.state.scalars.activeSide]
    #expect(thread.registers[8] == 2 * Self.count)
    #expect(thread.pc == end + 12)
  }
}
