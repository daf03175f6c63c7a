/// What is known of a block's accesses to the stack frame.
///
/// When a block begins, the stack pointer is a *frame's* in the ``StackRange``: it is a multiple of the unit, the
/// ``StackRange/frame`` bytes from it on lie in the range, and ``StackRange/reach`` bytes can be read. So a block needs
/// no check for its accesses there.
///
/// A block that leaves the stack pointer at another place, a constant distance away, checks that place before it
/// accesses anything. Then all bytes between the old and the new place are of the range too. If the distance is not
/// known, or more than a check covers, the block checks the stack pointer at its end.
struct FramePlan {
  static let stackPointer: UInt8 = 29

  /// A check before the operation at an index: whether the stack pointer plus a distance would be a frame's.
  struct Check: Equatable {
    let index: Int
    let distance: Int32
  }

  /// The check that the block makes, if it needs one.
  private(set) var check: Check?
  /// Whether the stack pointer is a frame's at the end, if it was at the beginning and the check holds.
  private(set) var isKept = false

  /// An access whose address is a constant more than the stack pointer is at the beginning: the operation, its first
  /// byte, and where the frame's bytes have to end at least. A load may reach further: see ``StackRange/reach``.
  private struct Access {
    var index = 0
    var low: Int32 = 0
    var end: Int32 = 0
    var cost = 0
  }
  private let accesses = Scratch(repeating: Access(), count: Block.mostOperations)
  private var count = 0
  /// The first operation that accesses the frame or changes the stack pointer.
  private var first: Int?
  /// How many operations change the stack pointer.
  private var changes = 0
  private let isWide: Bool

  /// A check takes so many instructions.
  private static let checkCost = 5
  private static let frame = Int32(StackRange.frame)
  private static let reach = Int32(StackRange.reach)
  /// What a check covers fits into a page.
  private static let furthest = 4096 - frame

  init(isWide: Bool) { self.isWide = isWide }

  mutating func clear() {
    check = nil
    isKept = false
    count = 0
    first = nil
    changes = 0
  }

  mutating func noteChange(at index: Int) {
    first = first ?? index
    changes += 1
  }

  /// - Parameter cost: how many instructions the access's own check takes.
  mutating func note(at index: Int, _ offset: Int32, _ size: Int32, isStore: Bool, cost: Int) {
    first = first ?? index
    let end = offset + size - (isStore ? 0 : Self.reach - Self.frame)
    accesses[count] = Access(index: index, low: offset, end: end, cost: cost)
    count += 1
  }

  /// Decides what is checked, and calls `body` with each operation whose access needs no check of its own.
  ///
  /// - Parameter end: how much more the stack pointer is at the end than at the beginning, if that is known.
  mutating func finish(end: Int32?, _ body: (_ index: Int) -> Void) {
    let end = end.flatMap { abs($0) <= Self.furthest ? $0 : nil }
    // In 32 bits a sum may wrap around. Only the one that the check looks at does not.
    if !isWide, changes > 1 || changes == 1 && end == nil { return }
    isKept = end != nil
    let distance = end == nil || end == 0 ? distanceOfOthers() : end
    if let distance, distance != 0, let first { check = Check(index: first, distance: distance) }
    let (low, high) = (min(0, distance ?? 0), max(0, distance ?? 0) + Self.frame)
    for place in 0..<count where accesses[place].low >= low && accesses[place].end <= high {
      body(accesses[place].index)
    }
  }

  /// The distance to check for accesses outside the frame's bytes, if a check is worth while.
  private func distanceOfOthers() -> Int32? {
    var (below, above) = (Int32(0), Self.frame)
    var (costBelow, costAbove) = (0, 0)
    for place in 0..<count {
      let access = accesses[place]
      if access.low < 0, access.low >= -Self.furthest {
        below = min(below, access.low)
        costBelow += access.cost
      } else if access.end > Self.frame, access.end <= Self.furthest {
        above = max(above, access.end)
        costAbove += access.cost
      }
    }
    guard max(costBelow, costAbove) > Self.checkCost else { return nil }
    // Multiples of the unit, for the stack pointer is one.
    return costBelow > costAbove ? below & -8 : (above - Self.frame + 7) & -8
  }
}
