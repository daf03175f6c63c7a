import Falconet
import FuzzSupport

/// `meta.json`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = bytes(data, count)
  do throws(StreamError) {
    let table = try SymbolTable.read(from: MemorySource(input, chunk: 5))
    let once = try written(table)
    let again = try written(SymbolTable.read(from: MemorySource(once)))
    if once != again { found("written twice, and differs") }
    for index in 0..<table.count {
      let symbol = table[index]
      if symbol.size > 0 { _ = table.name(at: symbol.start &+ symbol.size / 2) }
    }
  } catch {
    if error.message.isEmpty { found("an error without a text") }
  }
  return 0
}

private func written(_ table: SymbolTable) throws(StreamError) -> [UInt8] {
  let sink = MemorySink()
  try table.write(to: sink)
  return sink.bytes
}
