/// Numbers by guest address, in a table for each *stretch* of addresses that has any: a block and those it goes to are
/// mostly close to one another, so that a look-up finds its part of the table in the host's caches.
///
/// Addresses are multiples of 4. A stretch takes as many bytes of the host as of the guest.
struct PlaceMap {
  /// Where the table of a stretch begins.
  private var stretches = AddressMap()
  /// The tables one after the other; 0 for an address without a number.
  private var entries: [Int32] = []
  /// The stretch that was used last, and where its table begins.
  private var last: (stretch: UInt64, start: Int) = (1, 0)

  /// Bytes of the guest.
  private static let stretch: UInt64 = 512
  private static let entriesOfStretch = 128

  /// Bytes that the tables take.
  var byteCount: Int { 4 * entries.count }

  private static func offset(_ address: UInt64) -> Int {
    Int(truncatingIfNeeded: address >> 2) & (entriesOfStretch - 1)
  }

  /// What ``entries`` has for a number, whose own bits 0 to 31 are enough for it.
  private static func entry(_ number: Int) -> Int32 {
    Int32(truncatingIfNeeded: number >= 0 ? number &+ 1 : number)
  }

  private static func number(_ entry: Int32) -> Int? {
    if entry == 0 { return nil }
    return Int(entry > 0 ? entry &- 1 : entry)
  }

  /// The number of an address; nil if it has none.
  subscript(address: UInt64) -> Int? {
    let stretch = address & ~(Self.stretch - 1)
    guard let start = stretch == last.stretch ? last.start : stretches[stretch] else { return nil }
    return Self.number(entries[start + Self.offset(address)])
  }

  /// Gives an address a number from −2^31 to 2^31 − 2.
  ///
  /// - Returns: the one that it had.
  mutating func set(_ address: UInt64, to number: Int) -> Int? {
    let place = start(ofStretch: address & ~(Self.stretch - 1)) + Self.offset(address)
    defer { entries[place] = Self.entry(number) }
    return Self.number(entries[place])
  }

  private mutating func start(ofStretch stretch: UInt64) -> Int {
    if stretch == last.stretch { return last.start }
    if let start = stretches[stretch] {
      last = (stretch, start)
      return start
    }
    let start = entries.count
    last = (stretch, start)
    entries.append(contentsOf: repeatElement(0, count: Self.entriesOfStretch))
    _ = stretches.set(stretch, to: start)
    return start
  }

  mutating func removeAll() {
    stretches.removeAll()
    entries.removeAll()
    last = (1, 0)
  }
}
