/// Bytes of a guest's memory that are watched. The range doesn't wrap.
package struct WatchedRange: Sendable, Equatable, Hashable {
  package let start: UInt64
  /// The last byte.
  package let last: UInt64

  /// - Parameter count: at least 1; bytes past the end of the address space don't count.
  package init(_ start: UInt64, count: UInt64) {
    self.start = start
    let (last, overflow) = start.addingReportingOverflow(max(count, 1) - 1)
    self.last = overflow ? .max : last
  }

  package func overlaps(_ other: WatchedRange) -> Bool {
    start <= other.last && other.start <= last
  }
}

/// The ranges in which stores are noticed, and what was noticed.
struct WatchedMemory {
  let ranges: [WatchedRange]
  /// The pages that have a watched byte.
  let pages: Set<UInt64>
  private var store: UInt64?

  /// Nothing is watched.
  init() {
    ranges = []
    pages = []
  }

  init(_ ranges: [WatchedRange], _ wordSize: WordSize) {
    self.ranges = ranges
    var pages: Set<UInt64> = []
    for range in ranges {
      for page in (range.start & wordSize.mask) >> 12...(range.last & wordSize.mask) >> 12 {
        pages.insert(page)
      }
    }
    self.pages = pages
  }

  /// Whether any of `count` bytes at an address, whose bits inside of them are ignored, is watched.
  func overlaps(_ address: UInt64, _ count: Int) -> Bool {
    let range = WatchedRange(address & ~UInt64(count - 1), count: UInt64(count))
    return ranges.contains { $0.overlaps(range) }
  }

  /// Notes a store to the word at an address, if a byte of it is watched.
  mutating func note(_ address: UInt64, _ wordSize: WordSize) {
    if overlaps(address, wordSize.bytes) { store = address }
  }

  mutating func takeStore() -> UInt64? {
    defer { store = nil }
    return store
  }
}
