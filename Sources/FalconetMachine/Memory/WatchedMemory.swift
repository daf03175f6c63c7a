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

/// The ranges in which stores are noticed and before whose loads an engine leaves, and what was noticed.
struct WatchedMemory {
  let writes: [WatchedRange]
  let reads: [WatchedRange]
  /// The pages that have a byte whose writes are watched.
  let pages: Set<UInt64>
  /// Where reads are watched: from a multiple of 8, so many bytes. 0 if they are not.
  let readStart: UInt64
  let readSize: UInt64
  private var store: UInt64?

  /// Nothing is watched.
  init() { self.init(writes: [], reads: [], .bits64) }

  init(writes: [WatchedRange], reads: [WatchedRange], _ wordSize: WordSize) {
    self.writes = writes
    self.reads = reads
    var pages: Set<UInt64> = []
    for range in writes where range.start <= wordSize.mask {
      for page in range.start >> 12...min(range.last, wordSize.mask) >> 12 { pages.insert(page) }
    }
    self.pages = pages
    let start = (reads.map(\.start).min() ?? 0) & ~7
    let last = (reads.map(\.last).max() ?? 0) | 7
    readStart = start
    readSize = reads.isEmpty ? 0 : max(last - start, last - start &+ 1)
  }

  /// Whether the writing of any of `count` bytes at an address, whose bits inside of them are ignored, is
  /// watched.
  func coversStore(_ address: UInt64, _ count: Int) -> Bool {
    Self.contains(writes, address, count)
  }

  /// The same of reading.
  func coversLoad(_ address: UInt64, _ count: Int) -> Bool {
    Self.contains(reads, address, count)
  }

  private static func contains(
    _ ranges: [WatchedRange], _ address: UInt64, _ count: Int
  ) -> Bool {
    let range = WatchedRange(address & ~UInt64(count - 1), count: UInt64(count))
    return ranges.contains { $0.overlaps(range) }
  }

  /// Notes a store to the word at an address, if a byte of it is watched.
  mutating func note(_ address: UInt64, _ wordSize: WordSize) {
    if coversStore(address, wordSize.bytes) { store = address }
  }

  mutating func takeStore() -> UInt64? {
    defer { store = nil }
    return store
  }
}

/// Which accesses inside of a page may be watched, by their offset: what engines ask about a page that has
/// watched bytes, so that accesses beside these stay in their code.
///
/// One table serves all pages: an access at the offset of another page's watched byte is looked at more
/// closely, and no more.
///
/// Safety: 4096 bytes are allocated and initialized; offsets are cut to 12 bits. The memory that owns the
/// table frees it.
struct WatchTable {
  let bytes: UnsafeMutablePointer<UInt8>
  private static let count = 4096

  init() {
    bytes = .allocate(capacity: Self.count)
    bytes.initialize(repeating: 0, count: Self.count)
  }

  func deallocate() { bytes.deallocate() }

  /// The bit of an access of 1, 2, 4 or 8 bytes in the entry of its offset, a multiple of its size.
  static func storeBit(_ count: Int) -> UInt8 { 1 << UInt8(count.trailingZeroBitCount) }
  static func loadBit(_ count: Int) -> UInt8 { storeBit(count) << 4 }

  func set(_ watches: WatchedMemory) {
    bytes.update(repeating: 0, count: Self.count)
    for range in watches.writes { add(range, Self.storeBit) }
    for range in watches.reads { add(range, Self.loadBit) }
  }

  private func add(_ range: WatchedRange, _ bit: (Int) -> UInt8) {
    let most = UInt64(Self.count - 1)
    for place in range.start...(range.start + min(range.last - range.start, most)) {
      let offset = Int(place & most)
      for count in [1, 2, 4, 8] { bytes[offset & ~(count - 1)] |= bit(count) }
    }
  }

  /// Whether a store at an address that is a multiple of its size may be watched.
  func mayCoverStore(_ address: UInt64, _ count: Int) -> Bool {
    bytes[Int(address & 0xFFF)] & Self.storeBit(count) != 0
  }
}
