import Keccak

/// Tells which pages of a state a file has to hold: all, or those that are not in the base as they
/// are.
struct DeltaFilter {
  private let base: PageTable
  private var next = 0
  /// The base's pages that the state doesn't have, ascending.
  private(set) var gone: [UInt64] = []

  /// - Parameter base: nil for a full image.
  init(_ base: FsnapBase?) { self.base = base?.table ?? PageTable() }

  /// Whether the file has to hold a page. Pages come in ascending order.
  mutating func holds(_ index: UInt64, _ root: Bytes32) -> Bool {
    while next < base.count, base.indices[next] < index { skip() }
    guard next < base.count, base.indices[next] == index else { return true }
    next += 1
    return base.roots[next - 1] != root
  }

  /// Notes that no page follows.
  mutating func finish() {
    while next < base.count { skip() }
  }

  private mutating func skip() {
    gone.append(base.indices[next])
    next += 1
  }
}
