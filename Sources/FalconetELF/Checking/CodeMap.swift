import FalconetMachine

/// A function of a program's code, by its symbol.
struct CodeFunction: Sendable {
  let name: String
  let start: UInt64
  /// The address behind its last instruction.
  let end: UInt64
}

/// Where a program's instructions are, and which functions they make up.
struct CodeMap {
  /// The ranges that hold instructions, in ascending order; none overlap.
  let ranges: [Range<UInt64>]
  /// The functions, in ascending order; none overlap. Code without a symbol that has a name is in
  /// functions of its own, named as a look-up of an address between two symbols answers.
  let functions: [CodeFunction]

  /// - Throws: `ELFError` if section headers can't be read.
  init(_ elf: ELFFile, _ symbols: SymbolTable) throws(ELFError) {
    ranges = try Self.ranges(of: elf)
    functions = ranges.flatMap { Self.functions(in: $0, symbols) }
  }

  /// Sections of instructions inside executable segments, or those segments if sections list
  /// none.
  private static func ranges(of elf: ELFFile) throws(ELFError) -> [Range<UInt64>] {
    let segments = merged(
      elf.segments.filter {
        $0.type == ELFSegment.load && $0.flags & ELFSegment.executable != 0
      }.compactMap { range(from: $0.address, count: $0.fileSize) })
    var sections: [Range<UInt64>] = []
    // The headers are no sequence: reading one may fail.
    // swift-format-ignore: ReplaceForEachWithForLoop
    try elf.sections.forEach { (section) throws(ELFError) in
      guard section.flags & ELFSection.instructions != 0,
        let range = range(from: section.address, count: section.size)
      else { return }
      sections.append(range)
    }
    let code = intersection(merged(sections), segments)
    return code.isEmpty ? segments : code
  }

  /// The union of ranges, in ascending order.
  private static func merged(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] =
          last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// What two lists of ranges, both merged, have in common.
  private static func intersection(
    _ left: [Range<UInt64>], _ right: [Range<UInt64>]
  ) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if left[i].overlaps(right[j]) { result.append(left[i].clamped(to: right[j])) }
      if left[i].upperBound < right[j].upperBound { i += 1 } else { j += 1 }
    }
    return result
  }

  /// Whole instructions only.
  private static func range(from start: UInt64, count: UInt64) -> Range<UInt64>? {
    let first = (start &+ 3) & ~3
    let (end, wraps) = start.addingReportingOverflow(count)
    guard !wraps, first >= start, end & ~3 > first else { return nil }
    return first..<(end & ~3)
  }

  private static func functions(
    in range: Range<UInt64>, _ symbols: SymbolTable
  ) -> [CodeFunction] {
    var functions: [CodeFunction] = []
    var position = range.lowerBound
    func gap(to end: UInt64) {
      guard position < end else { return }
      functions.append(CodeFunction(name: SymbolTable.gap, start: position, end: end))
      position = end
    }
    let first =
      range.lowerBound == 0 ? 0 : symbols.index(at: range.lowerBound - 1).map { $0 + 1 } ?? 0
    // The symbols of sections have no names.
    let named = { (index: Int) in !symbols.nameBytes(at: index).isEmpty }
    for index in first..<symbols.count where named(index) {
      let start = symbols.start(at: index)
      guard start < range.upperBound else { break }
      guard start >= position, start & 3 == 0 else { continue }
      var size = symbols.size(at: index)
      if size == 0 {
        // A label: a function if no other symbol says what follows.
        let following = (index + 1..<symbols.count).first(where: named)
        let next = following.map { symbols.start(at: $0) } ?? range.upperBound
        guard next > start else { continue }
        size = next - start
      }
      let (sum, wraps) = start.addingReportingOverflow(size)
      let end = min(wraps ? range.upperBound : sum, range.upperBound) & ~3
      guard end > start else { continue }
      gap(to: start)
      functions.append(CodeFunction(name: symbols[index].name, start: start, end: end))
      position = end
    }
    gap(to: range.upperBound)
    return functions
  }

  /// The index of the function that holds an address, or nil. O(log n).
  func function(at address: UInt64) -> Int? {
    guard let index = functions.indexOfLast(atOrBelow: address, by: \.start),
      address < functions[index].end
    else { return nil }
    return index
  }

  /// The index of the function that begins at an address, or nil. O(log n).
  func function(startingAt address: UInt64) -> Int? {
    function(at: address).flatMap { functions[$0].start == address ? $0 : nil }
  }
}
