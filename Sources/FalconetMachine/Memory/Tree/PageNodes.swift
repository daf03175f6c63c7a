import Keccak

/// The Merkle tree inside one page, in 8 KiB: a copy of the page's bytes, which are the leaves, and
/// its 127 nodes. Node 1 is the page's root, nodes 2k and 2k + 1 are the children of node k, and
/// nodes 64 to 127 lie right above the leaves.
///
/// So the two children of every node are 64 bytes in a row, and the nodes of a level too.
///
/// Safety: `start` has ``byteCount`` bytes, which whoever makes the value keeps as long as it
/// uses it. Node numbers are 1 to 127, and offsets below 4096.
struct PageNodes {
  /// Leaves of a page: its 4096 bytes in pieces of 32.
  static let leaves = 128
  /// Levels of nodes above a page's leaves.
  static let levels = 7
  static let byteCount = 2 * Memory.pageSize

  let start: UnsafeMutableRawPointer

  /// Where a node is.
  func node(_ number: Int) -> UnsafeMutableRawPointer { start + Memory.pageSize + 32 * number }

  /// The 64 bytes that a node is the hash of.
  func children(of number: Int) -> UnsafeMutableRawPointer {
    number < 64 ? node(2 * number) : start + 64 * (number - 64)
  }

  var root: Bytes32 { Bytes32(readingFrom: node(1)) }

  /// Takes over a page and computes all nodes.
  func hash(_ page: UnsafeRawPointer, _ kernel: PairKernel) {
    start.copyMemory(from: page, byteCount: Memory.pageSize)
    var count = Self.leaves / 2
    while count > 0 {
      kernel.hash(children(of: count), into: node(count), count: count)
      count /= 2
    }
  }

  /// Which pairs of leaves differ from those of a page: bit k is for bytes 64k to 64k + 63.
  func differences(from page: UnsafeRawPointer) -> UInt64 {
    var differing: UInt64 = 0
    for pair in 0..<64 {
      var bits: UInt64 = 0
      for offset in stride(from: 64 * pair, to: 64 * pair + 64, by: 8) {
        bits |=
          start.load(fromByteOffset: offset, as: UInt64.self)
          ^ page.load(fromByteOffset: offset, as: UInt64.self)
      }
      if bits != 0 { differing |= 1 << UInt64(pair) }
    }
    return differing
  }

  /// Calls `body` with the siblings of the leaf at a byte offset, bottom up.
  func forEachSibling(ofLeafAt offset: Int, _ body: (UnsafeRawPointer) -> Void) {
    body(start + (offset & 0xFE0 ^ 32))
    var number = 64 + offset / 64
    while number > 1 {
      body(node(number ^ 1))
      number /= 2
    }
  }
}
