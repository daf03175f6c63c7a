import Keccak
import Synchronization

/// A memory as it was at one moment, while the guest goes on: pages are shared with the memory until
/// the guest writes them, and copied right before.
///
/// May be read from another thread than the machine's, one thread at a time. Costs a few bytes a page
/// when it is made, and a page for each one that is written while it lives. Views of several moments
/// can live at once: each page is copied once, for the newest, and older ones find it there.
///
/// Safety: `copies` is accessed under the lock that all views of a memory share. A page without a
/// copy in this view or a newer one was not written since this view was made: the memory marks pages
/// when it makes a view, and calls ``preserve(_:_:)`` before the first write to a marked page. Reading such
/// a page holds the lock, which that write waits for. Copies are never changed, and freed with the view.
package final class MemoryView: @unchecked Sendable {
  /// The lock that all views of one memory share.
  final class Lock: Sendable {
    let mutex = Mutex<Void>(())
  }

  /// A page that existed.
  struct Page {
    let index: UInt64
    let bytes: UnsafeMutableRawPointer
  }

  package let wordSize: WordSize
  /// Keeps the pages where they are.
  private let memory: Memory
  private let lock: Lock
  /// Ascending.
  private let pages: [Page]
  /// The roots of pages that had not changed since they were last hashed.
  private let knownRoots: [UInt64: Bytes32]
  private var copies: [UInt64: UnsafeMutableRawPointer] = [:]
  /// The view made after this one, whose copies serve this one too.
  private var newer: MemoryView?
  /// The view made before this one, as long as anyone has it.
  private(set) weak var older: MemoryView?

  init(
    _ memory: Memory, lock: Lock, pages: [Page], knownRoots: [UInt64: Bytes32]
  ) {
    self.memory = memory
    self.lock = lock
    self.pages = pages
    self.knownRoots = knownRoots
    wordSize = memory.wordSize
  }

  deinit {
    for copy in copies.values { copy.deallocate() }
  }

  /// Tells the newest view so far of the next one.
  func link(to newer: MemoryView) {
    lock.mutex.withLock { _ in
      self.newer = newer
      newer.older = self
    }
  }

  /// Takes over what the next view has, which nobody uses any longer.
  func absorbNewer() {
    lock.mutex.withLock { _ in
      guard let next = newer else { return }
      for (index, copy) in next.copies {
        if copies[index] == nil { copies[index] = copy } else { copy.deallocate() }
      }
      next.copies = [:]
      newer = next.newer
      newer?.older = self
    }
  }

  /// Copies a page that is about to be written, if the view has none of it yet.
  func preserve(_ index: UInt64, _ bytes: UnsafeRawPointer) {
    lock.mutex.withLock { _ in
      guard copies[index] == nil else { return }
      let copy = UnsafeMutableRawPointer.allocate(
        byteCount: Memory.pageSize, alignment: Memory.pageSize)
      copy.copyMemory(from: bytes, byteCount: Memory.pageSize)
      copies[index] = copy
    }
  }

  // MARK: Reading

  /// The number of pages.
  package var pageCount: Int { pages.count }

  /// The indices (address / 4096) of the pages, ascending.
  package var pageIndices: [UInt64] { pages.map(\.index) }

  /// Pages copied for this view alone.
  package var ownPageCount: Int { lock.mutex.withLock { _ in copies.count } }

  /// Pages copied for this view and for those after it: the memory that the views take.
  package var copiedPageCount: Int {
    lock.mutex.withLock { _ in
      var count = 0
      var view: MemoryView? = self
      while let next = view {
        count += next.copies.count
        view = next.newer
      }
      return count
    }
  }

  /// Calls `body` with each page, ascending: its index and its 4096 bytes, valid during the call.
  package func forEachPage<Failure: Error>(
    _ body: (UInt64, UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try forEachPage(where: { _ in true }, body)
  }

  /// Calls `body` with each page whose index is chosen, ascending.
  package func forEachPage<Failure: Error>(
    where isChosen: (UInt64) -> Bool,
    _ body: (UInt64, UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Memory.pageSize, alignment: Memory.pageSize)
    defer { buffer.deallocate() }
    for page in pages where isChosen(page.index) {
      read(page, into: buffer)
      try body(page.index, UnsafeRawBufferPointer(buffer))
    }
  }

  private func read(_ page: Page, into buffer: UnsafeMutableRawBufferPointer) {
    lock.mutex.withLock { _ in
      let bytes = copy(of: page.index) ?? page.bytes
      buffer.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: Memory.pageSize))
    }
  }

  /// The page's copy in this view or the first newer one that has any. Under the lock.
  private func copy(of index: UInt64) -> UnsafeMutableRawPointer? {
    var view: MemoryView? = self
    while let next = view {
      if let copy = next.copies[index] { return copy }
      view = next.newer
    }
    return nil
  }

  /// The indices of pages that were written since the view was made. For the thread that
  /// the machine runs on.
  func changedIndices() -> Set<UInt64> {
    lock.mutex.withLock { _ in
      var indices: Set<UInt64> = []
      var view: MemoryView? = self
      while let next = view {
        indices.formUnion(next.copies.keys)
        view = next.newer
      }
      return indices
    }
  }

  // MARK: Hashes

  /// The root of each page, ascending. Hashes those that had changed when the view was made.
  package func pageRoots() -> [(index: UInt64, root: Bytes32)] {
    var roots: [(index: UInt64, root: Bytes32)] = []
    roots.reserveCapacity(pages.count)
    let group = 64
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: group * Memory.pageSize, alignment: Memory.pageSize)
    defer { buffer.deallocate() }
    var pending: [Int] = []
    func hashPending() {
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(pending.count * Memory.pageSize)])
      for (position, root) in zip(pending, PageHasher.roots(of: bytes)) {
        roots[position].root = root
      }
      pending.removeAll(keepingCapacity: true)
    }
    for page in pages {
      let known = knownRoots[page.index]
      roots.append((page.index, known ?? Bytes32()))
      guard known == nil else { continue }
      let start = pending.count * Memory.pageSize
      read(
        page,
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + Memory.pageSize]))
      pending.append(roots.count - 1)
      if pending.count == group { hashPending() }
    }
    if !pending.isEmpty { hashPending() }
    return roots
  }
}
