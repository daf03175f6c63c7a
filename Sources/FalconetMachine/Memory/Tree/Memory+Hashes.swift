import Keccak

extension Memory {
  /// The memory's Merkle root. Hashes only pages that changed since the last root or proof.
  public func root() -> Bytes32 {
    updateTree()
    return tree.root
  }

  /// The roots of the pages that exist, in ascending order of their indices. Hashes only pages that
  /// changed since the last root or proof.
  package func pageRoots() -> [(index: UInt64, root: Bytes32)] {
    updateTree()
    return pageIndices.map { ($0, tree.pageRoot(of: tree.insertPage($0))) }
  }

  /// The proof of the 32-byte leaf that holds `address`: the leaf, then its siblings from the bottom
  /// up, 28 or 60 times 32 bytes.
  public func proof(at address: UInt64) -> [UInt8] {
    updateTree()
    var proof: [UInt8] = []
    proof.reserveCapacity(wordSize.memoryProofBytes)
    let address = address & wordSize.mask
    PageHasher.appendProof(
      to: &proof, ofLeafAt: Int(address & 0xFE0), in: page(address >> 12))
    tree.appendSiblings(to: &proof, ofPage: address >> 12)
    return proof
  }

  /// The root of a page as the tree has it.
  func treeRoot(ofPage index: UInt64) -> Bytes32 { tree.pageRoot(of: tree.insertPage(index)) }

  private func updateTree() {
    guard !changed.isEmpty else { return }
    var hasher = PageHasher()
    hasher.hash(changed.lazy.map { (self.tree.insertPage($0), self.page($0)) }) {
      tree.setPageRoot($1, of: $0)
    }
    clearChanged()
    tree.update()
  }
}
