/// Numbers by guest address, in a table for each *stretch* of addresses that has any: a block and those it goes to are
/// mostly close to one another, so that a look-up finds its part of the table in the host's caches.
///
/// Addresses are multiples of 4. A stretch takes as many bytes of the host as of the guest.
///
/// Safety: tables lie in a mapping of ``mostBytes``, one after the other, and a new one must fit. An entry's offset in
/// its table is masked to the table's size.
struct PlaceMap {
  /// The first entry of each stretch's table.
  private var stretches = AddressMap()
  /// The tables; 0 for an address without a number.
  private let tables: HostMapping
  /// How many entries the tables have.
  private var count = 0
  /// The stretch that was used last, and its table's first entry.
  private var last: (stretch: UInt64, start: Int) = (1, 0)

  /// Bytes of the guest.
  private static let stretch: UInt64 = 512
  private static let entriesOfStretch = 128
  /// Bytes of tables from which on the map is full.
  private static let usualBytes = 64 << 20
  /// Bytes that are there: a block that is written just before that adds some tables.
  private static let mostBytes = usualBytes + 1 << 20

  /// An empty map, or nil if the host has no address space.
  init?() {
    guard let tables = HostMapping(count: Self.mostBytes) else { return nil }
    self.tables = tables
  }

  /// Whether tables take as many bytes as they may: there is still room for those of some 2,000 addresses.
  var isFull: Bool { 4 * count >= Self.usualBytes }

  private var entries: UnsafeMutablePointer<Int32> {
    tables.start.assumingMemoryBound(to: Int32.self)
  }

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

  /// Gives an address a number from −2^31 to 2^31 − 2, unless it has one of which a condition is not true.
  ///
  /// - Returns: the one that it had.
  @inline(__always)
  mutating func set(
    _ address: UInt64, to number: Int, if condition: (Int) -> Bool = { _ in true }
  ) -> Int? {
    let entry = entries + (start(ofStretch: address & ~(Self.stretch - 1)) + Self.offset(address))
    let before = Self.number(entry.pointee)
    if before.map(condition) ?? true { entry.pointee = Self.entry(number) }
    return before
  }

  /// Takes its number from each address of a page that has one of 0 or more.
  ///
  /// - Returns: those addresses, ascending, and their numbers.
  mutating func takePlaces(ofPage page: UInt64) -> [(address: UInt64, number: Int)] {
    var taken: [(address: UInt64, number: Int)] = []
    let stretches = 4096 / Self.stretch
    for stretch in 0..<stretches {
      let address = page << 12 + stretch * Self.stretch
      guard let start = self.stretches[address] else { continue }
      for place in 0..<Self.entriesOfStretch {
        guard let number = take(start + place) else { continue }
        taken.append((address + UInt64(place) << 2, number))
      }
    }
    return taken
  }

  /// Takes its number from each of some addresses that has one of 0 or more.
  ///
  /// - Returns: those addresses, and their numbers.
  mutating func takePlaces(of addresses: [UInt64]) -> [(address: UInt64, number: Int)] {
    addresses.compactMap { address in
      guard let start = stretches[address & ~(Self.stretch - 1)],
        let number = take(start + Self.offset(address))
      else { return nil }
      return (address, number)
    }
  }

  /// Takes the number from a place in the tables, if it has one of 0 or more.
  private func take(_ place: Int) -> Int? {
    let entry = entries + place
    guard entry.pointee > 0, let number = Self.number(entry.pointee) else { return nil }
    entry.pointee = 0
    return number
  }

  private mutating func start(ofStretch stretch: UInt64) -> Int {
    if stretch == last.stretch { return last.start }
    if let start = stretches[stretch] {
      last = (stretch, start)
      return start
    }
    let start = count
    count += Self.entriesOfStretch
    precondition(4 * count <= Self.mostBytes, "whoever writes blocks looks at isFull before")
    // Read first, the page would be backed twice: by the system's page of zeros, and by its own.
    entries[start] = 0
    last = (stretch, start)
    _ = stretches.set(stretch, to: start)
    return start
  }

  mutating func removeAll() {
    stretches.removeAll()
    tables.start.initializeMemory(as: UInt8.self, repeating: 0, count: 4 * count)
    count = 0
    last = (1, 0)
  }
}
