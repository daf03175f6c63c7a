import FalconetMachine
import FalconetTestSupport
import Keccak
import Testing

/// A guest that may have so many pages and no more.
@Suite("Limits of guests' memory")
struct PageLimitTests {
  /// A program that writes one page after the other, and the first address that it writes.
  private static func eater(_ version: StateVersion, from address: UInt64) -> MachineImage {
    let add: UInt32 = version.wordSize == .bits64 ? 0x19 : 0x09
    var image = MachineImage(
      version,
      code: [
        Assembly.immediate(0x2B, rs: 8, rt: 8), Assembly.immediate(add, rs: 8, rt: 8, 4096),
        Assembly.jump(2, to: 0x1000), Assembly.nop,
      ])
    image[register: 8] = address
    return image
  }

  /// Addresses in each kind of place that pages lie in.
  private static let places: [(StateVersion, UInt64)] = [
    (.v8, 0x1000_0000), (.v8, 0x1000_0000_0000), (.v8, 0x7FFF_FF00_0000),
    (.v8, 0xFFFF_0000_0000_0000), (.v2, 0x1000_0000), (.v2, 0x9000_0000),
  ]

  private static func failure(_ machine: Machine) -> (HostMemoryError, UInt64, UInt64)? {
    do throws(MachineError) {
      _ = try machine.run(until: 100_000)
    } catch {
      if case .memory(let error, let step, let pc) = error { return (error, step, pc) }
    }
    return nil
  }

  @Test(
    "Every engine stops before the step that would make a page too many, wherever the page lies",
    arguments: places, EngineKind.allCases)
  func engines(_ place: (StateVersion, UInt64), _ engine: EngineKind) throws {
    let image = Self.eater(place.0, from: place.1)
    let machine = try image.machine(engine)
    machine.pageLimit = 100
    let (error, step, pc) = try #require(Self.failure(machine))
    // The code's page is one of them; each of the others took a turn of four steps.
    #expect(step == 99 * 4 && pc == 0x1000)
    #expect(error.limit == 100 && error.pageCount == 100)
    #expect(error.address == (place.1 &+ 99 * 4096) & place.0.wordSize.mask)
    #expect(error.description.contains("100 pages (409600 bytes)"))
    #expect(machine.step == step && machine.memory.pageCount == 100)
    let plain = try image.machine(.step)
    _ = try plain.run(until: step)
    #expect(machine.claim() == plain.claim())

    // With a higher limit it goes on as if there had been none.
    machine.pageLimit = 200
    let (_, later, _) = try #require(Self.failure(machine))
    #expect(later == 199 * 4)
    _ = try plain.run(until: later)
    #expect(machine.claim() == plain.claim())
  }

  @Test("Proving is no way round, and a proof of the step before is whole")
  func proving() throws {
    let machine = try Self.eater(.v8, from: 0x1000_0000).machine(.translator)
    machine.pageLimit = 10
    _ = try machine.run(until: 9 * 4)
    let before = machine.claim()
    #expect(throws: MachineError.self) { try machine.prove() }
    #expect(machine.claim() == before && machine.step == 9 * 4)
    machine.pageLimit = 11
    #expect(try machine.prove()?.pre == before)
  }

  @Test("A state in memory can be gone back to at the limit, and views are no pages")
  func checkpoints() throws {
    let machine = try Self.eater(.v8, from: 0x1000_0000).machine(.translator)
    machine.pageLimit = 50
    _ = try machine.run(until: 40)
    let checkpoint = machine.checkpoint()
    let claim = machine.claim()
    for _ in 0..<3 {
      let failure = try #require(Self.failure(machine))
      #expect(failure.1 == 49 * 4)
      machine.restore(checkpoint)
      #expect(machine.claim() == claim && machine.memory.pageCount == 11)
    }
  }

  @Test("A pre-image is not read into a page too many")
  func preimages() throws {
    let data: [UInt8] = [1, 2, 3]
    let oracle = DictionaryOracleForOne(data)
    var image = MachineImage(
      .v8, code: [Assembly.syscall])
    image.state.scalars.preimageKey = oracle.key
    image[register: 2] = 5000
    image[register: 4] = 5
    image[register: 5] = 0x1000_0000
    image[register: 6] = 8
    let machine = try image.machine(EngineKind.translator, oracle: oracle)
    machine.pageLimit = 1
    #expect(try #require(Self.failure(machine)).1 == 0)
    #expect(machine.state.scalars == image.state.scalars)
    machine.pageLimit = 2
    _ = try machine.run(until: 1)
    #expect(machine.memory.loadWord(at: 0x1000_0000) == 3)
    _ = oracle
  }
}

/// One pre-image under one key.
private struct DictionaryOracleForOne: PreimageOracle {
  let key = Bytes32([2] + [UInt8](repeating: 7, count: 31)) ?? Bytes32()
  let data: [UInt8]

  init(_ data: [UInt8]) { self.data = data }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] { data }
  func hint(_ hint: [UInt8]) throws(PreimageError) {}
}
