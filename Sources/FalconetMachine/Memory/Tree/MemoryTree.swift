import FalconetThreads
import Keccak

/// The Merkle tree over a memory: the trie above the pages, and inside the pages that change or are
/// proved often, their nodes.
///
/// A page's first hashings compute all of it. From the third on its nodes are cached if there is
/// room, and only what differs is hashed.
///
/// Safety: the pages that `page` gives have 4096 bytes, and nobody writes them during an update or a
/// proof.
struct MemoryTree {
  /// Hashings of a page before its nodes are cached.
  private static let hashingsBeforeCaching = 2
  /// Pages hashed at a time, so that a large memory needs no large working memory.
  private static let batch = 16384

  private var trie: MerkleTree
  private var cache: PageNodeCache
  var kernel = PairKernel.best
  /// The most threads that hash at the same time.
  var threads = ParallelLoop.width

  /// The tree of an empty memory, which caches the nodes of up to `cachedPages` pages.
  init(pageIndexBits: Int, cachedPages: Int = PageNodeCache.defaultCapacity) {
    trie = MerkleTree(pageIndexBits: pageIndexBits)
    cache = PageNodeCache(capacity: cachedPages)
  }

  /// The root, as of the last ``update(_:page:)``.
  var root: Bytes32 { trie.root }

  /// The number of pages whose nodes are cached.
  var cachedPageCount: Int { cache.count }

  /// The root of a page, as of the last ``update(_:page:)``.
  mutating func root(ofPage index: UInt64) -> Bytes32 {
    trie.page(index).map { trie.pageRoot(of: $0) } ?? ZeroHashes.byHeight[PageNodes.levels]
  }

  // MARK: Hashing

  /// Brings the tree up to date with pages that changed.
  ///
  /// - Parameters:
  ///   - changed: the indices of the pages, none of them twice.
  ///   - page: gives the 4096 bytes of a page.
  mutating func update(_ changed: [UInt64], page: (UInt64) -> UnsafeRawPointer) {
    cache.beginRound()
    for start in stride(from: 0, to: changed.count, by: Self.batch) {
      update(changed[start..<min(start + Self.batch, changed.count)], page)
    }
    trie.update(kernel)
  }

  private mutating func update(
    _ changed: ArraySlice<UInt64>, _ page: (UInt64) -> UnsafeRawPointer
  ) {
    var cold: [MerkleTree.Node] = []
    var coldPages: [UnsafeRawPointer] = []
    var hot: [MerkleTree.Node] = []
    var jobs: [PageRehash.Job] = []
    for index in changed {
      let node = trie.insertPage(index)
      let bytes = page(index)
      let count = trie.countHashing(of: node)
      if let slot = trie.slot(of: node) {
        let nodes = cache.use(slot)
        let differing = nodes.differences(from: bytes)
        guard differing != 0 else { continue }
        jobs.append(PageRehash.Job(nodes: nodes, page: bytes, differing: differing))
        hot.append(node)
      } else if count >= Self.hashingsBeforeCaching, let nodes = cache.take(for: node, in: &trie) {
        jobs.append(PageRehash.Job(nodes: nodes, page: bytes, differing: .max))
        hot.append(node)
      } else {
        cold.append(node)
        coldPages.append(bytes)
      }
    }
    PageRehash.run(&jobs, kernel)
    for (node, job) in zip(hot, jobs) { trie.setPageRoot(job.nodes.root, of: node) }
    let roots = PageHasher.roots(of: coldPages, kernel, threads: threads)
    for (node, root) in zip(cold, roots) { trie.setPageRoot(root, of: node) }
  }

  // MARK: Proofs

  /// The proof of the leaf at a byte offset of a page: the leaf, then its siblings from the bottom
  /// up. The page's nodes are cached from here on, if there is room.
  ///
  /// - Parameters:
  ///   - page: the page's 4096 bytes, as they were when the tree was last brought up to date.
  ///   - offset: below 4096; its bits inside a leaf are ignored.
  mutating func proof(
    ofLeafAt offset: Int, inPage index: UInt64, _ page: UnsafeRawPointer
  ) -> [UInt8] {
    cache.beginRound()
    let capacity = 32 * (1 + PageNodes.levels + trie.pageIndexBits)
    return [UInt8](unsafeUninitializedCapacity: capacity) { proof, count in
      let proof = UnsafeMutableRawBufferPointer(proof)
      var start = 0
      func append(_ node: UnsafeRawPointer) {
        proof[start..<start + 32].copyBytes(from: UnsafeRawBufferPointer(start: node, count: 32))
        start += 32
      }
      append(page + (offset & ~31))
      forEachSibling(ofLeafAt: offset, inPage: index, page, append)
      var end = capacity
      trie.forEachSibling(ofPage: index) { sibling in
        sibling.withBytes { proof[end - 32..<end].copyBytes(from: $0) }
        end -= 32
      }
      count = capacity
    }
  }

  /// Calls `body` with the siblings of a leaf inside its page, bottom up.
  private mutating func forEachSibling(
    ofLeafAt offset: Int, inPage index: UInt64, _ page: UnsafeRawPointer,
    _ body: (UnsafeRawPointer) -> Void
  ) {
    guard let node = trie.page(index) else {
      for height in 0..<PageNodes.levels {
        withUnsafePointer(to: ZeroHashes.byHeight[height]) { body($0) }
      }
      return
    }
    if let slot = trie.slot(of: node) {
      cache.use(slot).forEachSibling(ofLeafAt: offset, body)
    } else if let nodes = cache.take(for: node, in: &trie) {
      nodes.hash(page, kernel)
      nodes.forEachSibling(ofLeafAt: offset, body)
    } else {
      withUnsafeTemporaryAllocation(byteCount: PageNodes.byteCount, alignment: 64) { bytes in
        // The allocation is not empty, so it has an address.
        guard let start = bytes.baseAddress else { return }
        PageNodes(start: start).hash(page, kernel)
        PageNodes(start: start).forEachSibling(ofLeafAt: offset, body)
      }
    }
  }
}
