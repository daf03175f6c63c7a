/// Numbers by guest address, for look-ups that are too many for a `Dictionary`. Its hashing is made for keys of an
/// attacker's choice. Here whoever writes the guest only makes their own runs slow.
///
/// Addresses are even. Entries lie in an array whose size is a power of two, at the place that the hash gives or one of
/// the next. At most half of the array is used.
struct AddressMap {
  private var entries: [(address: UInt64, value: Int)]
  private(set) var count = 0
  private var shift: UInt64

  /// No address has this value.
  private static let unused: UInt64 = 1
  private static let smallest: UInt64 = 10

  init() {
    entries = Array(repeating: (Self.unused, 0), count: 1 << Self.smallest)
    shift = 64 - Self.smallest
  }

  /// The place of an address, or the unused one if it would go.
  @inline(__always)
  private func place(_ address: UInt64) -> Int {
    // Fibonacci hashing: the high bits of a multiple of 2^64 / golden ratio.
    var place = Int(truncatingIfNeeded: (address &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    while entries[place].address != address, entries[place].address != Self.unused {
      place = (place + 1) & (entries.count - 1)
    }
    return place
  }

  /// The number of an address; nil if it has none.
  subscript(address: UInt64) -> Int? {
    let entry = entries[place(address)]
    return entry.address == address ? entry.value : nil
  }

  /// Gives an address a number.
  ///
  /// - Returns: the one that it had.
  mutating func set(_ address: UInt64, to value: Int) -> Int? {
    var place = place(address)
    let before = entries[place].address == address ? entries[place].value : nil
    if entries[place].address == Self.unused {
      if 2 * (count + 1) > entries.count {
        grow()
        place = self.place(address)
      }
      count += 1
    }
    entries[place] = (address, value)
    return before
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: (Self.unused, 0), count: 2 * old.count)
    shift -= 1
    for entry in old where entry.address != Self.unused { entries[place(entry.address)] = entry }
  }

  mutating func removeAll() { self = AddressMap() }
}
