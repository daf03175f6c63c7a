import FalconetELF
import FalconetMachine
import FalconetTestSupport
import Glibc
import Testing

@Suite struct ELFSymbolsTests {
  @Test(arguments: wordSizes)
  func `symbols are read without the null entry and sorted`(wordSize: WordSize) throws {
    var builder = ELFBuilder(wordSize)
    builder.symbols = [
      Symbol(name: "b", start: 0x300, size: 4),
      Symbol(name: "", start: 0, size: 0),
      Symbol(name: "a", start: wordSize.mask, size: wordSize.mask),
      Symbol(name: "b", start: 0x300, size: 5),
    ]
    let symbols = try builder.file().symbols()
    #expect((0..<symbols.count).map { symbols[$0].name } == ["", "b", "b", "a"])
    #expect(symbols[2].size == 5)
    #expect(symbols[3].start == wordSize.mask)
  }

  @Test(arguments: wordSizes)
  func `more symbols than are read at a time arrive whole`(wordSize: WordSize) throws {
    var builder = ELFBuilder(wordSize)
    builder.symbols = (0..<10_000).map {
      Symbol(name: "f\($0)", start: UInt64(20_000 - $0), size: UInt64($0))
    }
    let symbols = try builder.file().symbols()
    #expect(symbols.count == 10_000)
    for index in [0, 1, 4094, 4095, 4096, 4097, 9999] {
      let number = 9999 - index
      #expect(
        symbols[index]
          == Symbol(name: "f\(number)", start: UInt64(20_000 - number), size: UInt64(number)))
    }
  }

  @Test(arguments: wordSizes)
  func `a stripped program is refused in every version`(wordSize: WordSize) throws {
    var builder = ELFBuilder(wordSize)
    builder.symbols = nil
    let elf = try builder.file()
    #expect(try elfError { _ = try elf.symbols() }.kind == .noSymbols)
    for version in StateVersion.allCases where version.wordSize == wordSize {
      let error = try elfError { _ = try Prestate.load(elf, version: version) }
      #expect(error.kind == .noSymbols)
      #expect(error.remedy.contains("strip"))
    }
  }

  @Test(arguments: wordSizes)
  func `a symbol section that contradicts itself is refused`(wordSize: WordSize) throws {
    let builder = ELFBuilder(wordSize)
    let word = wordSize.bytes
    let symbols = builder.sectionTable + builder.sectionHeaderSize
    let names = symbols + builder.sectionHeaderSize
    let total = UInt64(builder.build().count)
    let cases: [(place: Int, count: Int, value: UInt64, kind: ELFError.Kind)] = [
      (symbols + builder.sectionSizeField, word, 0, .corrupt),
      (symbols + builder.sectionSizeField, word, 7, .corrupt),
      (symbols + builder.sectionSizeField, word, UInt64(builder.symbolSize) << 20, .cutShort),
      (
        symbols + builder.sectionOffsetField, word, wordSize.mask,
        wordSize == .bits32 ? .cutShort : .corrupt
      ),
      (symbols + builder.sectionLinkField, 4, 0, .corrupt),
      (symbols + builder.sectionLinkField, 4, 3, .corrupt),
      (symbols + builder.sectionLinkField, 4, 0xFFFF_FFFF, .corrupt),
      (symbols + 8, word, 0x800, .unsupported),  // compressed
      (names + 8, word, 0x800, .corrupt),  // compressed, and too short for it
      (names + 4, 4, 8, .corrupt),  // of no bytes in the file
      (names + builder.sectionOffsetField, word, total, .cutShort),
      (names + builder.sectionSizeField, word, 1 << 30, .tooLarge),
    ]
    for (place, count, value, kind) in cases {
      let bytes = builder.build(with: value, count: count, at: place)
      let error = try elfError {
        _ = try ELFFile(bytes: bytes, name: "odd.elf").symbols()
      }
      #expect(error.kind == kind, "\(value) at \(place): \(error)")
    }
  }

  @Test(arguments: wordSizes)
  func `symbols that Cannon reads are read as it does`(wordSize: WordSize) throws {
    let builder = ELFBuilder(wordSize)
    let word = wordSize.bytes
    let symbols = builder.sectionTable + builder.sectionHeaderSize
    let names = symbols + builder.sectionHeaderSize
    let cases: [(place: Int, count: Int, value: UInt64, name: String)] = [
      (symbols + builder.sectionEntryField, word, 8, "main.main"),
      (names + 4, 4, 1, "main.main"),  // not of strings
      (symbols + builder.sectionLinkField, 4, 1, ""),  // its own zeros
      (names + builder.sectionSizeField, word, 1, ""),  // the name is cut off
      (builder.symbolTable + builder.symbolSize, 4, 1000, ""),  // the name is outside
      (22, 1, 7, "main.main"),  // a version of which the lowest byte is 1
    ]
    for (place, count, value, name) in cases {
      let elf = try ELFFile(
        bytes: builder.build(with: value, count: count, at: place), name: "odd.elf")
      #expect(try elf.symbols()[0].name == name, "\(value) at \(place)")
      #expect(try elf.symbols()[0].start == 0x10000)
      _ = try Prestate.load(elf, version: wordSize.version)
    }
  }

  @Test(arguments: wordSizes)
  func `the first section header counts as any other`(wordSize: WordSize) throws {
    let builder = ELFBuilder(wordSize)
    var bytes = builder.build()
    let (first, size) = (builder.sectionTable, builder.sectionHeaderSize)
    let symbols = Array(bytes[first + size..<first + 2 * size])
    bytes.replaceSubrange(
      first..<first + 2 * size, with: symbols + [UInt8](repeating: 0, count: size))
    let elf = try ELFFile(bytes: bytes, name: "odd.elf")
    #expect(try elf.symbols()[0].name == "main.main")
  }

  @Test func `2^24 symbols are read, and one more is too many`() throws {
    // A file without content behind its headers, whose names are refused once the count is not.
    let builder = ELFBuilder(.bits32)
    let symbols = builder.sectionTable + builder.sectionHeaderSize
    let folder = try TemporaryFolder()
    let path = folder.file("large.elf")
    for (count, kind) in [(1 << 24, ELFError.Kind.corrupt), (1 << 24 + 1, .tooLarge)] {
      var bytes = builder.build(with: 0, count: 4, at: symbols + builder.sectionLinkField)
      let size = (count + 1) * builder.symbolSize
      bytes.poke(UInt64(size), count: 4, at: symbols + builder.sectionSizeField)
      try folder.write(bytes, to: "large.elf")
      try #require(truncate(path, bytes.count + size) == 0)
      let elf = try ELFFile(path: path)
      #expect(try elfError { _ = try elf.symbols() }.kind == kind, "\(count)")
    }
  }

  @Test func `names that share one long string can't multiply`() throws {
    // 400 symbols name the same string of a megabyte: 400 MiB of names from a small file.
    var builder = ELFBuilder(.bits64)
    let long = String(repeating: "x", count: 1 << 20)
    builder.symbols =
      (0..<400).map { Symbol(name: "", start: $0, size: 1) }
      + [Symbol(name: long, start: 0, size: 0)]
    var bytes = builder.build()
    // The names are: a zero byte, 400 empty names, the long one.
    for index in 1...400 {
      bytes.poke(401, count: 4, at: builder.symbolTable + index * builder.symbolSize)
    }
    let error = try elfError { _ = try ELFFile(bytes: bytes, name: "odd.elf").symbols() }
    #expect(error.kind == .tooLarge)
  }
}
