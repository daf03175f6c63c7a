import FalconetELF
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite struct HostileELFTests {
  /// A file with every part a loader looks at.
  private func builder(_ wordSize: WordSize) -> ELFBuilder {
    var builder = ELFBuilder(wordSize)
    builder.segments = [
      .init(type: 6, address: 0x10034, content: [9, 9, 9, 9]),
      .init(address: 0x10000, content: Array(1...60), memorySize: 5000),
      .init(type: 0x7000_0003, address: .max, content: [7], memorySize: 0),
    ]
    builder.symbols = [
      Symbol(name: "runtime.check", start: 0x10008, size: 8),
      Symbol(name: "main.main", start: 0x10000, size: 8),
    ]
    return builder
  }

  /// Opens and loads for all versions; any error must be one of the loader's own.
  private func load(_ bytes: [UInt8]) throws -> Int {
    var loaded = 0
    for version in [StateVersion.v0, .v2, .v8] {
      do {
        let elf = try ELFFile(bytes: bytes, name: "hostile.elf")
        let prestate = try Prestate.load(elf, version: version)
        loaded += prestate.memory.pageCount
      } catch {
        #expect(!error.message.isEmpty && !error.remedy.isEmpty)
        #expect(error.description.hasPrefix("hostile.elf"))
      }
    }
    return loaded
  }

  @Test(arguments: wordSizes)
  func `a file cut at any byte is refused`(wordSize: WordSize) throws {
    let bytes = builder(wordSize).build()
    #expect(try load(bytes) > 0)
    for length in 0..<bytes.count {
      #expect(try load(Array(bytes[..<length])) == 0, "cut at \(length)")
    }
  }

  @Test(arguments: wordSizes)
  func `any byte may change to any of a few values without harm`(wordSize: WordSize) throws {
    let bytes = builder(wordSize).build()
    for offset in bytes.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF, bytes[offset]] {
        var changed = bytes
        changed[offset] ^= change
        _ = try load(changed)
      }
    }
  }

  @Test(arguments: wordSizes)
  func `several random changes at once do no harm`(wordSize: WordSize) throws {
    let bytes = builder(wordSize).build()
    var random = SeededGenerator(seed: 0xE1F)
    for _ in 0..<2000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let width = [1, 2, 4, 8].randomElement(using: &random) ?? 1
        let offset = Int.random(in: 0...changed.count - width, using: &random)
        let value = [0, 1, 0xFFFF, 0x7FFF_FFFF, 1 << 31, 1 << 63, .max, random.next()]
          .randomElement(using: &random)
        changed.poke(value ?? 0, count: width, at: offset)
      }
      _ = try load(changed)
    }
  }
}
