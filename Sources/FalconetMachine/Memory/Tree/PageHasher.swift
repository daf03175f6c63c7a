import Keccak

/// Computes the Merkle roots of pages: 128 leaves of 32 bytes, so 127 hashes a page.
///
/// Pages are hashed in groups, level by level, so that the kernel always has many nodes at once.
package struct PageHasher {
  /// Leaves of a page: its 4096 bytes in pieces of 32.
  static let leaves = 128
  /// Levels of nodes above a page's leaves.
  static let levels = 7

  /// Pages hashed together: enough to fill the widest kernel at the level below the root.
  private static let group = 8
  private var nodes = [Bytes32](repeating: Bytes32(), count: group * leaves / 2)
  private let kernel = PairKernel.best

  /// Hands the root of each page to `store`, with what the page was given with.
  mutating func hash<Key>(
    _ pages: some Sequence<(Key, UnsafeRawPointer)>, store: (Key, Bytes32) -> Void
  ) {
    var keys: [Key] = []
    keys.reserveCapacity(Self.group)
    nodes.withUnsafeMutableBytes { nodes in
      // The buffer is never empty.
      let nodes = nodes.baseAddress!
      func finish() {
        var count = keys.count * Self.leaves / 2
        while count > keys.count {
          count /= 2
          kernel.hash(nodes, into: nodes, count: count)
        }
        for (position, key) in keys.enumerated() {
          store(key, Bytes32(readingFrom: nodes + 32 * position))
        }
        keys.removeAll(keepingCapacity: true)
      }
      for (key, page) in pages {
        kernel.hash(page, into: nodes + keys.count * 32 * Self.leaves / 2, count: Self.leaves / 2)
        keys.append(key)
        if keys.count == Self.group { finish() }
      }
      if !keys.isEmpty { finish() }
    }
  }

  /// The root of one page.
  /// - Precondition: 4096 bytes are readable at `page`.
  static func root(of page: UnsafeRawPointer) -> Bytes32 {
    var hasher = PageHasher()
    var root = Bytes32()
    hasher.hash(CollectionOfOne(((), page))) { root = $1 }
    return root
  }

  /// The roots of pages that lie one after the other.
  /// - Precondition: `pages` is a multiple of 4096 bytes long.
  package static func roots(of pages: UnsafeRawBufferPointer) -> [Bytes32] {
    guard let start = pages.baseAddress else { return [] }
    var hasher = PageHasher()
    var roots = [Bytes32](repeating: Bytes32(), count: pages.count / Memory.pageSize)
    let keyed = roots.indices.lazy.map { ($0, start + $0 * Memory.pageSize) }
    hasher.hash(keyed) { roots[$0] = $1 }
    return roots
  }

  /// Appends the leaf at a byte offset of a page and its seven siblings inside the page.
  /// - Precondition: `offset` is a multiple of 32 below 4096.
  static func appendProof(
    to proof: inout [UInt8], ofLeafAt offset: Int, in page: UnsafeRawPointer
  ) {
    func append(_ node: UnsafeRawPointer) {
      proof.append(contentsOf: UnsafeRawBufferPointer(start: node, count: 32))
    }
    append(page + offset)
    append(page + (offset ^ 32))
    withUnsafeTemporaryAllocation(of: Bytes32.self, capacity: leaves / 2) { nodes in
      // The capacity is not zero, so the buffer has an address.
      let nodes = UnsafeMutableRawPointer(nodes.baseAddress!)
      var count = leaves / 2
      var position = offset / 64
      PairKernel.best.hash(page, into: nodes, count: count)
      while count > 1 {
        append(nodes + 32 * (position ^ 1))
        count /= 2
        position /= 2
        PairKernel.best.hash(nodes, into: nodes, count: count)
      }
    }
  }
}
