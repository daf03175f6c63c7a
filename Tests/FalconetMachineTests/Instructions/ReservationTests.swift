import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("ll, sc, lld and scd")
struct ReservationTests {
  private static let place: UInt64 = 0x2000
  private static func ll(_ offset: Int = 0, rt: UInt32 = 9) -> UInt32 {
    Assembly.immediate(0x30, rs: 8, rt: rt, offset)
  }
  private static func sc(_ offset: Int = 0, rt: UInt32 = 10) -> UInt32 {
    Assembly.immediate(0x38, rs: 8, rt: rt, offset)
  }
  private static func lld(_ offset: Int = 0) -> UInt32 {
    Assembly.immediate(0x34, rs: 8, rt: 9, offset)
  }
  private static func scd(_ offset: Int = 0) -> UInt32 {
    Assembly.immediate(0x3C, rs: 8, rt: 10, offset)
  }

  private static func image(_ version: StateVersion, _ code: [UInt32]) -> MachineImage {
    var image = MachineImage(version, code: code + [Assembly.stop])
    image.write(words: [0x8192_A3B4, 0xC5D6_E7F8], at: place)
    image[register: 8] = place
    image[register: 10] = 0x1122_3344
    image[register: 11] = place
    return image
  }

  @Test(
    "A single-threaded machine keeps no reservation, and always stores",
    arguments: Versions.singleThreaded)
  func singleThreaded(_ version: StateVersion) throws {
    let image = Self.image(version, [Self.sc(6), Self.ll(2)])
    let machine = try execute(image, steps: 2)
    #expect(try machine.register(10) == 1)
    #expect(try machine.register(9) == 0x8192_A3B4)
    #expect(machine.memory.bytes(at: Self.place + 4, count: 4) == [0x11, 0x22, 0x33, 0x44])
    #expect(machine.state.scalars.reservation == Reservation())
  }

  @Test("ll reserves the address as it stands, for the thread", arguments: Versions.multiThreaded)
  func reserves(_ version: StateVersion) throws {
    var image = Self.image(version, [Self.ll(3)])
    image.thread.id = 7
    let machine = try execute(image)
    let reservation = machine.state.scalars.reservation
    #expect(reservation == Reservation(status: 1, address: Self.place + 3, owner: 7))
    #expect(try machine.register(9) == extended(0x8192_A3B4, version))
  }

  @Test("sc after ll stores and ends the reservation", arguments: Versions.multiThreaded)
  func succeeds(_ version: StateVersion) throws {
    let machine = try execute(Self.image(version, [Self.ll(4), Self.sc(4)]), steps: 2)
    #expect(try machine.register(10) == 1)
    #expect(machine.memory.bytes(at: Self.place + 4, count: 4) == [0x11, 0x22, 0x33, 0x44])
    #expect(machine.state.scalars.reservation == Reservation())
  }

  @Test("sc elsewhere fails, and keeps the reservation", arguments: Versions.multiThreaded)
  func failsElsewhere(_ version: StateVersion) throws {
    // Another word, and the same word by another address.
    for offset in [4, 1] {
      let machine = try execute(Self.image(version, [Self.ll(), Self.sc(offset)]), steps: 2)
      #expect(try machine.register(10) == 0)
      #expect(machine.state.scalars.reservation.status == 1)
      #expect(machine.memory.bytes(at: Self.place, count: 2) == [0x81, 0x92])
      #expect(machine.memory.bytes(at: Self.place + 4, count: 2) == [0xC5, 0xD6])
    }
  }

  @Test("A failing sc makes no page", arguments: Versions.multiThreaded)
  func failingMakesNoPage(_ version: StateVersion) throws {
    var image = Self.image(version, [Self.sc()])
    image[register: 8] = 0x9_0000
    #expect(try execute(image).memory.pageIndices == [1, 2])
    image.state.scalars.reservation = Reservation(status: 1, address: 0x9_0000, owner: 0)
    #expect(try execute(image).memory.pageIndices == [1, 2, 0x90])
  }

  @Test(
    "sc fails for another thread, and for a reservation of another kind",
    arguments: Versions.multiThreaded)
  func failsForOthers(_ version: StateVersion) throws {
    let reservations = [
      Reservation(status: 1, address: Self.place, owner: 1),
      Reservation(status: 2, address: Self.place, owner: 0),
      Reservation(status: 0, address: Self.place, owner: 0),
      Reservation(status: 9, address: Self.place, owner: 0),
    ]
    for reservation in reservations {
      var image = Self.image(version, [Self.sc()])
      image.state.scalars.reservation = reservation
      let machine = try execute(image)
      #expect(try machine.register(10) == 0)
      #expect(machine.state.scalars.reservation == reservation)
    }
  }

  @Test("lld and scd are a pair of their own", arguments: Versions.bits64)
  func doublewords(_ version: StateVersion) throws {
    let pair = try execute(Self.image(version, [Self.lld(5), Self.scd(5)]), steps: 2)
    #expect(try pair.register(9) == 0x8192_A3B4_C5D6_E7F8)
    #expect(try pair.register(10) == 1)
    #expect(pair.memory.bytes(at: Self.place, count: 8) == [0, 0, 0, 0, 0x11, 0x22, 0x33, 0x44])
    for code in [[Self.lld(), Self.sc()], [Self.ll(), Self.scd()]] {
      let mixed = try execute(Self.image(version, code), steps: 2)
      #expect(try mixed.register(10) == 0)
    }
  }

  @Test("sc into register 0 stores zero", arguments: Versions.all)
  func registerZero(_ version: StateVersion) throws {
    let machine = try execute(Self.image(version, [Self.ll(), Self.sc(rt: 0)]), steps: 2)
    #expect(machine.memory.bytes(at: Self.place, count: 4) == [0, 0, 0, 0])
    #expect(try machine.register(0) == 0)
  }

  @Test(
    "A store to the reserved word ends the reservation, one elsewhere doesn't",
    arguments: Versions.multiThreaded)
  func interference(_ version: StateVersion) throws {
    let is64 = version.wordSize == .bits64
    for opcode in [0x28, 0x29, 0x2A, 0x2B, 0x2E] + (is64 ? [0x2C, 0x2D, 0x3F] : []) as [UInt32] {
      for (offset, ends) in [(0, true), (3, true), (4, is64), (7, is64), (8, false), (-1, false)] {
        let store = Assembly.immediate(opcode, rs: 11, rt: 12, offset)
        let machine = try execute(
          Self.image(version, [Self.ll(1), store, Self.sc(1)]), steps: 3)
        #expect(try machine.register(10) == (ends ? 0 : 1), "opcode \(opcode), \(offset)")
        #expect(machine.state.scalars.reservation == Reservation())
      }
    }
  }

  @Test("A reservation is kept through a switch of threads", arguments: Versions.multiThreaded)
  func threads(_ version: StateVersion) throws {
    // The other thread stores next to the word, or into it.
    for (offset, result) in [(8, 1), (0, 0)] {
      let yield: [UInt32] = [
        Assembly.set(2, to: version.wordSize == .bits32 ? 4162 : 5023), Assembly.syscall,
      ]
      var image = Self.image(version, [Self.ll()] + yield + [Self.sc()])
      var other = ThreadState(id: 1, version: version)
      other.pc = 0x1100
      other.nextPC = 0x1104
      other.registers[8] = Self.place
      image.state.threads.left.insert(other, at: 0)
      image.write(words: [Assembly.immediate(0x2B, rs: 8, offset)] + yield + yield, at: 0x1100)
      // The other one yields twice, since it is on top of the stack that it moved to.
      let machine = try execute(image, steps: 9)
      let thread = try #require(
        (machine.state.threads.left + machine.state.threads.right).first { $0.id == 0 })
      #expect(thread.registers[10] == UInt64(result))
    }
  }
}
