import FalconetMachine
import FalconetStreams
import Keccak

/// The pages of a memory by their indices, ascending, with the Merkle root of each: what a memory
/// is, in 40 bytes a page.
package struct PageTable: Sendable, Equatable {
  /// Page indices (address / 4096), ascending.
  package private(set) var indices: [UInt64] = []
  /// The root of each page: the node of the memory's Merkle tree above its 128 leaves.
  package private(set) var roots: [Bytes32] = []

  /// A table without pages.
  package init() {}

  /// The table of pages that come in ascending order.
  init(_ pages: [(index: UInt64, root: Bytes32)]) {
    indices = pages.map(\.index)
    roots = pages.map(\.root)
  }

  /// The table of a memory. Hashes only pages that changed since its last root or proof.
  package init(_ memory: Memory) { self.init(memory.pageRoots()) }

  /// The number of pages.
  package var count: Int { indices.count }

  /// Adds a page.
  /// - Precondition: its index is above all others.
  mutating func append(_ index: UInt64, _ root: Bytes32) {
    indices.append(index)
    roots.append(root)
  }

  /// Keccak-256 of the entries, 40 bytes each: index, 8 bytes big-endian, then root.
  ///
  /// Names a list of pages. The memory root doesn't: pages of zeros don't change it.
  package var digest: Bytes32 {
    var hasher = Keccak256()
    for (index, root) in zip(indices, roots) {
      withUnsafeBytes(of: index.bigEndian) { hasher.update($0) }
      hasher.update(root)
    }
    return hasher.finalize()
  }

  /// The Merkle root of the memory. One hash a page if pages lie next to one another.
  package func memoryRoot(_ wordSize: WordSize) -> Bytes32 {
    PageRootTree.root(ofAscending: zip(indices, roots), wordSize: wordSize)
  }

  /// The position of a page. O(log n).
  func position(of index: UInt64) -> Int? {
    var low = 0
    var high = indices.count
    while low < high {
      let middle = (low + high) / 2
      if indices[middle] < index { low = middle + 1 } else { high = middle }
    }
    return low < indices.count && indices[low] == index ? low : nil
  }
}
