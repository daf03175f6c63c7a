/// Where runs ended in the middle of blocks that didn't fit into their budgets, and how many steps the blocks had left.
///
/// A thread mostly goes on there only once. Code for the rest of the block would take longer to write than the plain
/// step takes to execute it.
struct CutBlocks {
  private struct Entry {
    var pc: UInt64 = 0
    var steps: UInt64 = 0
    var isTaken = true
  }
  /// An address is forgotten when another comes that shares its place.
  private let entries = Scratch(repeating: Entry(), count: count)
  private static let count = 1 << 10

  private static func place(_ pc: UInt64) -> Int {
    Int(truncatingIfNeeded: pc >> 2) & (count - 1)
  }

  /// Notes that a run ended in the block at an address, which has so many steps, after it executed some of them.
  func note(_ pc: UInt64, length: UInt64, executed: UInt64) {
    guard executed > 0, executed < length else { return }
    let pc = pc &+ 4 &* executed
    let place = Self.place(pc)
    guard entries[place].pc != pc else { return }
    entries[place] = Entry(pc: pc, steps: length - executed, isTaken: false)
  }

  /// How many steps the block that was cut at an address had left, once.
  func take(_ pc: UInt64) -> UInt64? {
    let place = Self.place(pc)
    guard entries[place].pc == pc, !entries[place].isTaken else { return nil }
    entries[place].isTaken = true
    return entries[place].steps
  }
}
