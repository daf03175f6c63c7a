import FalconetMachine

/// A program's data as far as it can hold addresses: words that the file has, outside the code.
///
/// A word is taken for an address if it is one of a function or of data. Where an object begins is told
/// by the addresses that code and data hold; it ends where its symbol does, or else where the next
/// begins.
struct DataMap {
  private struct Part {
    let start: UInt64
    /// The address behind its last word.
    let end: UInt64
    /// How many words the parts before it have.
    let first: Int
  }

  private let memory: Memory
  private let symbols: SymbolTable
  private let wordBytes: UInt64
  private let parts: [Part]
  /// Of each word of all parts, whether an object begins there.
  private var beginnings: [Bool]

  init(_ elf: ELFFile, _ memory: Memory, _ symbols: SymbolTable, code: [Range<UInt64>]) {
    self.memory = memory
    self.symbols = symbols
    wordBytes = UInt64(memory.wordSize.bytes)
    var ranges: [Range<UInt64>] = []
    for segment in elf.segments where segment.type == ELFSegment.load {
      let (end, wraps) = segment.address.addingReportingOverflow(segment.fileSize)
      guard !wraps else { continue }
      // The code is ascending, and its parts do not overlap.
      var start = segment.address
      for range in code where range.upperBound > start && range.lowerBound < end {
        if range.lowerBound > start { ranges.append(start..<range.lowerBound) }
        start = range.upperBound
      }
      if start < end { ranges.append(start..<end) }
    }
    var parts: [Part] = []
    var count = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      let start = (max(range.lowerBound, parts.last?.end ?? 0) &+ wordBytes - 1) & ~(wordBytes - 1)
      let end = range.upperBound & ~(wordBytes - 1)
      guard start >= range.lowerBound, start < end else { continue }
      parts.append(Part(start: start, end: end, first: count))
      count += Int((end - start) / wordBytes)
    }
    self.parts = parts
    beginnings = [Bool](repeating: false, count: count)
  }

  /// The number of the word that holds an address, or nil if it is not in the data.
  func word(at address: UInt64) -> Int? {
    guard let index = parts.indexOfLast(atOrBelow: address, by: \.start),
      address < parts[index].end
    else { return nil }
    return parts[index].first + Int((address - parts[index].start) / wordBytes)
  }

  /// Notes where objects begin: at addresses that code holds, and at those that data holds.
  mutating func divide(at addresses: some Sequence<UInt64>) {
    for address in addresses {
      if let word = word(at: address) { beginnings[word] = true }
    }
    for part in parts {
      for address in stride(from: part.start, to: part.end, by: Int(wordBytes)) {
        if let word = word(at: memory.loadWord(at: address)) { beginnings[word] = true }
      }
    }
  }

  /// The addresses of an object's words, from the one at `address` on.
  func object(at address: UInt64) -> Range<UInt64>? {
    guard let index = parts.indexOfLast(atOrBelow: address, by: \.start) else { return nil }
    let part = parts[index]
    guard address < part.end else { return nil }
    let start = address & ~(wordBytes - 1)
    if let end = symbolEnd(address) { return start..<max(min(end, part.end), start + wordBytes) }
    var end = start + wordBytes
    while end < part.end, !beginnings[part.first + Int((end - part.start) / wordBytes)] {
      end += wordBytes
    }
    return start..<end
  }

  /// Where the symbol ends that an address is in; nil if there is none, or it is a collection of objects,
  /// as `type:*` is.
  private func symbolEnd(_ address: UInt64) -> UInt64? {
    guard let index = symbols.index(at: address) else { return nil }
    let (end, wraps) = symbols.start(at: index).addingReportingOverflow(symbols.size(at: index))
    guard !wraps, address < end, symbols.nameBytes(at: index).last != UInt8(ascii: "*") else {
      return nil
    }
    return end
  }

  /// How a report names the object at an address.
  func name(at address: UInt64) -> String {
    guard symbolEnd(address) != nil, let symbol = symbols.symbol(at: address), !symbol.name.isEmpty
    else { return "[data at 0x\(String(address, radix: 16))]" }
    return "[\(Demangler.demangle(symbol.name))]"
  }
}
