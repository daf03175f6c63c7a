/// Where the code of blocks is, by the address they start at: the table that indirect jumps go
/// through, which holds as many blocks as fit, one in each place.
///
/// Soundness: the table has a power of two of entries, and indices are masked to it. Its zeroed
/// entries hold code 0, which the entry of address 0 gets replaced by `missing`, so that an entry
/// whose address matches always has code to go to.
struct BlockTable {
  /// Of an entry: the address at offset 0, the code at offset 8.
  static let entryBytes = 16
  static let count = 1 << 14

  private let mapping: HostMapping
  private let missing: UInt
  private var isUsed = false

  /// An empty table, or nil where the host has no memory.
  init?(missing: UInt) {
    guard let mapping = HostMapping(count: Self.count * Self.entryBytes) else { return nil }
    self.mapping = mapping
    self.missing = missing
    clear()
  }

  var address: UInt { UInt(bitPattern: mapping.start) }

  private func entry(_ pc: UInt64) -> UnsafeMutablePointer<UInt64> {
    let place = Int(truncatingIfNeeded: pc >> 2) & (Self.count - 1)
    return (mapping.start + place * Self.entryBytes).assumingMemoryBound(to: UInt64.self)
  }

  mutating func insert(_ code: UInt, at pc: UInt64) {
    isUsed = true
    let entry = entry(pc)
    entry[0] = pc
    entry[1] = UInt64(code)
  }

  mutating func clear() {
    if isUsed { mapping.start.initializeMemory(as: UInt8.self, repeating: 0, count: mapping.count) }
    insert(missing, at: 0)
    isUsed = false
  }
}
