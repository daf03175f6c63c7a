import FalconetMachine
import Keccak

/// The memory's Merkle tree, computed by recursion over the written leaves: an independent check.
struct NaiveTree {
  let wordSize: WordSize
  /// The leaves that hold anything, by their number: address / 32.
  var leaves: [UInt64: Bytes32] = [:]

  init(_ wordSize: WordSize) { self.wordSize = wordSize }

  init(of memory: Memory) {
    wordSize = memory.wordSize
    for index in memory.pageIndices {
      memory.withPage(index) { page in
        for leaf in 0..<128 {
          let bytes = Bytes32(Array(page[32 * leaf..<32 * leaf + 32]))
          leaves[index << 7 + UInt64(leaf)] = bytes
        }
      }
    }
  }

  static func zero(_ height: Int) -> Bytes32 {
    var hash = Bytes32()
    for _ in 0..<height { hash = Keccak256.hash(hash.bytes + hash.bytes) }
    return hash
  }

  var root: Bytes32 { node(height: wordSize.treeDepth, Array(leaves)) }

  private func node(height: Int, _ leaves: [(key: UInt64, value: Bytes32)]) -> Bytes32 {
    guard let first = leaves.first else { return Self.zero(height) }
    if height == 0 { return first.value }
    let bit = UInt64(1) << UInt64(height - 1)
    let left = node(height: height - 1, leaves.filter { $0.key & bit == 0 })
    let right = node(height: height - 1, leaves.filter { $0.key & bit != 0 })
    return Keccak256.hash(left.bytes + right.bytes)
  }

  /// The root that a proof of the leaf at an address stands for.
  static func root(of proof: [UInt8], at address: UInt64) -> Bytes32? {
    guard var node = Bytes32(proof.prefix(32)) else { return nil }
    for level in 0..<proof.count / 32 - 1 {
      let sibling = Array(proof[32 * (level + 1)..<32 * (level + 2)])
      let isRight = address >> UInt64(5 + level) & 1 == 1
      node = Keccak256.hash(isRight ? sibling + node.bytes : node.bytes + sibling)
    }
    return node
  }
}
