import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("clock_gettime and getrandom")
struct ClockTests {
  private static func clock(_ version: StateVersion) -> UInt64 { number(version, 4263, 5222) }

  private static func words(_ machine: Machine, at address: UInt64) -> [UInt64] {
    let size = machine.version.wordSize.bytes
    let bytes = machine.memory.bytes(at: address, count: 2 * size)
    return [bytes[..<size], bytes[size...]].map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
  }

  @Test(
    "The clock counts steps, the one being executed included",
    arguments: Versions.multiThreaded)
  func values(_ version: StateVersion) throws {
    let cases: [(clock: UInt64, step: UInt64, seconds: UInt64, nanoseconds: UInt64)] = [
      (1, 25_000_002, 2, 500_000_300), (1, 0, 0, 100), (1, 9_999_999, 1, 0),
      (0, 25_000_002, 0, 0),
    ]
    for test in cases {
      let word = UInt64(version.wordSize.bytes)
      for offset in [0, 1, word - 1] {
        var image = call(version, Self.clock(version), test.clock, 0x2000 + offset)
        image.state.scalars.step = test.step
        image.write([UInt8](repeating: 0xEE, count: 24), at: 0x2000)
        let machine = try execute(image)
        #expect(machine.state == image.answered(0))
        #expect(Self.words(machine, at: 0x2000) == [test.seconds, test.nanoseconds])
        #expect(machine.memory.bytes(at: 0x2000 + 2 * word, count: 1) == [0xEE])
      }
    }
  }

  @Test("Other clocks are refused, and nothing is written", arguments: Versions.multiThreaded)
  func otherClocks(_ version: StateVersion) throws {
    for clock in [2, 7, .max] as [UInt64] {
      let image = call(version, Self.clock(version), clock, 0x9_0000)
      let machine = try execute(image)
      #expect(machine.state == image.failed(22))
      #expect(machine.memory.pageIndices == [1])
    }
  }

  @Test(
    "Both words end a reservation, and wrap at the end of the address space",
    arguments: Versions.multiThreaded)
  func reservation(_ version: StateVersion) throws {
    let word = UInt64(version.wordSize.bytes)
    for (place, ends) in [(0x2000, true), (0x2000 + word, true), (0x2000 + 2 * word, false)] {
      var image = call(version, Self.clock(version), 1, 0x2000)
      image.state.scalars.reservation = Reservation(status: 1, address: place + 1, owner: 5)
      let reservation = try execute(image).state.scalars.reservation
      #expect((reservation == Reservation()) == ends)
    }
    let image = call(version, Self.clock(version), 1, .max)
    let pages = try execute(image).memory.pageIndices
    #expect(pages == [0, 1, version.wordSize.mask >> 12])
  }

  @Test("getrandom gives bytes of splitmix64 in their places")
  func random() throws {
    // splitmix64 of 42.
    let random: [UInt8] = [0xBD, 0xD7, 0x32, 0x26, 0x2F, 0xEB, 0x6E, 0x95]
    for start in 0..<8 as Range<UInt64> {
      for count in [0, 1, 5, 8, 100, .max] as [UInt64] {
        var image = call(.v8, 5313, 0x2000 + start, count)
        image.state.scalars.step = 41
        image.state.scalars.reservation = Reservation(status: 2, address: 0x2004, owner: 1)
        image.write([UInt8](repeating: 0xEE, count: 16), at: 0x2000)
        let size = min(count, 8 - start)
        let machine = try execute(image)
        var expected = image.answered(size)
        expected.scalars.reservation = Reservation()
        #expect(machine.state == expected)
        let bytes: [UInt8] = (0..<16).map {
          $0 >= start && $0 < start + size ? random[Int($0)] : 0xEE
        }
        #expect(machine.memory.bytes(at: 0x2000, count: 16) == bytes)
      }
    }
  }

  @Test("getrandom of no bytes writes the word back")
  func randomPage() throws {
    let image = call(.v8, 5313, 0x9_0000, 0)
    #expect(try execute(image).memory.pageIndices == [1, 0x90])
  }
}
