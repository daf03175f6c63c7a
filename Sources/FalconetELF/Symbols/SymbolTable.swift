/// The symbols of a program in ascending order of their start: what `meta.json` holds.
///
/// Takes 24 bytes a symbol and one buffer for all names; a name becomes a string when it is asked
/// for.
package struct SymbolTable: Sendable {
  /// The most symbols that a table may have, 2^24.
  package static let maximumCount = 1 << 24
  /// The most bytes that all names of a table may take together, 2^28 (256 MiB).
  package static let maximumNameBytes = 1 << 28

  struct Entry {
    var start: UInt64
    var size: UInt64
    /// Where in ``names`` its name begins, and how many bytes it has.
    var nameOffset: UInt32
    var nameLength: UInt32
  }

  private let entries: [Entry]
  private let names: [UInt8]

  /// Takes entries in any order. Those that start at the same address keep the order they have
  /// here.
  ///
  /// - Precondition: every entry's name lies within `names`.
  init(_ entries: [Entry], names: [UInt8]) {
    self.names = names
    // Linkers and Cannon write them in order.
    guard zip(entries, entries.dropFirst()).contains(where: { $0.start > $1.start }) else {
      self.entries = entries
      return
    }
    // `sort` of the standard library is stable in fact, not by contract, so the index decides.
    let order = entries.indices.sorted {
      (entries[$0].start, $0) < (entries[$1].start, $1)
    }
    self.entries = order.map { entries[$0] }
  }

  /// Takes symbols in any order, or nil if they are more than a table may hold. Those that start
  /// at the same address keep the order they have here.
  package init?(_ symbols: some Sequence<Symbol>) {
    var builder = SymbolTableBuilder()
    for symbol in symbols {
      guard
        builder.append(name: symbol.name.utf8, start: symbol.start, size: symbol.size)
      else { return nil }
    }
    self = builder.finish()
  }

  /// How many symbols there are.
  package var count: Int { entries.count }

  /// Whether there are none.
  package var isEmpty: Bool { entries.isEmpty }

  /// The symbol at `index` in ascending order of starts; 0 is the first.
  package subscript(index: Int) -> Symbol {
    let entry = entries[index]
    return Symbol(
      name: String(decoding: nameBytes(entry), as: UTF8.self), start: entry.start,
      size: entry.size)
  }

  /// The bytes of the name of the symbol at `index`.
  func nameBytes(at index: Int) -> ArraySlice<UInt8> { nameBytes(entries[index]) }

  /// The first address of the symbol at `index`.
  func start(at index: Int) -> UInt64 { entries[index].start }

  /// The length in bytes of the symbol at `index`.
  func size(at index: Int) -> UInt64 { entries[index].size }

  private func nameBytes(_ entry: Entry) -> ArraySlice<UInt8> {
    names[Int(entry.nameOffset)..<Int(entry.nameOffset) + Int(entry.nameLength)]
  }

  /// The index of the last symbol that starts at or below `address`, or nil if all start above.
  ///
  /// O(log n).
  func index(at address: UInt64) -> Int? { entries.indexOfLast(atOrBelow: address, by: \.start) }

  /// Whether `address` is past the end of the symbol at `index`. The address right behind a symbol
  /// counts as part of it, and the end wraps at 2^64: Cannon's lookup does the same.
  func ends(_ index: Int, before address: UInt64) -> Bool {
    entries[index].start &+ entries[index].size < address
  }
}
