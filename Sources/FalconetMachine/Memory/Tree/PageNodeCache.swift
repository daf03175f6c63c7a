import Keccak

/// The inner nodes of the pages that are hashed or proved often: a cache of bounded size.
///
/// A round is a root or a proof. A slot may go to another page once it was not used for some rounds; if
/// all are in use a page gets none, so that a pass over more pages than there are slots does not
/// clear them out.
///
/// Safety: slots lie one after the other in a mapping that lives as long as this value or a
/// copy, and their numbers stay below `slots.count`, for which the mapping has room.
struct PageNodeCache {
  private struct Slot {
    var owner: MerkleTree.Node
    var lastUse: UInt64
    let nodes: PageNodes
  }

  /// Slots of 8 KiB: 16 MiB.
  static let defaultCapacity = 2048
  /// Rounds for which a slot stays with its page without use.
  private static let patience: UInt64 = 16
  /// Slots looked at for one to give away.
  private static let search = 16

  private let capacity: Int
  private var slots: [Slot] = []
  private var mapping: HostMapping?
  /// Where the search for a slot to give away goes on.
  private var hand = 0
  private var round: UInt64 = 0

  /// Caches no page if the capacity is 0.
  init(capacity: Int = defaultCapacity) { self.capacity = capacity }

  /// The number of cached pages.
  var count: Int { slots.count }

  /// Begins a round: what is used from here on is used later than what was.
  mutating func beginRound() { round &+= 1 }

  /// The nodes in a slot, which counts as a use.
  mutating func use(_ slot: Int) -> PageNodes {
    slots[slot].lastUse = round
    return slots[slot].nodes
  }

  /// A slot for a page that has none, with anything in it, or nil if all are in use.
  mutating func take(for page: MerkleTree.Node, in tree: inout MerkleTree) -> PageNodes? {
    guard let slot = freeSlot(in: &tree) else { return nil }
    slots[slot].owner = page
    tree.setSlot(slot, of: page)
    return use(slot)
  }

  private mutating func freeSlot(in tree: inout MerkleTree) -> Int? {
    if slots.count < capacity {
      if mapping == nil { mapping = HostMapping(count: capacity * PageNodes.byteCount) }
      guard let mapping else { return nil }
      let nodes = PageNodes(start: mapping.start + slots.count * PageNodes.byteCount)
      slots.append(Slot(owner: 0, lastUse: round, nodes: nodes))
      return slots.count - 1
    }
    for _ in 0..<min(Self.search, slots.count) {
      hand = hand + 1 < slots.count ? hand + 1 : 0
      if round &- slots[hand].lastUse >= Self.patience {
        tree.setSlot(nil, of: slots[hand].owner)
        return hand
      }
    }
    return nil
  }
}
