import Keccak

/// The Merkle root of a memory whose pages pass one at a time: keeps each page's root, about 100
/// bytes a page, and not the page.
public struct PageRootTree {
  private var tree: MerkleTree
  private var hasher = PageHasher()

  /// The tree of an empty memory.
  public init(wordSize: WordSize) {
    tree = MerkleTree(pageIndexBits: wordSize.pageIndexBits)
  }

  /// Adds a page, or replaces it.
  ///
  /// - Precondition: `page` has 4096 bytes.
  public mutating func add(page: UnsafeRawBufferPointer, at index: UInt64) {
    guard let bytes = page.baseAddress else { return }
    let node = tree.insertPage(index)
    hasher.hash(CollectionOfOne((node, bytes))) { tree.setPageRoot($1, of: $0) }
  }

  /// Adds a page by its root, or replaces it.
  package mutating func add(root: Bytes32, at index: UInt64) {
    tree.setPageRoot(root, of: tree.insertPage(index))
  }

  /// The root over all pages added so far.
  public mutating func root() -> Bytes32 {
    tree.update()
    return tree.root
  }
}
