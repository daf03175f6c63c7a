/// Collects symbols one at a time, with all names in one buffer.
struct SymbolTableBuilder {
  private var entries: [SymbolTable.Entry] = []
  private var names: [UInt8] = []

  /// How many bytes of names are left before the limit of a table.
  var nameBytesLeft: Int { SymbolTable.maximumNameBytes - names.count }

  /// Adds a symbol, or answers false if it would go beyond the limits of a table.
  mutating func append(
    name: some Collection<UInt8>, start: UInt64, size: UInt64
  ) -> Bool {
    guard entries.count < SymbolTable.maximumCount, name.count <= nameBytesLeft else {
      return false
    }
    // Within 32 bits: all names together stay within 2^28 bytes.
    entries.append(
      SymbolTable.Entry(
        start: start, size: size, nameOffset: UInt32(truncatingIfNeeded: names.count),
        nameLength: UInt32(truncatingIfNeeded: name.count)))
    names.append(contentsOf: name)
    return true
  }

  /// The table of what was added.
  func finish() -> SymbolTable { SymbolTable(entries, names: names) }
}
