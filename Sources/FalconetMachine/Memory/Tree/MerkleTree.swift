import Keccak

/// The part of the memory's Merkle tree above the pages.
///
/// A binary trie that has the pages that exist as its leaves; a missing child stands for a tree of
/// zeros. A change marks the path to the root; ``update(_:)`` then hashes each marked node once,
/// level by level, many at a time. The way to a page starts where it leaves the way to the page
/// before, so neighbors cost a few nodes. Memory: about 100 bytes for each page of a dense region.
struct MerkleTree {
  /// A node, by its place in the arrays.
  typealias Node = UInt32

  /// No node is a child with this number, since the root is nobody's child.
  private static let missing: Node = 0
  private static let root: Node = 0

  let pageIndexBits: Int
  private var hashes: [Bytes32]
  private var parents: [Node] = [missing]
  /// Of a page, which has no children: how often it was hashed, and one more than its slot among
  /// the cached pages.
  private var children: [(left: Node, right: Node)] = [(missing, missing)]
  /// Whether a node waits to be hashed.
  private var isMarked: [Bool] = [false]
  /// Nodes right above changed pages that wait to be hashed.
  private var marked: [Node] = []
  /// Working memory of ``update(_:)``.
  private var level: [Node] = []
  private var pairs: [Bytes32] = []

  /// The nodes on the way to the page looked up last, root first, down to `pathDepth`.
  private var path: [Node]
  private var pathDepth = 0
  private var pathIndex: UInt64 = 0

  /// An empty tree over 2^`pageIndexBits` pages.
  init(pageIndexBits: Int) {
    self.pageIndexBits = pageIndexBits
    hashes = [ZeroHashes.byHeight[pageIndexBits + PageNodes.levels]]
    path = [Node](repeating: Self.root, count: pageIndexBits + 1)
  }

  /// The root, as of the last ``update(_:)``.
  var root: Bytes32 { hashes[Int(Self.root)] }

  // MARK: Pages

  /// The node of a page, made if it doesn't exist. Bits of the index above the tree's are
  /// ignored. O(depth).
  mutating func insertPage(_ index: UInt64) -> Node {
    descend(to: index, inserting: true)
    return path[pageIndexBits]
  }

  /// The node of a page, or nil if it doesn't exist. O(depth).
  mutating func page(_ index: UInt64) -> Node? {
    descend(to: index, inserting: false)
    return pathDepth == pageIndexBits ? path[pageIndexBits] : nil
  }

  /// Makes `path` the way to a page, as far as it goes.
  private mutating func descend(to index: UInt64, inserting: Bool) {
    let index = index & (1 << UInt64(pageIndexBits) - 1)
    let shared = pageIndexBits - (64 - (index ^ pathIndex).leadingZeroBitCount)
    var depth = min(shared, pathDepth)
    var node = path[depth]
    while depth < pageIndexBits {
      let level = pageIndexBits - 1 - depth
      let goesRight = index >> UInt64(level) & 1 == 1
      let pair = children[Int(node)]
      var child = goesRight ? pair.right : pair.left
      if child == Self.missing {
        guard inserting else { break }
        child = makeChild(of: node, goesRight: goesRight, level: level)
      }
      node = child
      depth += 1
      path[depth] = node
    }
    pathIndex = index
    pathDepth = depth
  }

  private mutating func makeChild(of node: Node, goesRight: Bool, level: Int) -> Node {
    let child = Node(truncatingIfNeeded: parents.count)
    parents.append(node)
    children.append((Self.missing, Self.missing))
    isMarked.append(false)
    hashes.append(ZeroHashes.byHeight[level + PageNodes.levels])
    if goesRight {
      children[Int(node)].right = child
    } else {
      children[Int(node)].left = child
    }
    return child
  }

  /// The root of a page, as it was last set.
  func pageRoot(of page: Node) -> Bytes32 { hashes[Int(page)] }

  /// Sets the root of a page; the tree's root follows with the next ``update(_:)``.
  mutating func setPageRoot(_ hash: Bytes32, of page: Node) {
    hashes[Int(page)] = hash
    mark(parents[Int(page)])
  }

  /// Counts one more hashing of a page.
  /// - Returns: how often it was hashed before.
  mutating func countHashing(of page: Node) -> Int {
    let count = children[Int(page)].left
    if count < Node.max { children[Int(page)].left = count + 1 }
    return Int(count)
  }

  /// The slot of the page's inner nodes, if they are cached.
  func slot(of page: Node) -> Int? {
    let slot = children[Int(page)].right
    return slot == 0 ? nil : Int(slot) - 1
  }

  mutating func setSlot(_ slot: Int?, of page: Node) {
    children[Int(page)].right = slot.map { Node(truncatingIfNeeded: $0 + 1) } ?? 0
  }

  // MARK: Hashing

  private mutating func mark(_ node: Node) {
    guard !isMarked[Int(node)] else { return }
    isMarked[Int(node)] = true
    marked.append(node)
  }

  /// Brings the root up to date with the pages' roots. O(changed pages × depth) at most.
  mutating func update(_ kernel: PairKernel) {
    guard !marked.isEmpty else { return }
    // All pages lie at the same depth, so the nodes marked together are of one level.
    for height in PageNodes.levels..<(PageNodes.levels + pageIndexBits) {
      swap(&level, &marked)
      marked.removeAll(keepingCapacity: true)
      let zero = ZeroHashes.byHeight[height]
      pairs.removeAll(keepingCapacity: true)
      for node in level {
        let (left, right) = children[Int(node)]
        pairs.append(left == Self.missing ? zero : hashes[Int(left)])
        pairs.append(right == Self.missing ? zero : hashes[Int(right)])
      }
      pairs.withUnsafeMutableBytes { pairs in
        guard let start = pairs.baseAddress else { return }
        kernel.hash(start, into: start, count: pairs.count / 64)
      }
      for (position, node) in level.enumerated() {
        hashes[Int(node)] = pairs[position]
        isMarked[Int(node)] = false
        if node != Self.root { mark(parents[Int(node)]) }
      }
    }
    // A large update must not hold its working memory for ever.
    if pairs.capacity > 4096 { (level, marked, pairs) = ([], [], []) }
  }

  // MARK: Proofs

  /// Calls `body` with the siblings on the way from the root to a page, top down.
  mutating func forEachSibling(ofPage index: UInt64, _ body: (Bytes32) -> Void) {
    descend(to: index, inserting: false)
    for depth in 0..<pageIndexBits {
      let level = pageIndexBits - 1 - depth
      var sibling = Self.missing
      if depth <= pathDepth {
        let pair = children[Int(path[depth])]
        sibling = index >> UInt64(level) & 1 == 1 ? pair.left : pair.right
      }
      body(
        sibling == Self.missing
          ? ZeroHashes.byHeight[level + PageNodes.levels] : hashes[Int(sibling)])
    }
  }
}

/// The roots of trees whose leaves are all zero, by height.
package enum ZeroHashes {
  /// `[0]` is the zero leaf, `[7]` an empty page, `[27]` and `[59]` an empty memory.
  package static let byHeight: [Bytes32] = {
    var hashes = [Bytes32()]
    for _ in 0..<59 {
      let last = hashes[hashes.count - 1]
      hashes.append(Keccak256.hash(last, last))
    }
    return hashes
  }()
}
