extension SymbolTable {
  /// The names of functions that are no symbol's, neither as linkers write them nor demangled.
  /// O(n) for each name that is not found.
  package func unknown(_ names: some Sequence<String>) -> [String] {
    var missing = names.filter { symbol(named: $0) == nil }
    guard !missing.isEmpty else { return [] }
    let demangled = Set(sourceNames)
    missing.removeAll { demangled.contains($0) }
    return missing
  }

  /// All names, demangled.
  package var sourceNames: [String] { (0..<count).map { Demangler.demangle(self[$0].name) } }
}
