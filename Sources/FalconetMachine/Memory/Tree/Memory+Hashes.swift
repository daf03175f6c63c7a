import Keccak

extension Memory {
  /// The memory's Merkle root. Hashes only what changed since the last root or proof: whole pages
  /// at first, and only the parts that differ of pages that change often.
  package func root() -> Bytes32 {
    updateTree()
    return tree.root
  }

  /// The roots of the pages that exist, in ascending order of their indices. Hashes only what
  /// changed since the last root or proof.
  package func pageRoots() -> [(index: UInt64, root: Bytes32)] {
    updateTree()
    return pageIndices.map { ($0, tree.root(ofPage: $0)) }
  }

  /// The proof of the 32-byte leaf that holds `address`: the leaf, then its siblings from the
  /// bottom up, 28 or 60 times 32 bytes. O(1) hashes if pages near it were proved before.
  package func proof(at address: UInt64) -> [UInt8] {
    updateTree()
    let address = address & wordSize.mask
    return tree.proof(
      ofLeafAt: Int(address & 0xFFF), inPage: address >> 12, page(address >> 12))
  }

  /// The root of a page as the tree has it.
  func treeRoot(ofPage index: UInt64) -> Bytes32 { tree.root(ofPage: index) }

  /// The kernel that hashes: the fastest that this processor has, unless another is set. One that
  /// the processor doesn't have is not set.
  package var hashKernel: PairKernel {
    get { tree.kernel }
    set { if newValue.isAvailable { tree.kernel = newValue } }
  }

  /// The most threads that a large job, such as the first root of a memory, is split over: the
  /// host's cores, at most 16, unless another number is set. At least 1.
  package var hashThreads: Int {
    get { tree.threads }
    set { tree.threads = max(newValue, 1) }
  }

  /// Sets for how many pages inner nodes are cached, 8 KiB each, and drops what the tree had. For
  /// tests: the default is plenty for most guests.
  package func restartTree(cachedPages: Int) {
    let old = tree
    tree = MemoryTree(pageIndexBits: wordSize.pageIndexBits, cachedPages: cachedPages)
    (tree.kernel, tree.threads) = (old.kernel, old.threads)
    for index in pageIndices {
      guard let place = place(ofPage: index), !place.flags.contains(.changed) else { continue }
      place.flags.insert(.changed)
      changed.append(index)
    }
  }

  /// The number of pages whose inner nodes are cached, for tests.
  package var cachedPageCount: Int { tree.cachedPageCount }

  private func updateTree() {
    guard !changed.isEmpty else { return }
    tree.update(changed) { self.page($0) }
    clearChanged()
  }
}
