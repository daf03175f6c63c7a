import FalconetELF
import FalconetMachine
import Testing

@Suite struct PrestateTests {
  private func load(_ builder: ELFBuilder, _ version: StateVersion) throws -> Prestate {
    try Prestate.load(builder.file(), version: version)
  }

  @Test(arguments: StateVersion.allCases)
  func `the first thread stands at the entry with a stack`(version: StateVersion) throws {
    var builder = ELFBuilder(version.wordSize)
    builder.entry = 0x10004
    let prestate = try load(builder, version)
    var expected = MachineState(version: version)
    expected.scalars.heap = version.wordSize == .bits32 ? 0x0500_0000 : 0x0000_1000_0000_0000
    expected.threads.left[0].pc = 0x10004
    expected.threads.left[0].nextPC = 0x10008
    expected.threads.left[0].registers[29] =
      version.wordSize == .bits32 ? 0x7FFF_D000 : 0x0000_7FFF_FFFF_F000
    #expect(prestate.state == expected)
    #expect(prestate.memory.bytes(0x10000, 8) == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(prestate.symbols.name(at: 0x10004) == "main.main")
  }

  @Test(arguments: StateVersion.allCases)
  func `a file of the other class is refused`(version: StateVersion) throws {
    let other: WordSize = version.wordSize == .bits32 ? .bits64 : .bits32
    let error = try elfError { _ = try load(ELFBuilder(other), version) }
    #expect(error.kind == .unsupported)
    #expect(error.offset == 4)
    #expect(error.message.contains(version.name))
  }

  @Test(arguments: wordSizes)
  func `segments of any type are written in file order, then zeros`(wordSize: WordSize) throws {
    var builder = ELFBuilder(wordSize)
    let long = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    builder.segments = [
      .init(address: 0x10FF0, content: long, memorySize: 300_000),
      .init(type: 4, address: 0x11000, content: [0xAA, 0xBB]),
      .init(address: 0x10FFF, content: [0xCC]),
    ]
    let memory = try load(builder, wordSize.version).memory
    var expected = long + [UInt8](repeating: 0, count: 100_000)
    expected.replaceSubrange(0xF..<0x12, with: [0xCC, 0xAA, 0xBB])
    #expect(memory.bytes(0x10FF0, 300_000) == expected)
    let lastPage = (0x10FF0 + 300_000 - 1) / 4096
    #expect(
      memory.pageIndices.filter { $0 < 0x1000 } == (0x10...UInt64(lastPage)).map { $0 })
  }

  @Test(arguments: wordSizes)
  func `ABI flags and empty segments are left out unchecked`(wordSize: WordSize) throws {
    var builder = ELFBuilder(wordSize)
    builder.segments += [
      .init(type: 0x7000_0003, address: wordSize.mask, memorySize: 99, fileSize: 7),
      .init(type: 0x6474_E551, address: wordSize.mask),
    ]
    let pages = try load(builder, wordSize.version).memory.pageIndices
    #expect(pages.count == 6)
    #expect(pages.first == 0x10)
  }

  @Test(arguments: wordSizes)
  func `a file with nothing to load is refused`(wordSize: WordSize) throws {
    var builder = ELFBuilder(wordSize)
    for segments in [
      [], [ELFBuilder.Segment(type: 4, address: 0x10000, content: [1])],
      [ELFBuilder.Segment(address: 0x10000)],
    ] {
      builder.segments = segments
      for version in [wordSize.version, wordSize == .bits32 ? .v0 : .v6] {
        let error = try elfError { _ = try load(builder, version) }
        #expect(error.kind == .corrupt)
      }
    }
  }

  @Test(arguments: wordSizes)
  func `sizes that don't agree are refused`(wordSize: WordSize) throws {
    let cases: [(ELFBuilder.Segment, ELFError.Kind)] = [
      (.init(address: 0x10000, content: [1, 2], memorySize: 1), .corrupt),
      (.init(type: 7, address: 0x10000, content: [1], memorySize: 2), .unsupported),
      (.init(address: 0x10000, content: [1], fileSize: 10_000), .cutShort),
      (
        .init(address: 0x10000, content: [1], offset: wordSize.mask),
        wordSize == .bits32 ? .cutShort : .corrupt
      ),
    ]
    for (segment, kind) in cases {
      var builder = ELFBuilder(wordSize)
      builder.segments.append(segment)
      let error = try elfError { _ = try load(builder, wordSize.version) }
      #expect(error.kind == kind, "\(error)")
    }
  }

  @Test(arguments: wordSizes)
  func `segments that leave the address space or reach the heap are refused`(
    wordSize: WordSize
  ) throws {
    let heap: UInt64 = wordSize == .bits32 ? 0x0500_0000 : 0x0000_1000_0000_0000
    let last: UInt64 = wordSize == .bits32 ? 0xFFFF_FFFF : 0x0000_FFFF_FFFF_FFFF
    let refused: [(address: UInt64, size: UInt64)] = [
      (heap - 1, 2), (heap, 1), (last, 1), (last, 2), (wordSize.mask, 1), (wordSize.mask, 2),
      (1, wordSize.mask), (2, wordSize.mask), (wordSize.mask, wordSize.mask), (0, heap + 1),
    ]
    for (address, size) in refused {
      var builder = ELFBuilder(wordSize)
      builder.segments.append(.init(address: address, memorySize: size, fileSize: 0))
      let error = try elfError { _ = try load(builder, wordSize.version) }
      #expect(error.kind == .outOfRange, "\(address) \(size)")
      #expect(error.offset == UInt64(builder.headerSize + builder.segmentHeaderSize))
    }
    var builder = ELFBuilder(wordSize)
    builder.segments = [.init(address: heap - 4, content: [1, 2, 3, 4])]
    #expect(try load(builder, wordSize.version).memory.bytes(heap - 4, 4) == [1, 2, 3, 4])
  }

  @Test func `a header can't ask for more memory than a gigabyte`() throws {
    var builder = ELFBuilder(.bits64)
    builder.segments.append(.init(address: 0x10_0000, memorySize: 1 << 43, fileSize: 0))
    #expect(try elfError { _ = try load(builder, .v8) }.kind == .tooLarge)
    builder = ELFBuilder(.bits32)
    builder.segments = (0..<1000).map { _ in
      .init(address: 0x1000, memorySize: 0x0400_0000, fileSize: 0)
    }
    #expect(try elfError { _ = try load(builder, .v5) }.kind == .tooLarge)
  }
}
