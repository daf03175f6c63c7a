import FalconetMachine
import Keccak

/// The memory proofs of a step, made to be proofs of one memory: whatever the leaves and siblings are,
/// all lead to the same root.
///
/// A node on the way of one proof may be a sibling in another. Such siblings follow from the other
/// leaf; all others stay as they are.
struct MemoryProofSeal {
  private struct Place: Hashable {
    var level: Int
    var index: UInt64
  }

  private let wordSize: WordSize
  /// The proofs that have been added: where each is in the proof data, and the index of its leaf.
  private var proofs: [(start: Int, leaf: UInt64)] = []
  private var leaves: [UInt64: Bytes32] = [:]
  private var siblings: [Place: Bytes32] = [:]

  init(_ wordSize: WordSize) { self.wordSize = wordSize }

  /// Adds a proof, and rewrites those that have been added in the data of a step.
  ///
  /// - Parameter start: where the proof begins in the data.
  /// - Returns: the memory's root.
  mutating func add(proofAt start: Int, address: UInt64, of data: inout [UInt8]) -> Bytes32 {
    let leaf = address >> 5
    proofs.append((start, leaf))
    // What an earlier proof says holds.
    if leaves[leaf] == nil { leaves[leaf] = Self.node(0, of: data, start) }
    for level in 0..<wordSize.treeDepth {
      let place = Place(level: level, index: leaf >> UInt64(level) ^ 1)
      if siblings[place] == nil { siblings[place] = Self.node(level + 1, of: data, start) }
    }
    for proof in proofs {
      Self.put(node(Place(level: 0, index: proof.leaf)), 0, in: &data, proof.start)
      for level in 0..<wordSize.treeDepth {
        let place = Place(level: level, index: proof.leaf >> UInt64(level) ^ 1)
        Self.put(node(place), level + 1, in: &data, proof.start)
      }
    }
    return node(Place(level: wordSize.treeDepth, index: 0))
  }

  /// A node of the memory's tree.
  private func node(_ place: Place) -> Bytes32 {
    guard leaves.keys.contains(where: { $0 >> UInt64(place.level) == place.index }) else {
      return siblings[place] ?? Bytes32()
    }
    guard place.level > 0 else { return leaves[place.index] ?? Bytes32() }
    let child = Place(level: place.level - 1, index: place.index << 1)
    return Keccak256.hash(node(child), node(Place(level: child.level, index: child.index | 1)))
  }

  /// The leaf of a proof, or one of its siblings from 1 on.
  private static func node(_ number: Int, of data: [UInt8], _ start: Int) -> Bytes32 {
    Bytes32(data[(start + 32 * number)...].prefix(32)) ?? Bytes32()
  }

  private static func put(_ node: Bytes32, _ number: Int, in data: inout [UInt8], _ start: Int) {
    let place = start + 32 * number
    data.replaceSubrange(place..<place + 32, with: node.bytes)
  }
}
