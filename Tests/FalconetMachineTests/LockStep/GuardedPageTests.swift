import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Pages that are guarded while a block runs")
struct GuardedPageTests {
  @Test(
    "A store that ends a reservation guards page 0, and later stores to it are counted",
    arguments: EngineSetup.allCases)
  func firstPage(_ setup: EngineSetup) throws {
    let (reserved, first, value): (UInt32, UInt32, UInt32) = (16, 17, 9)
    func store(_ base: UInt32, _ offset: Int) -> UInt32 {
      Assembly.immediate(0x3F, rs: base, rt: value, offset)
    }
    var image = MachineImage(
      .v8,
      code: [
        Assembly.immediate(0x30, rs: reserved, rt: 8), store(reserved, 0x100), store(first, 0x100),
        Assembly.jump(2, to: 0x1018), Assembly.nop, Assembly.nop,
        // One check is for all stores to page 0, and comes before the reservation ends.
        store(first, 0), store(first, 8), store(reserved, 0), store(first, 0), store(first, 8),
        Assembly.stop,
      ])
    image[register: Int(reserved)] = 0x3000
    image[register: Int(value)] = 5
    for page: UInt64 in [0, 0x3000] { image.write([1], at: page) }
    let machines = try LockStep(image, setup)
    _ = try machines.advance(40)
    #expect(machines.plain.statistics.reservationsEnded == 2)
    try machines.compareClaims()
  }
}
