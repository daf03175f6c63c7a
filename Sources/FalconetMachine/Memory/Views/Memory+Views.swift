import Keccak

extension Memory {
  /// The memory as it is at this moment, to be read while the guest goes on.
  ///
  /// O(pages), some nanoseconds each; hashes nothing.
  ///
  /// - Parameter keepsRoots: whether the view is to have the roots of pages that the Merkle tree has
  ///   up to date, so that it hashes only the others.
  package func view(keepsRoots: Bool = false) -> MemoryView {
    var pages: [MemoryView.Page] = []
    pages.reserveCapacity(pageCount)
    var roots: [UInt64: Bytes32] = [:]
    for index in pageIndices {
      guard let place = place(ofPage: index) else { continue }
      pages.append(MemoryView.Page(index: index, bytes: place.bytes))
      if keepsRoots, !place.flags.contains(.changed) { roots[index] = treeRoot(ofPage: index) }
      place.flags.insert(.viewed)
    }
    let view = MemoryView(
      self, lock: viewLock, pages: pages, knownRoots: roots)
    latestView?.link(to: view)
    latestView = view
    return view
  }

  /// Makes the memory what it was when a view of it was made. Other views stay what they are.
  ///
  /// O(pages written since).
  ///
  /// - Precondition: the view is of this memory.
  func restore(_ view: MemoryView) {
    let changed = view.changedIndices()
    view.forEachPage(where: changed.contains) { index, bytes in
      // The page exists, so there is no host memory to run out of.
      preparePage(index << 12).map { page in
        UnsafeMutableRawBufferPointer(start: page, count: Self.pageSize).copyMemory(from: bytes)
      }
    }
    // All pages of the view exist by now, so the same number of pages is the same pages.
    guard pageCount != view.pageCount else { return }
    let kept = Set(view.pageIndices)
    discardPages { !kept.contains($0) }
  }

  /// Drops a view that nobody needs any longer, so that pages copied for it alone are freed.
  ///
  /// - Precondition: the view is of this memory, and is not used after this.
  package func release(_ view: MemoryView) {
    guard let older = view.older else { return }
    older.absorbNewer()
    if latestView === view { latestView = older }
  }

  /// A memory with the same pages. O(pages).
  func copy() throws(HostMemoryError) -> Memory {
    let copy = Memory(wordSize: wordSize)
    copy.pageLimit = pageLimit
    for index in pageIndices {
      try copy.write(
        UnsafeRawBufferPointer(start: page(index), count: Self.pageSize), at: index << 12)
    }
    return copy
  }
}
