import FalconetCommands
import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Testing

@Suite("Stops at reads of pre-images")
struct PreimageStopTests {
  private func stop(
    _ flag: String? = nil, type: String? = nil, largerThan: UInt64 = 0
  ) throws -> PreimageStop? {
    try PreimageStop(flag: flag, type: type, largerThan: largerThan)
  }

  /// A read of a pre-image of 12 bytes whose key begins with `first`.
  private func read(_ first: UInt8..., offset: UInt64 = 0) throws -> PreimageRead {
    var key = Bytes32()
    for (index, byte) in first.enumerated() { key[index] = byte }
    var read = try Self.anyRead.get()
    read.key = key
    read.offset = offset
    return read
  }

  /// A read of 12 bytes, which only a machine makes.
  private static let anyRead = Result { () throws -> PreimageRead in
    let readPreimage = [
      Assembly.set(2, to: 5000), Assembly.set(4, to: 5), Assembly.set(5, to: 0x2000),
      Assembly.set(6, to: 8), Assembly.syscall,
    ]
    var image = MachineImage(.v8, code: readPreimage)
    image.state.scalars.preimageKey[0] = 1
    let key = image.state.scalars.preimageKey
    let oracle = DictionaryOracle([key: [UInt8](repeating: 1, count: 12)])
    let machine = try image.machine(oracle: oracle)
    _ = try machine.run(until: 5, stopAfterPreimageRead: true)
    return try #require(machine.lastPreimageRead)
  }

  @Test("Without a flag, or with empty ones, there is no stop")
  func none() throws {
    #expect(try stop() == nil)
    #expect(try stop("", type: "", largerThan: 0) == nil)
  }

  @Test(
    "A key's prefix, with 0x or not, a first digit of 0 left out or not",
    arguments: [
      ("02ab", [2, 0xAB]), ("0x02AB", [2, 0xAB]), ("2ab", [2, 0xAB]), ("0X2ab@0@0", [2, 0xAB]),
      ("2", [2]),
    ] as [(String, [UInt8])])
  func prefix(_ flag: String, _ bytes: [UInt8]) throws {
    #expect(try stop(flag)?.prefix == bytes)
  }

  @Test("Offset and step follow the key")
  func offsetAndStep() throws {
    let parsed = try #require(try stop("02@8@1000"))
    #expect(parsed.offset == 8)
    #expect(parsed.step == 1000)
    #expect(parsed.reason(for: try read(2, offset: 8), step: 1000) != nil)
    #expect(parsed.reason(for: try read(2, offset: 8), step: 1001) != nil)
    #expect(parsed.reason(for: try read(2, offset: 8), step: 999) == nil)
    #expect(parsed.reason(for: try read(2, offset: 0), step: 1000) == nil)
    #expect(parsed.reason(for: try read(3, offset: 8), step: 1000) == nil)
  }

  @Test(
    "What is no key prefix, offset or step is refused",
    arguments: [
      "0x", "@8", "xyz", "02@", "02@x", "02@-1", "02@+1", "02@0x8", "02@8@", "02@8@9@1", "02@ 8",
      "02@18446744073709551616", String(repeating: "0", count: 65),
    ])
  func refused(_ flag: String) {
    #expect(throws: UsageError.self) { try stop(flag) }
  }

  @Test("A whole key is a prefix")
  func wholeKey() throws {
    let key = try read(5, 6, 7).key
    #expect(try stop("\(key)")?.prefix == key.bytes)
  }

  @Test(
    "A type stands for the key's first byte, at offset 0",
    arguments: [
      ("local", 1), ("keccak", 2), ("sha256", 4), ("blob", 5), ("precompile", 6),
    ] as [(String, UInt8)])
  func type(_ name: String, _ first: UInt8) throws {
    let parsed = try #require(try stop(type: name))
    #expect(parsed.reason(for: try read(first), step: 0) != nil)
    #expect(parsed.reason(for: try read(first, offset: 8), step: 0) == nil)
    #expect(parsed.reason(for: try read(first + 10), step: 0) == nil)
  }

  @Test("Any read, at any offset")
  func any() throws {
    #expect(try stop(type: "any")?.reason(for: read(9, offset: 16), step: 3) != nil)
  }

  @Test("An unknown type is refused", arguments: ["Local", "keccak256", "all", " "])
  func unknownType(_ name: String) {
    #expect(throws: UsageError.self) { try stop(type: name) }
  }

  @Test("A key given as well, its type does not count")
  func both() throws {
    let parsed = try #require(try stop("04", type: "keccak"))
    #expect(parsed.reason(for: try read(2), step: 0) == nil)
    #expect(parsed.reason(for: try read(4), step: 0) != nil)
  }

  @Test("The length counts with its prefix")
  func size() throws {
    #expect(try stop(largerThan: 19)?.reason(for: read(9), step: 0) != nil)
    #expect(try stop(largerThan: 20)?.reason(for: read(9), step: 0) == nil)
    #expect(try stop("09", largerThan: 19)?.reason(for: read(9), step: 0) != nil)
  }

  @Test("With a key or a type and a size, both must hold, at any offset and step")
  func keyAndSize() throws {
    for (flag, type) in [("02@0@1000", nil), (nil, "keccak")] as [(String?, String?)] {
      let parsed = try #require(try stop(flag, type: type, largerThan: 19))
      let reason = parsed.reason(for: try read(2, offset: 8), step: 5)
      #expect(Set(try #require(reason).keys) == ["keyPrefix", "size", "min"])
      #expect(parsed.reason(for: try read(9), step: 2000) == nil)
      let larger = try #require(try stop(flag, type: type, largerThan: 20))
      #expect(larger.reason(for: try read(2), step: 2000) == nil)
    }
    // Any read stops, whatever its size.
    #expect(try stop(type: "any", largerThan: 20)?.reason(for: read(9), step: 0) != nil)
  }
}
