import FalconetELF
import FalconetMachine

/// Makes small ELF files: header, program headers, contents, symbols, names, section headers.
struct ELFBuilder {
  struct Segment {
    var type: UInt32 = 1
    /// Readable and executable.
    var flags: UInt32 = 5
    var address: UInt64
    var content: [UInt8] = []
    /// If not nil, the size in memory; the content's size otherwise.
    var memorySize: UInt64?
    /// If not nil, the size in the file that the header tells.
    var fileSize: UInt64?
    /// If not nil, the place in the file that the header tells.
    var offset: UInt64?
  }

  var wordSize: WordSize
  var entry: UInt64 = 0x10000
  var segments: [Segment] = [Segment(address: 0x10000, content: [1, 2, 3, 4, 5, 6, 7, 8])]
  /// The symbols without the null entry; nil makes a file with no sections at all.
  var symbols: [Symbol]? = [Symbol(name: "main.main", start: 0x10000, size: 8)]

  init(_ wordSize: WordSize) { self.wordSize = wordSize }

  var headerSize: Int { wordSize == .bits32 ? 52 : 64 }
  var segmentHeaderSize: Int { wordSize == .bits32 ? 32 : 56 }
  var sectionHeaderSize: Int { wordSize == .bits32 ? 40 : 64 }
  var symbolSize: Int { wordSize == .bits32 ? 16 : 24 }

  // Where fields of the file header are.
  var segmentTableOffset: Int { wordSize == .bits32 ? 28 : 32 }
  var sectionTableOffset: Int { wordSize == .bits32 ? 32 : 40 }
  var segmentEntrySize: Int { wordSize == .bits32 ? 42 : 54 }
  var segmentCount: Int { segmentEntrySize + 2 }
  var sectionEntrySize: Int { segmentEntrySize + 4 }
  var sectionCount: Int { segmentEntrySize + 6 }

  /// Where the section headers begin in what ``build()`` makes: null, symbols, names.
  var sectionTable: Int {
    let names = (symbols ?? []).reduce(1) { $0 + $1.name.utf8.count + 1 }
    return symbolTable + symbolSize * ((symbols ?? []).count + 1) + names
  }

  /// Where the symbols begin.
  var symbolTable: Int {
    headerSize + segments.count * segmentHeaderSize + segments.reduce(0) { $0 + $1.content.count }
  }

  // Where fields of a section header are, from its start.
  var sectionOffsetField: Int { wordSize == .bits32 ? 16 : 24 }
  var sectionSizeField: Int { wordSize == .bits32 ? 20 : 32 }
  var sectionLinkField: Int { wordSize == .bits32 ? 24 : 40 }
  var sectionEntryField: Int { wordSize == .bits32 ? 36 : 56 }

  func build() -> [UInt8] {
    var writer = FieldWriter(wordSize: wordSize)
    writer.raw([0x7F, 0x45, 0x4C, 0x46, wordSize == .bits32 ? 1 : 2, 2, 1])
    writer.raw([UInt8](repeating: 0, count: 9))
    writer.half(2)  // executable
    writer.half(8)  // MIPS
    writer.int(1)
    writer.word(entry)
    writer.word(UInt64(headerSize))
    writer.word(symbols == nil ? 0 : UInt64(sectionTable))
    writer.int(0)
    writer.half(UInt16(headerSize))
    writer.half(UInt16(segmentHeaderSize))
    writer.half(UInt16(segments.count))
    writer.half(symbols == nil ? 0 : UInt16(sectionHeaderSize))
    writer.half(symbols == nil ? 0 : 3)
    writer.half(0)
    var offset = UInt64(headerSize + segments.count * segmentHeaderSize)
    for segment in segments {
      writer.segment(segment, at: offset)
      offset += UInt64(segment.content.count)
    }
    for segment in segments { writer.raw(segment.content) }
    if let symbols { writer.sections(symbols, symbolSize: symbolSize) }
    return writer.bytes
  }

  /// The built file, with an integer written over at a place.
  func build(with value: UInt64, count: Int, at offset: Int) -> [UInt8] {
    var bytes = build()
    bytes.poke(value, count: count, at: offset)
    return bytes
  }

  func file() throws -> ELFFile { try ELFFile(bytes: build(), name: "test.elf") }
}

extension [UInt8] {
  /// Writes a big-endian integer over the bytes at a place.
  mutating func poke(_ value: UInt64, count: Int, at offset: Int) {
    replaceSubrange(offset..<offset + count, with: FalconetELFTests.bigEndian(value, count))
  }
}

func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
  (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
}

/// Writes the records of an ELF file.
private struct FieldWriter {
  var bytes: [UInt8] = []
  let wordSize: WordSize

  init(wordSize: WordSize) { self.wordSize = wordSize }

  mutating func raw(_ value: [UInt8]) { bytes += value }
  mutating func half(_ value: UInt16) { bytes += bigEndian(UInt64(value), 2) }
  mutating func int(_ value: UInt32) { bytes += bigEndian(UInt64(value), 4) }
  mutating func word(_ value: UInt64) { bytes += bigEndian(value, wordSize.bytes) }

  mutating func segment(_ segment: ELFBuilder.Segment, at offset: UInt64) {
    let size = UInt64(segment.content.count)
    int(segment.type)
    if wordSize == .bits64 { int(segment.flags) }
    word(segment.offset ?? offset)
    word(segment.address)
    word(0xDEAD_0000)  // the physical address, which nothing may use
    word(segment.fileSize ?? size)
    word(segment.memorySize ?? segment.fileSize ?? size)
    if wordSize == .bits32 { int(segment.flags) }
    word(1)
  }

  mutating func sections(_ symbols: [Symbol], symbolSize: Int) {
    let symbolsOffset = bytes.count
    var names: [UInt8] = [0]
    raw([UInt8](repeating: 0, count: symbolSize))
    for symbol in symbols {
      int(UInt32(names.count))
      if wordSize == .bits64 { int(0x1200_0001) }
      word(symbol.start)
      word(symbol.size)
      if wordSize == .bits32 { int(0x1200_0001) }
      names += Array(symbol.name.utf8) + [0]
    }
    let namesOffset = bytes.count
    raw(names)
    section(type: 0, offset: 0, size: 0, link: 0, entrySize: 0)
    section(
      type: 2, offset: symbolsOffset, size: namesOffset - symbolsOffset, link: 2,
      entrySize: symbolSize)
    section(type: 3, offset: namesOffset, size: names.count, link: 0, entrySize: 0)
  }

  private mutating func section(
    type: UInt32, offset: Int, size: Int, link: UInt32, entrySize: Int
  ) {
    int(0)
    int(type)
    word(0)
    word(0)
    word(UInt64(offset))
    word(UInt64(size))
    int(link)
    int(1)
    word(1)
    word(UInt64(entrySize))
  }
}
