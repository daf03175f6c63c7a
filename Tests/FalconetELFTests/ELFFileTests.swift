import FalconetELF
import FalconetMachine
import Testing

@Suite struct ELFFileTests {
  @Test(arguments: wordSizes)
  func `a program of either class opens with its entry`(wordSize: WordSize) throws {
    var builder = ELFBuilder(wordSize)
    builder.entry = 0x1234
    let elf = try builder.file()
    #expect(elf.wordSize == wordSize)
    #expect(elf.entry == 0x1234)
    #expect(elf.name == "test.elf")
  }

  @Test(arguments: [
    (4, UInt8(3), ELFError.Kind.unsupported),  // class
    (5, 1, .unsupported),  // little-endian
    (5, 0, .unsupported),
    (6, 2, .corrupt),  // version of the identification
    (0, 0, .notELF),
    (3, 0x47, .notELF),
    (19, 62, .unsupported),  // machine x86-64
    (18, 1, .unsupported),
    (23, 2, .corrupt),  // version
  ])
  func `a file of another kind is refused at the byte that tells`(
    offset: Int, value: UInt8, kind: ELFError.Kind
  ) throws {
    for wordSize in wordSizes {
      var bytes = ELFBuilder(wordSize).build()
      bytes[offset] = value
      let error = try elfError { _ = try ELFFile(bytes: bytes, name: "odd.elf") }
      #expect(error.kind == kind)
      #expect(error.file == "odd.elf")
      let place = try #require(error.offset)
      #expect(place <= UInt64(offset) && UInt64(offset) < place + 4)
      #expect(!error.remedy.isEmpty)
    }
  }

  @Test(arguments: wordSizes)
  func `headers that lie outside the file are refused`(wordSize: WordSize) throws {
    let builder = ELFBuilder(wordSize)
    let word = wordSize.bytes
    let size = UInt64(builder.build().count)
    let cases: [(field: Int, values: [UInt64])] = [
      (builder.segmentTableOffset, [size, size - 1, wordSize.mask, wordSize.mask - 30]),
      (builder.sectionTableOffset, [size, size - 1, wordSize.mask, wordSize.mask - 30]),
    ]
    for (field, values) in cases {
      for value in values {
        let bytes = builder.build(with: value, count: word, at: field)
        let error = try elfError { _ = try ELFFile(bytes: bytes, name: "odd.elf") }
        #expect(error.kind == .cutShort)
        #expect(error.offset == value)
      }
    }
  }

  @Test(arguments: wordSizes)
  func `counts and sizes of headers that can't be are refused`(wordSize: WordSize) throws {
    let builder = ELFBuilder(wordSize)
    let cases: [(field: Int, value: UInt64, kind: ELFError.Kind)] = [
      (builder.segmentCount, 0xFFFF, .cutShort),
      (builder.segmentCount, 0xFFFE, .cutShort),
      (builder.segmentEntrySize, 0, .corrupt),
      (builder.segmentEntrySize, 31, .corrupt),
      (builder.sectionCount, 0xFFFF, .cutShort),
      (builder.sectionEntrySize, 1, .corrupt),
      (builder.sectionEntrySize, 0, .corrupt),
    ]
    for (field, value, kind) in cases {
      let bytes = builder.build(with: value, count: 2, at: field)
      let error = try elfError { _ = try ELFFile(bytes: bytes, name: "odd.elf") }
      #expect(error.kind == kind)
    }
    var nowhere = builder.build(with: 0, count: wordSize.bytes, at: builder.sectionTableOffset)
    let error = try elfError { _ = try ELFFile(bytes: nowhere, name: "odd.elf") }
    #expect(error.kind == .corrupt)
    nowhere.poke(0, count: 2, at: builder.sectionCount)
    _ = try ELFFile(bytes: nowhere, name: "odd.elf")
  }

  @Test(arguments: wordSizes)
  func `a count of sections that stands in section 0 is found there`(wordSize: WordSize) throws {
    let builder = ELFBuilder(wordSize)
    let place = builder.sectionTable + builder.sectionSizeField
    var bytes = builder.build(with: 0, count: 2, at: builder.sectionCount)
    bytes.poke(0xFF00, count: wordSize.bytes, at: place)
    bytes += [UInt8](repeating: 0, count: (0xFF00 - 3) * builder.sectionHeaderSize)
    let elf = try ELFFile(bytes: bytes, name: "many.elf")
    #expect(try elf.symbols().count == 1)
    let cases: [(UInt64, ELFError.Kind)] = [
      (3, .corrupt), (0xFEFF, .corrupt), (0xFF01, .cutShort),
      (wordSize.mask >> 1, .cutShort), (wordSize.mask, wordSize == .bits32 ? .cutShort : .corrupt),
    ]
    for (count, kind) in cases {
      bytes.poke(count, count: wordSize.bytes, at: place)
      let error = try elfError { _ = try ELFFile(bytes: bytes, name: "many.elf") }
      #expect(error.kind == kind)
    }
  }
}
