import FalconetMachine

/// Whether a program's garbage collector is off for good, so that Go's runtime gives no pages back.
struct GoCollector {
  /// The functions that set how much garbage starts a collection, and where their argument is.
  let watched: [UInt64: ArgumentPlace]

  private static let setters = ["runtime/debug.SetGCPercent", "runtime/debug.setGCPercent"]
  /// Functions that give pages back though the collector is off.
  private static let givers = [
    "runtime/debug.FreeOSMemory", "runtime/debug.freeOSMemory", "runtime/debug.SetMemoryLimit",
    "runtime/debug.setMemoryLimit",
  ]

  init(_ symbols: SymbolTable, _ wordSize: WordSize) {
    var watched: [UInt64: ArgumentPlace] = [:]
    for name in Self.setters {
      // Go passes arguments on the stack, the first behind the callee's return address.
      if let symbol = symbols.symbol(named: name) {
        watched[symbol.start] = .stack(Int64(wordSize.bytes))
      }
    }
    self.watched = watched
  }

  /// - Parameter isPatched: whether the functions that start the collector return at once.
  func reasonThatItIsOff(
    _ code: CodeMap, _ scans: [FunctionScan], _ graph: CallGraph, isPatched: Bool
  ) -> String? {
    let names = code.functions.map(\.name)
    let gives = names.indices.contains {
      graph.isReachable($0) && Self.givers.contains(names[$0])
    }
    guard !gives else { return nil }
    if isPatched { return "the collector is off: the loader's patches keep it from starting" }
    var callers: [String] = []
    for index in scans.indices
    where graph.isReachable(index) && !Self.setters.contains(names[index]) {
      for call in scans[index].watchedCalls {
        guard case .constant(let value) = call.argument,
          Int32(truncatingIfNeeded: value) < 0
        else { return nil }
        callers.append(names[index])
      }
    }
    return callers.first.map { "the collector is off: debug.SetGCPercent(-1) in \($0)" }
  }
}
