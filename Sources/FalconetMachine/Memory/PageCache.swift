/// A direct-mapped cache from page index to the page's bytes: what makes a guest access a handful of
/// host instructions.
///
/// Soundness: the table has a power of two of entries and indices are masked to it. An entry's
/// pointer is valid while its tag matches: the owner evicts entries before pages change role, and
/// pages live as long as the owner.
struct PageCache {
  struct Entry {
    var tag: UInt64
    var page: UnsafeMutableRawPointer
  }

  static let count = 1024
  /// No page has this index, since an index has at most 52 bits.
  static let noPage = UInt64.max

  let entries: UnsafeMutablePointer<Entry>
  private let placeholder: UnsafeMutableRawPointer

  init(placeholder: UnsafeMutableRawPointer) {
    self.placeholder = placeholder
    entries = .allocate(capacity: Self.count)
    entries.initialize(
      repeating: Entry(tag: Self.noPage, page: placeholder), count: Self.count)
  }

  func deallocate() { entries.deallocate() }

  /// The page, where the cache has it.
  @inline(__always)
  subscript(page index: UInt64) -> UnsafeMutableRawPointer? {
    let entry = entries + Int(truncatingIfNeeded: index & UInt64(Self.count - 1))
    return entry.pointee.tag == index ? entry.pointee.page : nil
  }

  @inline(__always)
  func insert(_ page: UnsafeMutableRawPointer, at index: UInt64) {
    entries[Int(truncatingIfNeeded: index & UInt64(Self.count - 1))] = Entry(tag: index, page: page)
  }

  func evict(_ index: UInt64) {
    let slot = Int(truncatingIfNeeded: index & UInt64(Self.count - 1))
    if entries[slot].tag == index { entries[slot].tag = Self.noPage }
  }

  func evictAll() {
    for slot in 0..<Self.count { entries[slot].tag = Self.noPage }
  }
}
