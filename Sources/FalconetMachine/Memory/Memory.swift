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
  private var pages: [Page] = []
  private var changed: [Int] = []
  private var tree: MerkleTree

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

  private func page(for index: UInt64) -> UnsafeMutableRawPointer {
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

  // MARK: Words

  /// The 8 bytes at an address that is a multiple of 8.
  @inline(__always)
  func load64(_ address: UInt64) -> UInt64 {
    readPage(address).load(fromByteOffset: Int(address & 0xFF8), as: UInt64.self).bigEndian
  }

  /// The 4 bytes at an address that is a multiple of 4.
  @inline(__always)
  func load32(_ address: UInt64) -> UInt32 {
    readPage(address).load(fromByteOffset: Int(address & 0xFFC), as: UInt32.self).bigEndian
  }

  /// The instruction word at an address; its two low bits are ignored.
  public func instruction(at address: UInt64) -> UInt32 { load32(address & wordSize.mask) }

  /// The word at an address; its low bits inside a word are ignored. Zero-extended.
  public func loadWord(at address: UInt64) -> UInt64 {
    wordSize == .bits64 ? load64(address) : UInt64(load32(address))
  }

  /// Writes the word at an address; its low bits inside a word are ignored. Makes the page.
  public func storeWord(_ value: UInt64, at address: UInt64) throws(HostMemoryError) {
    let page = if let page = writablePage(address) { page } else { try preparedPage(address) }
    if wordSize == .bits64 {
      page.storeBytes(of: value.bigEndian, toByteOffset: Int(address & 0xFF8), as: UInt64.self)
    } else {
      page.storeBytes(
        of: UInt32(truncatingIfNeeded: value).bigEndian, toByteOffset: Int(address & 0xFFC),
        as: UInt32.self)
    }
  }

  private func preparedPage(_ address: UInt64) throws(HostMemoryError) -> UnsafeMutableRawPointer {
    guard let page = preparePage(address) else {
      throw HostMemoryError(address: address, pageCount: pageCount)
    }
    return page
  }

  // MARK: Ranges

  /// Writes bytes at an address; the range wraps at the end of the address space. Makes every page
  /// it touches. O(n).
  public func write(
    _ bytes: UnsafeRawBufferPointer, at address: UInt64
  ) throws(HostMemoryError) {
    try forEachPart(of: address, count: UInt64(bytes.count)) { part, range in
      part.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }

  /// Writes `count` zero bytes at an address, and makes every page it touches. O(n).
  public func clear(at address: UInt64, count: UInt64) throws(HostMemoryError) {
    try forEachPart(of: address, count: count) { part, _ in
      part.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }

  /// Calls `body` for each page that a range touches, with the bytes of the page in the range, and
  /// which part of the range they are.
  private func forEachPart(
    of address: UInt64, count: UInt64,
    _ body: (UnsafeMutableRawBufferPointer, Range<Int>) -> Void
  ) throws(HostMemoryError) {
    var done: UInt64 = 0
    while done < count {
      let position = (address &+ done) & wordSize.mask
      let offset = Int(position & 0xFFF)
      let size = Int(min(UInt64(Self.pageSize - offset), count - done))
      let page = try preparedPage(position)
      body(
        UnsafeMutableRawBufferPointer(start: page + offset, count: size),
        Int(done)..<Int(done) + size)
      done += UInt64(size)
    }
  }

  /// Appends `count` bytes from an address to `bytes`; the range wraps at the end of the address
  /// space. Reading makes no page. O(n).
  public func read(into bytes: inout [UInt8], from address: UInt64, count: Int) {
    bytes.reserveCapacity(bytes.count + count)
    var done = 0
    while done < count {
      let position = (address &+ UInt64(done)) & wordSize.mask
      let offset = Int(position & 0xFFF)
      let size = min(Self.pageSize - offset, count - done)
      let start = page(for: position >> 12) + offset
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: size))
      done += size
    }
  }

  // MARK: Hashes

  /// The memory's Merkle root. Hashes only pages that changed since the last root or proof.
  public func root() -> Bytes32 {
    updateTree()
    return tree.root
  }

  /// The roots of the pages that exist, in ascending order of their indices. Hashes only pages that
  /// changed since the last root or proof.
  package func pageRoots() -> [(index: UInt64, root: Bytes32)] {
    updateTree()
    return pages.map { ($0.index, tree.pageRoot(of: $0.node)) }.sorted { $0.0 < $1.0 }
  }

  /// The proof of the 32-byte leaf that holds `address`: the leaf, then its siblings from the bottom
  /// up, 28 or 60 times 32 bytes.
  public func proof(at address: UInt64) -> [UInt8] {
    updateTree()
    var proof: [UInt8] = []
    proof.reserveCapacity(wordSize.memoryProofBytes)
    let address = address & wordSize.mask
    PageHasher.appendProof(
      to: &proof, ofLeafAt: Int(address & 0xFE0), in: UnsafeRawPointer(page(for: address >> 12)))
    tree.appendSiblings(to: &proof, ofPage: address >> 12)
    return proof
  }

  private func updateTree() {
    guard !changed.isEmpty else { return }
    var hasher = PageHasher()
    hasher.hash(changed.lazy.map { (self.pages[$0].node, UnsafeRawPointer(self.pages[$0].bytes)) }) {
      tree.setPageRoot($1, of: $0)
    }
    for slot in changed { pages[slot].isChanged = false }
    changed.removeAll(keepingCapacity: true)
    writable.evictAll()
    tree.update()
  }
}
