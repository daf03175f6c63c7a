extension SymbolTable {
  /// What ``name(at:)`` answers if there are no symbols at all.
  package static let unknown = "!unknown"
  /// What ``name(at:)`` answers below the first symbol.
  package static let beforeFirst = "!start"
  /// What ``name(at:)`` answers between two symbols.
  package static let gap = "!gap"

  /// The symbol that holds `address`, or nil.
  ///
  /// The last one that starts at or below it, if it reaches that far; the address right behind a
  /// symbol counts as part of it. O(log n).
  package func symbol(at address: UInt64) -> Symbol? {
    guard let index = index(at: address), !ends(index, before: address) else { return nil }
    return self[index]
  }

  /// The first symbol of this name, or nil. O(n).
  package func symbol(named name: String) -> Symbol? {
    let wanted = Array(name.utf8)
    return (0..<count).first { nameBytes(at: $0).elementsEqual(wanted) }.map { self[$0] }
  }

  /// The name of the symbol that holds `address`, or one of `!unknown`, `!start` and `!gap`.
  ///
  /// O(log n).
  package func name(at address: UInt64) -> String {
    guard !isEmpty else { return Self.unknown }
    guard let index = index(at: address) else { return Self.beforeFirst }
    return ends(index, before: address) ? Self.gap : self[index].name
  }
}
