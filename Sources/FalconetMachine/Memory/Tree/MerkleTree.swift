import Keccak

/// The part of the memory's Merkle tree above the pages.
///
/// A binary trie that has the pages that exist as its leaves; a missing child stands for a tree of
/// zeros. A change marks the path to the root; ``update()`` then hashes each marked node once, level
/// by level, many at a time. Memory: about 100 bytes for each page of a dense region.
struct MerkleTree {
  /// A node, by its place in the arrays.
  typealias Node = UInt32

  /// No node is a child with this number, since the root is nobody's child.
  private static let missing: Node = 0
  private static let root: Node = 0

  private let pageIndexBits: Int
  private var hashes: [Bytes32]
  private var parents: [Node] = [missing]
  private var children: [(left: Node, right: Node)] = [(missing, missing)]
  /// Whether a node waits to be hashed.
  private var isMarked: [Bool] = [false]
  /// Nodes right above changed pages that wait to be hashed.
  private var marked: [Node] = []

  /// An empty tree over 2^`pageIndexBits` pages.
  init(pageIndexBits: Int) {
    self.pageIndexBits = pageIndexBits
    hashes = [ZeroHashes.byHeight[pageIndexBits + PageHasher.levels]]
  }

  /// The root, as of the last ``update()``.
  var root: Bytes32 { hashes[Int(Self.root)] }

  /// The node of a page, made where it doesn't exist. Bits of the index above the tree's are ignored.
  /// O(depth).
  mutating func insertPage(_ index: UInt64) -> Node {
    var node = Self.root
    for level in stride(from: pageIndexBits - 1, through: 0, by: -1) {
      let goesRight = index >> UInt64(level) & 1 == 1
      let pair = children[Int(node)]
      var child = goesRight ? pair.right : pair.left
      if child == Self.missing {
        child = Node(truncatingIfNeeded: parents.count)
        parents.append(node)
        children.append((Self.missing, Self.missing))
        isMarked.append(false)
        hashes.append(ZeroHashes.byHeight[level + PageHasher.levels])
        if goesRight {
          children[Int(node)].right = child
        } else {
          children[Int(node)].left = child
        }
      }
      node = child
    }
    return node
  }

  /// The root of a page, as it was last set.
  func pageRoot(of page: Node) -> Bytes32 { hashes[Int(page)] }

  /// Sets the root of a page; the tree's root follows with the next ``update()``.
  mutating func setPageRoot(_ hash: Bytes32, of page: Node) {
    hashes[Int(page)] = hash
    mark(parents[Int(page)])
  }

  private mutating func mark(_ node: Node) {
    guard !isMarked[Int(node)] else { return }
    isMarked[Int(node)] = true
    marked.append(node)
  }

  /// Brings the root up to date with the pages' roots. O(changed pages × depth) at most.
  mutating func update() {
    let kernel = PairKernel.best
    var pairs: [Bytes32] = []
    // All pages lie at the same depth, so the nodes marked together are of one level.
    for height in PageHasher.levels..<(PageHasher.levels + pageIndexBits) {
      let level = marked
      marked = []
      let zero = ZeroHashes.byHeight[height]
      pairs.removeAll(keepingCapacity: true)
      for node in level {
        let (left, right) = children[Int(node)]
        pairs.append(left == Self.missing ? zero : hashes[Int(left)])
        pairs.append(right == Self.missing ? zero : hashes[Int(right)])
      }
      pairs.withUnsafeMutableBytes { pairs in
        guard let pairs = pairs.baseAddress else { return }
        kernel.hash(pairs, into: pairs, count: level.count)
      }
      for (position, node) in level.enumerated() {
        hashes[Int(node)] = pairs[position]
        isMarked[Int(node)] = false
        if node != Self.root { mark(parents[Int(node)]) }
      }
    }
  }

  /// Appends the siblings on the way from a page to the root, bottom up.
  func appendSiblings(to proof: inout [UInt8], ofPage index: UInt64) {
    var siblings: [Bytes32] = []
    var node: Node? = Self.root
    for level in stride(from: pageIndexBits - 1, through: 0, by: -1) {
      let goesRight = index >> UInt64(level) & 1 == 1
      let pair = node.map { children[Int($0)] } ?? (Self.missing, Self.missing)
      let (child, sibling) = goesRight ? (pair.1, pair.0) : (pair.0, pair.1)
      siblings.append(
        sibling == Self.missing
          ? ZeroHashes.byHeight[level + PageHasher.levels] : hashes[Int(sibling)])
      node = child == Self.missing ? nil : child
    }
    for sibling in siblings.reversed() {
      sibling.withBytes { proof.append(contentsOf: $0) }
    }
  }
}
