import Keccak

/// A guest's memory: pages of 4096 bytes, made at their first write and never removed.
///
/// All of the address space is readable; what was never written is zero. Bytes are kept in guest
/// order, so words are big-endian. The Merkle tree over the pages is brought up to date when a root
/// or a proof is asked for.
public final class Memory {
  public static let pageSize = 4096

  /// What is known of one page.
  struct Page {
    let index: UInt64
    let bytes: UnsafeMutableRawPointer
    /// The page's node in the Merkle tree.
    let node: MerkleTree.Node
    /// Written since the tree was last brought up to date.
    var isChanged = true
    /// Instructions of this page are held decoded.
    var hasCode = false
  }

  public let wordSize: WordSize
  private let arena = PageArena()
  private var slots: [UInt64: Int] = [:]
  var pages: [Page] = []
  var changed: [Int] = []
  var tree: MerkleTree

  /// Pages that can be read. A page that doesn't exist is there as the zero page.
  let readable: PageCache
  /// Pages that can be written with no further ado: they exist, are marked changed, hold no decoded
  /// code, and don't hold the reserved word.
  let writable: PageCache
  private let zeroPage: UnsafeMutableRawPointer

  /// The page of the word that `ll` reserved. Never in `writable`, so that stores to it are noticed.
  private var reservedPage: UInt64 = 0
  /// Pages with decoded code that were written since the code was last dropped.
  private(set) var pagesWithStaleCode: [UInt64] = []

  /// An empty memory.
  public init(wordSize: WordSize) {
    self.wordSize = wordSize
    tree = MerkleTree(pageIndexBits: wordSize.pageIndexBits)
    zeroPage = .allocate(byteCount: Self.pageSize, alignment: Self.pageSize)
    zeroPage.initializeMemory(as: UInt8.self, repeating: 0, count: Self.pageSize)
    readable = PageCache(placeholder: zeroPage)
    writable = PageCache(placeholder: zeroPage)
  }

  deinit {
    readable.deallocate()
    writable.deallocate()
    zeroPage.deallocate()
  }

  // MARK: Pages

  /// The number of pages that exist.
  public var pageCount: Int { pages.count }

  /// The indices (address / 4096) of the pages that exist, ascending. O(n log n).
  public var pageIndices: [UInt64] { pages.map(\.index).sorted() }

  /// Whether the page exists.
  public func hasPage(_ index: UInt64) -> Bool { slots[index] != nil }

  /// Calls `body` with the 4096 bytes of a page; zeros where the page doesn't exist.
  public func withPage<Result, Failure: Error>(
    _ index: UInt64, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: page(for: index), count: Self.pageSize))
  }

  func page(for index: UInt64) -> UnsafeMutableRawPointer {
    slots[index].map { pages[$0].bytes } ?? zeroPage
  }

  /// The page's slot; makes the page where it doesn't exist. Nil where the host has no memory left.
  private func slot(making index: UInt64) -> Int? {
    if let slot = slots[index] { return slot }
    guard let bytes = arena.allocate() else { return nil }
    let slot = pages.count
    pages.append(Page(index: index, bytes: bytes, node: tree.insertPage(index)))
    slots[index] = slot
    changed.append(slot)
    readable.evict(index)
    return slot
  }

  // MARK: Words, by the engine's fast paths

  /// The bytes of the page that holds `address`, for reading.
  @inline(__always)
  func readPage(_ address: UInt64) -> UnsafeRawPointer {
    if let page = readable[page: address >> 12] { return UnsafeRawPointer(page) }
    return readPageSlowly(address >> 12)
  }

  @inline(never)
  private func readPageSlowly(_ index: UInt64) -> UnsafeRawPointer {
    let bytes = page(for: index)
    readable.insert(bytes, at: index)
    return UnsafeRawPointer(bytes)
  }

  /// The bytes of the page that holds `address`, for a write that needs no further ado, or nil where
  /// ``preparePage(_:)`` must be called.
  @inline(__always)
  func writablePage(_ address: UInt64) -> UnsafeMutableRawPointer? {
    writable[page: address >> 12]
  }

  /// Readies the page that holds `address` for one write now, makes it where it doesn't exist, and
  /// marks it changed. Later writes need no call where the page can be in the writable cache.
  ///
  /// Decoded code of the page is reported stale: see ``pagesWithStaleCode``.
  ///
  /// - Returns: the page's bytes, or nil where the host has no memory left.
  func preparePage(_ address: UInt64) -> UnsafeMutableRawPointer? {
    let index = address >> 12
    guard let slot = slot(making: index) else { return nil }
    if !pages[slot].isChanged {
      pages[slot].isChanged = true
      changed.append(slot)
    }
    if pages[slot].hasCode {
      pages[slot].hasCode = false
      pagesWithStaleCode.append(index)
    }
    if index != reservedPage { writable.insert(pages[slot].bytes, at: index) }
    return pages[slot].bytes
  }

  /// Keeps the page of the reserved word out of the writable cache.
  @inline(__always)
  func guardPage(of address: UInt64) {
    let index = address >> 12
    guard index != reservedPage else { return }
    reservedPage = index
    writable.evict(index)
  }

  /// Notes that instructions of a page are held decoded, so that a write to it is noticed.
  func noteCode(onPage index: UInt64) {
    guard let slot = slots[index] else { return }
    pages[slot].hasCode = true
    writable.evict(index)
  }

  /// Whether code on the page can go stale: whether a write to it would be noticed.
  func takePagesWithStaleCode() -> [UInt64] {
    defer { pagesWithStaleCode.removeAll(keepingCapacity: true) }
    return pagesWithStaleCode
  }

  /// As ``preparePage(_:)``, with an error where the host has no memory left.
  func preparedPage(_ address: UInt64) throws(HostMemoryError) -> UnsafeMutableRawPointer {
    guard let page = preparePage(address) else {
      throw HostMemoryError(address: address, pageCount: pageCount)
    }
    return page
  }
}
