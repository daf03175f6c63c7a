/// The table that indirect jumps of handlers and of translated code read: the code of blocks, by the address that a
/// block starts at. Each place of the table has room for one block, so some are not in it.
///
/// Safety: the table has a power of two of entries, and indices are masked to it. Zeroed entries have
/// code 0, but an entry whose address matches always has code to go to: the only address that matches a
/// zeroed entry is 0, and its entry gets the code at `missing`.
struct JumpTable {
  /// One entry: the address, then the host address of the code.
  static let entryBytes = 16
  static let codeOffset = 8
  static let count = 1 << 18

  private let mapping: HostMapping
  private let codeStart: UInt
  private let missing: Int
  /// Which pages of the table have entries. If a page were read before it has any, it would be backed twice: by the
  /// system's page of zeros, and by its own.
  private var isUsed = Array(repeating: false, count: pageCount)
  /// How many entries each page without any was offered.
  private var offers = Array(repeating: UInt8(0), count: pageCount)
  /// Backing a page takes as long as this many exits from code for want of an entry.
  private static let mostOffers = 3
  private static let pageBytes = 4096
  private static let pageCount = count * entryBytes / pageBytes

  /// An empty table, or nil if the host has no memory.
  init?(codeStart: UInt, missing: Int) {
    guard let mapping = HostMapping(count: Self.count * Self.entryBytes) else { return nil }
    self.mapping = mapping
    self.codeStart = codeStart
    self.missing = missing
    clear()
  }

  var address: UInt { UInt(bitPattern: mapping.start) }

  /// The offset of an address's entry in the table, in bytes.
  private static func offset(_ pc: UInt64) -> Int {
    (Int(truncatingIfNeeded: pc >> 2) & (count - 1)) * entryBytes
  }

  private func entry(_ offset: Int) -> UnsafeMutablePointer<UInt64> {
    (mapping.start + offset).assumingMemoryBound(to: UInt64.self)
  }

  /// The place of the code for an address, if the table has it.
  subscript(pc: UInt64) -> Int? {
    let offset = Self.offset(pc)
    guard isUsed[offset / Self.pageBytes] else { return nil }
    let entry = entry(offset)
    // The entry of address 0 may lead to no block.
    guard entry[0] == pc, pc != 0 else { return nil }
    return Int(truncatingIfNeeded: entry[Self.codeOffset / 8] &- UInt64(codeStart))
  }

  /// Adds an entry, unless it would be the first of its page and few were offered to the page before.
  mutating func offer(_ place: Int, at pc: UInt64) {
    let page = Self.offset(pc) / Self.pageBytes
    if !isUsed[page], offers[page] < Self.mostOffers {
      offers[page] += 1
    } else {
      insert(place, at: pc)
    }
  }

  private mutating func insert(_ place: Int, at pc: UInt64) {
    let offset = Self.offset(pc)
    isUsed[offset / Self.pageBytes] = true
    let entry = entry(offset)
    entry[0] = pc
    entry[Self.codeOffset / 8] = UInt64(codeStart) + UInt64(place)
  }

  /// Removes the entry of an address, if it has one.
  mutating func remove(_ pc: UInt64) {
    guard self[pc] != nil || pc == 0 else { return }
    // Address 0 has an entry in any case, and so has the place that it shares with others.
    if Self.offset(pc) == 0 {
      insert(missing, at: 0)
    } else {
      entry(Self.offset(pc)).update(repeating: 0, count: Self.entryBytes / 8)
    }
  }

  mutating func clear() {
    for page in isUsed.indices where isUsed[page] {
      (mapping.start + page * Self.pageBytes)
        .initializeMemory(as: UInt8.self, repeating: 0, count: Self.pageBytes)
      isUsed[page] = false
    }
    for page in offers.indices { offers[page] = 0 }
    insert(missing, at: 0)
  }
}
