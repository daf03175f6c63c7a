import FalconetELF
import FalconetMachine

extension GoFunctionTable {
  /// The linker aligns the table so.
  private static let alignment: UInt64 = 32

  /// The table of a Go program: where the symbol `runtime.pclntab` is, or else, where there is no
  /// such symbol, the first table in the memory that a program is loaded to. Nil for other programs.
  static func find(
    in memory: Memory, version: StateVersion, symbols: SymbolTable?
  ) -> GoFunctionTable? {
    if let symbol = symbols?.symbol(named: "runtime.pclntab") {
      return GoFunctionTable(at: symbol.start, in: memory, symbols: symbols)
    }
    let end = version.addressSpace.heapStart >> 12
    for page in memory.pageIndices {
      guard page < end else { break }
      for offset in stride(from: UInt64(0), to: UInt64(Memory.pageSize), by: Int(alignment)) {
        let address = page << 12 &+ offset
        if let table = GoFunctionTable(at: address, in: memory, symbols: symbols) { return table }
      }
    }
    return nil
  }
}
