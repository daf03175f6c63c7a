import FalconetMachine

/// The smallest ELF file that loaders of the family take: a segment of code, and a symbol table.
enum TinyELF {
  static let entry: UInt64 = 0x1_0000

  /// - Parameter code: what is at the entry, to be executed.
  static func bytes(_ wordSize: WordSize, code: [UInt32]) -> [UInt8] {
    let is64 = wordSize == .bits64
    let (header, segment, section) = is64 ? (64, 56, 64) : (52, 32, 40)
    let text = code.flatMap { big(UInt64($0), 4) }
    // The segment begins at an offset that its address fits.
    let textAt = 0x1000
    let names = Array("\0.symtab\0.strtab\0main\0".utf8)
    let symbolSize = is64 ? 24 : 16
    let symbolsAt = textAt + text.count
    let namesAt = symbolsAt + 2 * symbolSize
    let sectionsAt = (namesAt + names.count + 7) & ~7

    func word(_ value: Int) -> [UInt8] { big(UInt64(value), is64 ? 8 : 4) }
    func half(_ value: Int) -> [UInt8] { big(UInt64(value), 2) }
    func int(_ value: Int) -> [UInt8] { big(UInt64(value), 4) }

    var bytes: [UInt8] =
      [0x7F, 0x45, 0x4C, 0x46, is64 ? 2 : 1, 2, 1] + [UInt8](repeating: 0, count: 9)
    // An executable of MIPS.
    bytes += half(2) + half(8) + int(1) + word(Int(entry)) + word(header) + word(sectionsAt)
    bytes += int(is64 ? 0x8000_0000 : 0x5000_0000) + half(header) + half(segment) + half(1)
    bytes += half(section) + half(3) + half(2)
    // What is loaded, to read and to execute.
    let place =
      word(textAt) + word(Int(entry)) + word(Int(entry)) + word(text.count) + word(text.count)
    bytes += is64 ? int(1) + int(5) + place + word(0x1000) : int(1) + place + int(5) + int(0x1000)
    bytes += [UInt8](repeating: 0, count: textAt - bytes.count)
    bytes += text
    bytes += [UInt8](repeating: 0, count: symbolSize)
    let (name, info) = (int(17), [UInt8(0x12), 0])
    bytes +=
      is64
      ? name + info + half(1) + word(Int(entry)) + word(text.count)
      : name + word(Int(entry)) + word(text.count) + info + half(1)
    bytes += names
    bytes += [UInt8](repeating: 0, count: sectionsAt - bytes.count)
    bytes += [UInt8](repeating: 0, count: section)
    for (name, type, at, count, link, entry) in [
      (1, 2, symbolsAt, 2 * symbolSize, 2, symbolSize), (9, 3, namesAt, names.count, 0, 0),
    ] {
      bytes += int(name) + int(type) + word(0) + word(0) + word(at) + word(count)
      bytes += int(link) + int(type == 2 ? 1 : 0) + word(1) + word(entry)
    }
    return bytes
  }

  private static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
  }
}
