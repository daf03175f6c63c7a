import Keccak

/// A guest's memory: pages of 4096 bytes, made at their first write and never removed.
///
/// All of the address space is readable; what was never written is zero. Bytes are kept in guest
/// order, so words are big-endian. The Merkle tree over the pages is brought up to date when a root
/// or a proof is asked for.
///
/// Safety: a page's place stays valid as long as the memory lives, since pages never move. Offsets into
/// a page are below 4096, and a value's offset is a multiple of its size, so that it lies inside the
/// page. One thread at a time uses a memory.
package final class Memory {
  package static let pageSize = 4096

  package let wordSize: WordSize
  /// Where the pages lie that most accesses go to.
  let space: GuestSpace
  private let far = FarPages()
  private let zeroPage: UnsafeMutableRawPointer

  /// The most pages that may exist. A step that would make one more fails with ``HostMemoryError``, in every
  /// engine. Copies for ``MemoryView``s do not count.
  package var pageLimit = Int.max
  /// The pages that exist, in the order they were made.
  private var made: [UInt64] = []
  let viewLock = MemoryView.Lock()
  /// The view that pages are copied for before they are written, as long as anyone has it.
  weak var latestView: MemoryView?
  /// The history that gets pages before they are written, as long as anyone has it.
  weak var history: PageHistory?
  /// What is noticed of accesses.
  private(set) var watches = WatchedMemory()
  let watchTable = WatchTable()
  /// The pages that were written since the tree was last brought up to date.
  var changed: [UInt64] = []
  var tree: MemoryTree

  /// The page of the word that `ll` reserved.
  private var reservedPage: UInt64 = 0
  /// Whether a page with decoded code was written since the code was last discarded.
  private(set) var hasStaleCode = false
  private var staleCode: [UInt64] = []

  /// An empty memory.
  ///
  /// - Parameter reservesAddressSpace: whether pages may lie in reserved host address space, which
  ///   makes accesses fast. If the host refuses the reservation, they don't.
  package init(wordSize: WordSize, reservesAddressSpace: Bool = true) {
    self.wordSize = wordSize
    space = reservesAddressSpace ? GuestSpace.make(wordSize) : GuestSpace()
    tree = MemoryTree(pageIndexBits: wordSize.pageIndexBits)
    zeroPage = .allocate(byteCount: Self.pageSize, alignment: Self.pageSize)
    zeroPage.initializeMemory(as: UInt8.self, repeating: 0, count: Self.pageSize)
    guardPage(of: 0)
  }

  deinit {
    zeroPage.deallocate()
    watchTable.deallocate()
  }

  /// Whether pages lie in reserved host address space. Otherwise they are found through a table, which
  /// makes accesses slower, and nothing else.
  package var hasReservedAddressSpace: Bool { space.isReserved }

  // MARK: Pages

  /// The number of pages that exist.
  package var pageCount: Int { made.count }

  /// The indices (address / 4096) of the pages that exist, ascending. O(n log n).
  package var pageIndices: [UInt64] { made.sorted() }

  /// Whether the page exists.
  package func hasPage(_ index: UInt64) -> Bool {
    place(ofPage: index)?.flags.contains(.exists) ?? false
  }

  /// Calls `body` with the 4096 bytes of a page; zeros if the page doesn't exist.
  package func withPage<Result, Failure: Error>(
    _ index: UInt64, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: page(index), count: Self.pageSize))
  }

  /// The bytes of a page for reading; zeros if it doesn't exist.
  func page(_ index: UInt64) -> UnsafeRawPointer {
    UnsafeRawPointer(place(ofPage: index)?.bytes ?? zeroPage)
  }

  func place(ofPage index: UInt64) -> PagePlace? {
    space.place(ofPage: index) ?? far.place(ofPage: index)
  }

  // MARK: Accesses

  /// The bytes of the page that holds `address`, for reading.
  @inline(__always)
  func readPage(_ address: UInt64) -> UnsafeRawPointer {
    if address & space.outside == 0 {
      return UnsafeRawPointer(space.base + Int(truncatingIfNeeded: address & ~0xFFF))
    }
    return readPageElsewhere(address >> 12)
  }

  @inline(never)
  private func readPageElsewhere(_ index: UInt64) -> UnsafeRawPointer { page(index) }

  /// The bytes of the page that holds `address`, for a write that needs no preparation, or nil if
  /// ``preparePage(_:)`` must be called.
  @inline(__always)
  func writablePage(_ address: UInt64) -> UnsafeMutableRawPointer? {
    guard let place = space.place(ofPage: address >> 12) ?? farPlace(address >> 12),
      place.flags == .directlyWritable
    else { return nil }
    return place.bytes
  }

  @inline(never)
  private func farPlace(_ index: UInt64) -> PagePlace? { far.place(ofPage: index) }

  /// Prepares the page that holds `address` for one write, makes it if it doesn't exist, and marks
  /// it changed. Later writes need no call while the page is directly writable.
  ///
  /// Decoded code of the page is reported stale: see ``takeStaleCode()``.
  ///
  /// - Returns: the page's bytes, or nil if the host has no memory left or the guest may have no more.
  func preparePage(_ address: UInt64) -> UnsafeMutableRawPointer? {
    let index = address >> 12
    guard mayMake(index),
      let place = space.place(ofPage: index) ?? far.place(makingPage: index)
    else { return nil }
    var flags = place.flags
    if flags.contains(.viewed) { latestView?.preserve(index, place.bytes) }
    if flags.contains(.viewed) || !flags.contains(.exists) { history?.willWrite(index, place) }
    if !flags.contains(.exists) {
      space.populate(fromPage: index)
      made.append(index)
    }
    if !flags.contains(.changed) { changed.append(index) }
    if flags.contains(.code) {
      staleCode.append(index)
      hasStaleCode = true
    }
    flags.subtract([.code, .viewed])
    flags.formUnion(.directlyWritable)
    if index == reservedPage { flags.insert(.reserved) }
    // Asking the flag first makes the stores to a watched page several times faster.
    if flags.contains(.watched) || !watches.pages.isEmpty && watches.pages.contains(index) {
      flags.insert(.watched)
      watches.note(address, wordSize)
    }
    place.flags = flags
    return place.bytes
  }

  /// Has the next stores to a page that exists need no call, unless more than its first change has to be noticed.
  ///
  /// - Returns: whether it is directly writable.
  func makeDirectlyWritable(_ index: UInt64) -> Bool {
    guard let flags = place(ofPage: index)?.flags else { return false }
    if flags == .directlyWritable { return true }
    guard flags.contains(.exists), flags.isDisjoint(with: [.code, .reserved, .watched]) else {
      return false
    }
    return preparePage(index << 12) != nil && place(ofPage: index)?.flags == .directlyWritable
  }

  /// As ``preparePage(_:)``, with an error if the page cannot be made.
  func preparedPage(_ address: UInt64) throws(HostMemoryError) -> UnsafeMutableRawPointer {
    guard let page = preparePage(address) else {
      throw noPage(address)
    }
    return page
  }

  /// Makes stores to the page of the reserved word take the slow path.
  @inline(__always)
  func guardPage(of address: UInt64) {
    let index = address >> 12
    if index != reservedPage {
      place(ofPage: reservedPage)?.flags.remove(.reserved)
      reservedPage = index
    }
    place(ofPage: index)?.flags.insert(.reserved)
  }

  /// The bytes of the page of the reserved word, to which stores take the usual path from here on; nil if more than
  /// the reservation keeps it from being directly writable.
  @inline(__always)
  func pageWithoutReservation(_ address: UInt64) -> UnsafeMutableRawPointer? {
    let reserved: PageFlags = [.exists, .changed, .reserved]
    guard let place = space.place(ofPage: address >> 12), place.flags == reserved else {
      return nil
    }
    guardPage(of: 0)
    return place.bytes
  }

  /// Makes the next write to each of some pages, or to one that doesn't exist yet, known to ``history``.
  func markForHistory(_ pages: some Sequence<UInt64>) {
    for index in pages { place(ofPage: index)?.flags.insert(.viewed) }
  }

  // MARK: Watches

  /// Has stores to some ranges noticed, see ``takeWatchedStore()``, and has engines leave before they read
  /// others. No other ranges are watched.
  func watch(writes: [WatchedRange], reads: [WatchedRange]) {
    guard writes != watches.writes || reads != watches.reads else { return }
    for index in watches.pages { place(ofPage: index)?.flags.remove(.watched) }
    watches = WatchedMemory(writes: writes, reads: reads, wordSize)
    watchTable.set(watches)
    for index in watches.pages {
      if let place = place(ofPage: index), place.flags.contains(.exists) {
        place.flags.insert(.watched)
      }
    }
  }

  /// The address of a store to a word with a watched byte since this was last asked.
  func takeWatchedStore() -> UInt64? { watches.takeStore() }

  /// Whether no engine may execute a store of `count` bytes at an address: there is decoded code in the
  /// page, or a byte is watched.
  func isLeftToPlainStep(_ address: UInt64, _ count: Int) -> Bool {
    guard let flags = place(ofPage: address >> 12)?.flags else {
      return watches.coversStore(address, count)
    }
    return flags.contains(.code)
      || (flags.contains(.watched) || !flags.contains(.exists))
        && watches.coversStore(address, count)
  }

  /// The bytes of a page for a store of `count` bytes beside its watched ones, which is all that keeps it
  /// from being directly writable. Nil if anything else does.
  func pageBesideWatches(_ address: UInt64, _ count: Int) -> UnsafeMutableRawPointer? {
    guard let place = place(ofPage: address >> 12), place.flags == .writableBesideWatches,
      !watchTable.mayCoverStore(address & ~UInt64(count - 1), count)
    else { return nil }
    return place.bytes
  }

  /// Makes some pages as if they had never been written.
  func discardPages(where isDiscarded: (UInt64) -> Bool) {
    for index in made where isDiscarded(index) {
      preparePage(index << 12)?.initializeMemory(as: UInt8.self, repeating: 0, count: Self.pageSize)
      place(ofPage: index)?.flags.remove(.exists)
    }
    made.removeAll(where: isDiscarded)
  }

  // MARK: Code

  /// Marks a page whose instructions are decoded, so that a write to it is noticed.
  ///
  /// - Returns: whether it is marked; false if the page doesn't exist.
  func markCode(onPage index: UInt64) -> Bool {
    guard let place = place(ofPage: index), place.flags.contains(.exists) else { return false }
    place.flags.insert(.code)
    return true
  }

  /// The pages with decoded code that were written since this was last asked.
  func takeStaleCode() -> [UInt64] {
    defer {
      staleCode.removeAll(keepingCapacity: true)
      hasStaleCode = false
    }
    return staleCode
  }

  /// Unmarks pages of which no instruction is decoded any longer.
  func unmarkCode(onPages pages: some Sequence<UInt64>) {
    for index in pages { place(ofPage: index)?.flags.remove(.code) }
  }

  /// Marks the pages as what the tree holds.
  func clearChanged() {
    for index in changed { place(ofPage: index)?.flags.remove(.changed) }
    changed.removeAll(keepingCapacity: true)
  }
}
