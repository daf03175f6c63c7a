import Keccak

/// The memory proofs of one step, and the roots that they lead to.
///
/// Roots are cached, since the versions that a proof may be of ask for the same ones.
final class MemoryProofs {
  /// A leaf and its siblings from the bottom up.
  private struct Proof {
    var leaf: Bytes32
    var siblings: [Bytes32]
    /// Where the leaf itself leads.
    var root: Root?
    /// Where the leaf with another word in it leads.
    var writtenRoot: Root?
  }

  private struct Root {
    var place: UInt64
    var leaf: Bytes32
    var hash: Bytes32
  }

  private var proofs: [Proof]

  /// The proofs in `bytes`, one after the other.
  ///
  /// - Precondition: `bytes` is a whole number of proofs of this word size.
  init(_ bytes: ArraySlice<UInt8>, wordSize: WordSize) {
    let nodes = Self.nodes(bytes)
    let size = wordSize.treeDepth + 1
    proofs = stride(from: 0, to: nodes.count, by: size).map { start in
      Proof(leaf: nodes[start], siblings: Array(nodes[(start + 1)..<(start + size)]))
    }
  }

  /// Sound: no node is read past the bytes' end.
  private static func nodes(_ bytes: ArraySlice<UInt8>) -> [Bytes32] {
    bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return [] }
      return (0..<bytes.count / 32).map { Bytes32(readingFrom: start + 32 * $0) }
    }
  }

  func leaf(_ slot: ProofSlot) -> Bytes32 { proofs[slot.rawValue].leaf }

  /// The root of a memory that has `leaf` at an address, and elsewhere what the proof's siblings
  /// stand for. One hash a level of the tree.
  func root(_ slot: ProofSlot, at address: UInt64, leaf: Bytes32) -> Bytes32 {
    let place = address >> 5
    let isWritten = leaf != proofs[slot.rawValue].leaf
    let known = isWritten ? proofs[slot.rawValue].writtenRoot : proofs[slot.rawValue].root
    if let known, known.place == place, known.leaf == leaf { return known.hash }
    var node = leaf
    var path = place
    for sibling in proofs[slot.rawValue].siblings {
      node = path & 1 == 0 ? Keccak256.hash(node, sibling) : Keccak256.hash(sibling, node)
      path >>= 1
    }
    let root = Root(place: place, leaf: leaf, hash: node)
    if isWritten {
      proofs[slot.rawValue].writtenRoot = root
    } else {
      proofs[slot.rawValue].root = root
    }
    return node
  }
}

extension Bytes32 {
  /// The big-endian integer of 4 or 8 bytes at an address of a leaf.
  ///
  /// - Precondition: the address is a multiple of the size.
  func integer(at address: UInt64, bytes count: Int) -> UInt64 {
    let start = Int(address & 31)
    return (start..<start + count).reduce(0) { $0 << 8 | UInt64(self[$1]) }
  }

  /// Puts the big-endian integer of 4 or 8 bytes at an address of a leaf.
  ///
  /// - Precondition: the address is a multiple of the size.
  mutating func put(_ value: UInt64, at address: UInt64, bytes count: Int) {
    let start = Int(address & 31)
    for index in 0..<count {
      self[start + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index)))
    }
  }
}
