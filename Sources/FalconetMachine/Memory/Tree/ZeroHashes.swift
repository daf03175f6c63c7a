import Keccak

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
