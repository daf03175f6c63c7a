import FalconetMachine

/// Small programs for big-endian MIPS: a segment, a tail of zeros, two symbols.
enum SeedELF {
  static func files(_ wordSize: WordSize) -> [(name: String, bytes: [UInt8])] {
    [
      ("program", file(wordSize, memorySize: 16, sections: true)),
      ("zeros", file(wordSize, memorySize: 5000, sections: true)),
      ("stripped", file(wordSize, memorySize: 16, sections: false)),
    ]
  }

  private static func file(_ wordSize: WordSize, memorySize: UInt64, sections: Bool) -> [UInt8] {
    let isWide = wordSize == .bits64
    let code: [UInt8] = Array(0..<16)
    let names = Array("\0main.main\0runtime.check\0".utf8)
    let header: UInt64 = isWide ? 64 : 52
    let segmentSize: UInt64 = isWide ? 56 : 32
    let symbolSize: UInt64 = isWide ? 24 : 16
    let codeAt = header + segmentSize
    let symbolsAt = codeAt + UInt64(code.count)
    let namesAt = symbolsAt + 3 * symbolSize
    let sectionsAt = namesAt + UInt64(names.count)

    var out = Fields(isWide: isWide)
    out.bytes = [0x7F, 0x45, 0x4C, 0x46, isWide ? 2 : 1, 2, 1] + [UInt8](repeating: 0, count: 9)
    for (value, count) in [(2, 2), (8, 2), (1, 4)] as [(UInt64, Int)] { out.put(value, count) }
    for value in [0x1_0000, header, sections ? sectionsAt : 0] { out.word(value) }
    out.put(0, 4)
    let sectionSize: UInt64 = isWide ? 64 : 40
    for value in [header, segmentSize, 1, sectionSize, sections ? 3 : 0, 0] { out.put(value, 2) }
    out.segment(at: codeAt, address: 0x1_0000, UInt64(code.count), memorySize)
    out.bytes += code
    out.symbol(name: 0, address: 0, size: 0)
    out.symbol(name: 1, address: 0x1_0000, size: 8)
    out.symbol(name: 11, address: 0x1_0008, size: 8)
    out.bytes += names
    guard sections else { return out.bytes }
    out.section(type: 0, at: 0, size: 0, link: 0, entry: 0)
    out.section(type: 2, at: symbolsAt, size: 3 * symbolSize, link: 2, entry: symbolSize)
    out.section(type: 3, at: namesAt, size: UInt64(names.count), link: 0, entry: 0)
    return out.bytes
  }
}

/// Writes the records of an ELF file, big-endian.
private struct Fields {
  var bytes: [UInt8] = []
  let isWide: Bool

  init(isWide: Bool) { self.isWide = isWide }

  mutating func put(_ value: UInt64, _ count: Int) {
    for byte in (0..<count).reversed() { bytes.append(UInt8(value >> UInt64(8 * byte) & 0xFF)) }
  }

  mutating func word(_ value: UInt64) { put(value, isWide ? 8 : 4) }

  mutating func segment(at offset: UInt64, address: UInt64, _ inFile: UInt64, _ inMemory: UInt64) {
    put(1, 4)
    if isWide { put(5, 4) }
    for value in [offset, address, address, inFile, inMemory] { word(value) }
    if !isWide { put(5, 4) }
    word(0x1000)
  }

  mutating func symbol(name: UInt64, address: UInt64, size: UInt64) {
    put(name, 4)
    if isWide {
      for (value, count) in [(2, 1), (0, 1), (1, 2), (address, 8), (size, 8)] { put(value, count) }
    } else {
      for (value, count) in [(address, 4), (size, 4), (2, 1), (0, 1), (1, 2)] { put(value, count) }
    }
  }

  mutating func section(type: UInt64, at offset: UInt64, size: UInt64, link: UInt64, entry: UInt64)
  {
    put(0, 4)
    put(type, 4)
    for value in [0, 0, offset, size] { word(value) }
    put(link, 4)
    put(0, 4)
    word(1)
    word(entry)
  }
}
