import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Keccak
import Testing

@Suite("Reading and writing file descriptors")
struct DescriptorTests {
  private static func read(_ version: StateVersion) -> UInt64 { number(version, 4003, 5000) }
  private static func write(_ version: StateVersion) -> UInt64 { number(version, 4004, 5001) }
  private static let place: UInt64 = 0x2000

  @Test("What each descriptor answers to read and write", arguments: Versions.all)
  func answers(_ version: StateVersion) throws {
    let hasEvents = Versions.numberInResult.contains(version)
    for descriptor in [0, 1, 2, 3, 4, 5, 6, 7, 99, 100, 101, .max] as [UInt64] {
      if descriptor != 5 {
        let image = call(version, Self.read(version), descriptor, Self.place, 3)
        let expected =
          switch descriptor {
          case 0: image.answered(0)
          case 3: image.answered(3)
          case 100 where hasEvents: image.failed(11)
          default: image.failed(9)
          }
        let machine = try execute(image)
        #expect(machine.state == expected, "read from \(descriptor)")
        #expect(machine.memory.pageIndices == [1])
      }
      if descriptor != 4, descriptor != 6 {
        let image = call(version, Self.write(version), descriptor, Self.place, 3)
        let expected =
          switch descriptor {
          case 1, 2: image.answered(3)
          case 100 where hasEvents: image.failed(11)
          default: image.failed(9)
          }
        #expect(try execute(image).state == expected, "write to \(descriptor)")
      }
    }
  }

  @Test("fcntl", arguments: Versions.all)
  func fcntl(_ version: StateVersion) throws {
    for descriptor in [0, 1, 2, 3, 4, 5, 6, 7, 100, .max] as [UInt64] {
      for command in [0, 1, 2, 3, 4, .max] as [UInt64] {
        let image = call(version, number(version, 4055, 5070), descriptor, command)
        let expected: MachineState
        switch (command, descriptor) {
        case (1, _) where version == .v0: expected = image.failed(22)
        case (1, 0...6): expected = image.answered(0)
        case (3, 0), (3, 3), (3, 5): expected = image.answered(0)
        case (3, 1), (3, 2), (3, 4), (3, 6): expected = image.answered(1)
        case (1, _), (3, _): expected = image.failed(9)
        default: expected = image.failed(22)
        }
        #expect(try execute(image).state == expected, "fcntl(\(descriptor), \(command))")
      }
    }
  }

  /// The key whose pre-image is 3 bytes: 11 with the length in front.
  private static func withPreimage(
    _ version: StateVersion, offset: UInt64, address: UInt64, count: UInt64
  ) -> (MachineImage, DictionaryOracle) {
    var oracle = DictionaryOracle()
    var image = call(version, read(version), 5, address, count)
    image.state.scalars.preimageKey = oracle.insert(keccak256: [0xA1, 0xA2, 0xA3])
    image.state.scalars.preimageOffset = offset
    image.write(Array(1...16), at: place)
    return (image, oracle)
  }

  @Test("A pre-image is read into one word at a time", arguments: Versions.all)
  func preimageParts(_ version: StateVersion) throws {
    let data: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 3, 0xA1, 0xA2, 0xA3]
    let word = UInt64(version.wordSize.bytes)
    for offset in 0..<11 as Range<UInt64> {
      for start in 0..<8 as Range<UInt64> {
        for count in [0, 1, 3, 8, 32, 100, .max] as [UInt64] {
          let (image, oracle) = Self.withPreimage(
            version, offset: offset, address: Self.place + start, count: count)
          let size = min(32, 11 - offset, word - start % word, count)
          let machine = try execute(image, oracle: oracle)
          var expected = image.answered(size)
          expected.scalars.preimageOffset = offset + size
          #expect(machine.state == expected)
          var bytes = Array(1...16) as [UInt8]
          for index in 0..<Int(size) { bytes[Int(start) + index] = data[Int(offset) + index] }
          #expect(machine.memory.bytes(at: Self.place, count: 16) == bytes)
        }
      }
    }
  }

  @Test("A read at the end of a pre-image is a panic, also of no bytes", arguments: Versions.all)
  func preimageEnd(_ version: StateVersion) throws {
    for offset in [11, 12, 1 << 31] as [UInt64] {
      let (image, oracle) = Self.withPreimage(
        version, offset: offset, address: Self.place, count: 0)
      let key = image.state.scalars.preimageKey
      #expect(try panic(image, oracle: oracle) == .preimageOffset(offset, length: 11, key: key))
    }
    // The key that was never written has an empty pre-image without a length.
    let image = call(version, Self.read(version), 5, Self.place, 4)
    #expect(try panic(image) == .preimageOffset(0, length: 0, key: Bytes32()))
  }

  @Test("A read of no bytes writes the word back, and makes its page", arguments: Versions.all)
  func emptyRead(_ version: StateVersion) throws {
    let (image, oracle) = Self.withPreimage(version, offset: 0, address: 0x9_0000, count: 0)
    #expect(try execute(image, oracle: oracle).memory.pageIndices == [1, 2, 0x90])
  }

  @Test("A missing pre-image is not the guest's fault", arguments: Versions.all)
  func missing(_ version: StateVersion) throws {
    let (image, _) = Self.withPreimage(version, offset: 0, address: Self.place, count: 4)
    let machine = try image.machine(oracle: DictionaryOracle())
    #expect {
      try machine.run(until: 1)
    } throws: { error in
      guard case .preimage(let error, step: 0, pc: 0x1000) = error as? MachineError else {
        return false
      }
      return error.kind == .missing && error.key == image.state.scalars.preimageKey
    }
    #expect(machine.state == image.state)
    #expect(machine.memory.bytes(at: Self.place, count: 8) == Array(1...8))
  }

  @Test("The key is shifted in from its end, up to the word's end", arguments: Versions.all)
  func keys(_ version: StateVersion) throws {
    let word = UInt64(version.wordSize.bytes)
    for start in 0..<8 as Range<UInt64> {
      for count in [0, 1, 4, 8, 40, .max] as [UInt64] {
        var image = call(version, Self.write(version), 6, Self.place + start, count)
        image.write(Array(1...16), at: Self.place)
        let key = Keccak256.hash([9])
        image.state.scalars.preimageKey = key
        image.state.scalars.preimageOffset = 5
        let size = min(count, word - start % word)
        var expected = image.answered(size)
        let added = (0..<UInt8(size)).map { UInt8(start) + 1 + $0 }
        expected.scalars.preimageKey = try #require(
          Bytes32(key.bytes.dropFirst(Int(size)) + added))
        expected.scalars.preimageOffset = 0
        #expect(try execute(image).state == expected)
      }
    }
  }

  @Test("Output is shown whole, in parts that end with pages", arguments: Versions.all)
  func output(_ version: StateVersion) throws {
    final class Parts { var parts: [(GuestStream, [UInt8])] = [] }
    for (descriptor, stream) in [(1, GuestStream.output), (2, .error)] as [(UInt64, GuestStream)] {
      var image = call(version, Self.write(version), descriptor, 0x2FFE, 6)
      image.write([1, 2], at: 0x2FFE)
      let machine = try image.machine()
      let parts = Parts()
      machine.onOutput = { parts.parts.append(($0, $1)) }
      _ = try machine.run(until: 1)
      #expect(machine.state == image.answered(6))
      #expect(parts.parts.map(\.0) == [stream, stream])
      #expect(parts.parts.map(\.1) == [[1, 2], [0, 0, 0, 0]])
    }
  }

  @Test("Hints are sent when they are whole; the rest waits", arguments: Versions.all)
  func hints(_ version: StateVersion) throws {
    let bytes: [UInt8] = [0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 3, 9]
    // How far the guest writes first, what is sent then, and what waits.
    let cases: [(UInt64, [[UInt8]], [UInt8])] = [
      (0, [], []), (3, [], [0, 0, 0]), (4, [], [0, 0, 0, 2]), (6, [[7, 8]], []),
      (10, [[7, 8], []], []), (15, [[7, 8], []], [0, 0, 0, 3, 9]),
    ]
    for (count, sent, waiting) in cases {
      var image = call(version, Self.write(version), 4, Self.place, count)
      image.write(bytes, at: Self.place)
      let machine = try image.machine(oracle: DictionaryOracle(keepsHints: true))
      _ = try machine.run(until: 1)
      var expected = image.answered(count)
      expected.lastHint = PendingHint(waiting)
      #expect(machine.state == expected)
      #expect((machine.oracle as? DictionaryOracle)?.hints == sent)
    }
    // What waits is completed by the next write.
    var image = call(version, Self.write(version), 4, Self.place, 2)
    image.state.lastHint = [0, 0, 0, 3, 9]
    image.write([8, 7], at: Self.place)
    let machine = try image.machine(oracle: DictionaryOracle(keepsHints: true))
    _ = try machine.run(until: 1)
    #expect((machine.oracle as? DictionaryOracle)?.hints == [[9, 8, 7]])
    #expect(machine.state.lastHint.isEmpty)
  }

  @Test("A run stops behind each read of a pre-image, if it is asked to", arguments: Versions.all)
  func stops(_ version: StateVersion) throws {
    let read = [
      Assembly.set(2, to: UInt16(Self.read(version))), Assembly.set(7, to: 0), Assembly.syscall,
    ]
    var image = MachineImage(version, code: read + read + [Assembly.nop, Assembly.nop])
    image[register: 4] = 5
    image[register: 5] = Self.place
    image[register: 6] = 4
    var oracle = DictionaryOracle()
    image.state.scalars.preimageKey = oracle.insert(keccak256: Array(1...20))
    for setup in EngineSetup.allCases {
      let machine = try image.machine(setup, oracle: oracle)
      for step in [3, 6] as [UInt64] {
        #expect(try machine.run(until: 8, stopAfterPreimageRead: true) == .preimageRead)
        #expect(machine.step == step, "\(setup)")
      }
      #expect(try machine.run(until: 8, stopAfterPreimageRead: true) == .step)
      #expect(machine.step == 8 && machine.state.scalars.preimageOffset == 8)
    }
  }
}
