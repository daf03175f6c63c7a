import FalconetThreads
import Keccak

/// The Merkle root of a memory whose pages pass one at a time: keeps each page's root, 40 bytes a
/// page wherever it lies, and of the pages only the last few, which wait to be hashed together.
package struct PageRootTree {
  /// A node of one level: its place in the level, and its hash.
  private struct Node {
    var index: UInt64
    var hash: Bytes32
  }

  /// Nodes hashed together: enough for every kernel, few enough to stay in the cache.
  private static let batch = 256

  private let pageIndexBits: Int
  private var pages: [Node] = []
  /// Whether the pages are in ascending order, none of them twice.
  private var isAscending = true

  /// Pages that wait to be hashed, one after the other, and their places in `pages`.
  private var waiting: [UInt8] = []
  private var waitingPlaces: [Int] = []
  /// Pages hashed at a time: as many as fit into a core's cache, or as keep all cores busy.
  private let waitingLimit = ParallelLoop.width == 1 ? 64 : 512 * ParallelLoop.width

  /// The tree of an empty memory.
  package init(wordSize: WordSize) { pageIndexBits = wordSize.pageIndexBits }

  /// Adds a page, or replaces it. Pages in ascending order cost least.
  ///
  /// - Precondition: `page` has 4096 bytes.
  package mutating func add(page: UnsafeRawBufferPointer, at index: UInt64) {
    guard page.count == Memory.pageSize else { return }
    add(root: Bytes32(), at: index)
    waiting.append(contentsOf: page)
    waitingPlaces.append(pages.count - 1)
    if waitingPlaces.count == waitingLimit { hashWaiting() }
  }

  private mutating func hashWaiting() {
    let roots = waiting.withUnsafeBytes { PageHasher.roots(of: $0, threads: ParallelLoop.width) }
    for (place, root) in zip(waitingPlaces, roots) { pages[place].hash = root }
    waiting.removeAll(keepingCapacity: true)
    waitingPlaces.removeAll(keepingCapacity: true)
  }

  /// Adds a page by its root, or replaces it. Bits of the index above the tree's are ignored.
  package mutating func add(root: Bytes32, at index: UInt64) {
    let index = index & (1 << UInt64(pageIndexBits) - 1)
    if let last = pages.last, index <= last.index { isAscending = false }
    pages.append(Node(index: index, hash: root))
  }

  /// The root over all pages added so far. O(pages) hashes if pages lie next to one another, and
  /// O(pages · log(address space)) if they are scattered.
  package mutating func root() -> Bytes32 {
    hashWaiting()
    sort()
    var nodes = pages
    return Self.fold(&nodes, levels: pageIndexBits)
  }

  /// The root of a memory with these pages, in ascending order, none of them twice.
  package static func root(
    ofAscending pages: some Sequence<(UInt64, Bytes32)>, wordSize: WordSize
  ) -> Bytes32 {
    var nodes = pages.map { Node(index: $0.0, hash: $0.1) }
    return fold(&nodes, levels: wordSize.pageIndexBits)
  }

  /// Brings the pages into ascending order; of those added twice, the last one stays.
  private mutating func sort() {
    guard !isAscending else { return }
    // A stable sort: pages added twice stay in the order in which they came.
    pages.sort { $0.index < $1.index }
    var kept = 0
    for position in pages.indices {
      if kept > 0, pages[kept - 1].index == pages[position].index { kept -= 1 }
      pages[kept] = pages[position]
      kept += 1
    }
    pages.removeLast(pages.count - kept)
    isAscending = true
  }

  /// The root above the nodes of one level, which must be in ascending order: hashes level by
  /// level, in place, since each parent has a place at or before that of its first child.
  private static func fold(_ nodes: inout [Node], levels: Int) -> Bytes32 {
    var pairs = [Bytes32](repeating: Bytes32(), count: 2 * batch)
    for height in PageNodes.levels..<PageNodes.levels + levels {
      let zero = ZeroHashes.byHeight[height]
      var next = 0
      var done = 0
      while next < nodes.count {
        var count = 0
        while count < batch, next < nodes.count {
          let (index, hash) = (nodes[next].index, nodes[next].hash)
          next += 1
          pairs[2 * count] = index & 1 == 0 ? hash : zero
          pairs[2 * count + 1] = index & 1 == 0 ? zero : hash
          if index & 1 == 0, next < nodes.count, nodes[next].index == index + 1 {
            pairs[2 * count + 1] = nodes[next].hash
            next += 1
          }
          nodes[done + count].index = index >> 1
          count += 1
        }
        pairs.withUnsafeMutableBytes { pairs in
          guard let pairs = pairs.baseAddress else { return }
          PairKernel.best.hash(pairs, into: pairs, count: count)
        }
        for position in 0..<count { nodes[done + position].hash = pairs[position] }
        done += count
      }
      nodes.removeLast(nodes.count - done)
    }
    return nodes.first?.hash ?? ZeroHashes.byHeight[PageNodes.levels + levels]
  }
}
