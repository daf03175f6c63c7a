import CKeccak

/// Keccak-256 with the original padding: Ethereum's hash, not SHA-3.
///
/// ```swift
/// var hasher = Keccak256()
/// hasher.update(Array("abc".utf8))
/// let hash = hasher.finalize()
/// ```
///
/// Safety: the state has 25 lanes, and offsets into it stay below the rate of 136 bytes. Pointers to it
/// are valid during the closure that gets them.
package struct Keccak256 {
  /// Bytes absorbed between two permutations: (1600 − 2·256) / 8.
  static let rate = 136

  private var lanes = InlineArray<25, UInt64>(repeating: 0)
  /// Bytes absorbed since the last permutation; less than ``rate``.
  private var filled = 0

  package init() {}

  /// Absorbs `bytes`. O(n).
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var filled = filled
    defer { self.filled = filled }
    unsafe withUnsafeMutablePointer(to: &lanes) { lanes in
      let block = UnsafeMutableRawPointer(lanes)
      var position = 0
      while position < bytes.count {
        if filled % 8 == 0, bytes.count - position >= 8 {
          let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
          let old = unsafe block.load(fromByteOffset: filled, as: UInt64.self)
          unsafe block.storeBytes(of: old ^ word, toByteOffset: filled, as: UInt64.self)
          filled += 8
          position += 8
        } else {
          unsafe Self.flip(bytes[position], at: filled, in: block)
          filled += 1
          position += 1
        }
        if filled == Self.rate {
          unsafe ckeccak_permute(block.assumingMemoryBound(to: UInt64.self))
          filled = 0
        }
      }
    }
  }

  /// Absorbs `bytes`. O(n).
  package mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  /// Absorbs the 32 bytes of `value`.
  package mutating func update(_ value: Bytes32) {
    unsafe value.withBytes { unsafe update($0) }
  }

  /// The hash of all that was absorbed.
  package consuming func finalize() -> Bytes32 {
    let filled = filled
    return unsafe withUnsafeMutablePointer(to: &lanes) { lanes in
      let block = UnsafeMutableRawPointer(lanes)
      unsafe Self.flip(0x01, at: filled, in: block)
      unsafe Self.flip(0x80, at: Self.rate - 1, in: block)
      unsafe ckeccak_permute(block.assumingMemoryBound(to: UInt64.self))
      return unsafe Bytes32(readingFrom: block)
    }
  }

  /// Adds a byte to the one at an offset of the state.
  private static func flip(_ bits: UInt8, at offset: Int, in block: UnsafeMutableRawPointer) {
    let old = unsafe block.load(fromByteOffset: offset, as: UInt8.self)
    unsafe block.storeBytes(of: old ^ bits, toByteOffset: offset, as: UInt8.self)
  }

  /// The hash of `bytes`.
  package static func hash(_ bytes: UnsafeRawBufferPointer) -> Bytes32 {
    var hasher = Keccak256()
    unsafe hasher.update(bytes)
    return hasher.finalize()
  }

  /// The hash of `bytes`.
  package static func hash(_ bytes: [UInt8]) -> Bytes32 {
    unsafe bytes.withUnsafeBytes { unsafe hash($0) }
  }

  /// The hash of the 64 bytes `left` ‖ `right`: a Merkle node.
  package static func hash(_ left: Bytes32, _ right: Bytes32) -> Bytes32 {
    var node = (left, right)
    return unsafe withUnsafeMutableBytes(of: &node) { bytes in
      // The buffer is the 64 bytes of a variable, so it has an address.
      let node = bytes.baseAddress!
      unsafe PairKernel.plain.hash(node, into: node, count: 1)
      return unsafe Bytes32(readingFrom: node)
    }
  }
}
