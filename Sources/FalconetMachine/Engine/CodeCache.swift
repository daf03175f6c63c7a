/// The decoded pages of a machine.
///
/// A write to a page with decoded code drops it before the next instruction is executed: the memory
/// reports such pages, and ``dropStale(reportedBy:)`` forgets them.
///
/// Soundness: the table of recent pages has a power of two of entries and indices are masked to it;
/// an entry is cleared before the page it names is freed.
final class CodeCache {
  private struct Recent {
    var index = UInt64.max
    var page: CodePage?
  }

  private static let recentCount = 256

  private let rules: Rules
  private var pages: [UInt64: CodePage] = [:]
  private let recent: UnsafeMutablePointer<Recent>
  /// Instructions in this range are left to the plain step.
  var stopRange: Range<UInt64>? {
    didSet { drop(Array(pages.keys)) }
  }

  init(rules: Rules) {
    self.rules = rules
    recent = .allocate(capacity: Self.recentCount)
    recent.initialize(repeating: Recent(), count: Self.recentCount)
  }

  deinit {
    for page in pages.values { page.deallocate() }
    recent.deallocate()
  }

  /// The decoded page at an index, or nil where the memory has no such page.
  @inline(__always)
  func page(_ index: UInt64, of memory: Memory) -> CodePage? {
    let entry = recent + Int(truncatingIfNeeded: index & UInt64(Self.recentCount - 1))
    if entry.pointee.index == index { return entry.pointee.page }
    return decode(index, of: memory)
  }

  @inline(never)
  private func decode(_ index: UInt64, of memory: Memory) -> CodePage? {
    guard memory.hasPage(index) else { return nil }
    let page =
      pages[index]
      ?? CodePage(
        memory.readPage(index << 12), at: index << 12, under: rules, stopRange: stopRange)
    pages[index] = page
    _ = memory.noteCode(onPage: index)
    let slot = Int(truncatingIfNeeded: index & UInt64(Self.recentCount - 1))
    recent[slot] = Recent(index: index, page: page)
    return page
  }

  /// Forgets the pages that were written since they were decoded.
  func dropStale(reportedBy memory: Memory) {
    if memory.hasStaleCode { drop(memory.takeStaleCode()) }
  }

  private func drop(_ indices: [UInt64]) {
    for index in indices {
      let slot = Int(truncatingIfNeeded: index & UInt64(Self.recentCount - 1))
      if recent[slot].index == index { recent[slot] = Recent() }
      pages.removeValue(forKey: index)?.deallocate()
    }
  }
}
