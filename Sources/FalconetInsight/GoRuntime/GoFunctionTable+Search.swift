import FalconetELF
import FalconetMachine

extension GoFunctionTable {
  /// The table of a Go program: at the symbol `runtime.pclntab`, or, if there is no such symbol, the
  /// first table in the memory that a program is loaded to. Nil for other programs.
  static func find(
    in memory: Memory, version: StateVersion, symbols: SymbolTable?
  ) -> GoFunctionTable? {
    if let symbol = symbols?.symbol(named: "runtime.pclntab") {
      return GoFunctionTable(at: symbol.start, in: memory, version: version, symbols: symbols)
    }
    let reader = GuestReader(memory: memory)
    // Go up to 1.25 aligns the table to 32 bytes, later releases to a word only.
    for address in reader.programWords(version) where magics.contains(reader.int(address)) {
      let table = GoFunctionTable(at: address, in: memory, version: version, symbols: symbols)
      if let table { return table }
    }
    return nil
  }

  /// Words of the runtime's record of a module (`moduledata`): the table's address, and, the same
  /// since Go 1.18, the least address of code, the beginning of code, and its end.
  private static let moduleWords: (leastCode: UInt64, text: UInt64, end: UInt64) = (20, 22, 23)

  /// Where the code begins that the table at `base` describes, by the module's record that names the
  /// table; nil if there is no such record.
  static func textStart(
    ofTable base: UInt64, in memory: Memory, version: StateVersion
  ) -> UInt64? {
    let reader = GuestReader(memory: memory)
    for address in reader.programWords(version) where reader.word(address) == base {
      let text = reader.word(moduleWords.text, of: address)
      if text != 0, text < reader.word(moduleWords.end, of: address),
        reader.word(moduleWords.leastCode, of: address) == text
      {
        return text
      }
    }
    return nil
  }
}
