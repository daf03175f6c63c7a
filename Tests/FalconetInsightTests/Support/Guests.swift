import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetTestSupport

/// A guest that runs, and its symbols.
struct Guest {
  let machine: Machine
  let symbols: SymbolTable

  init(_ version: StateVersion, _ name: String, engine: EngineKind = .translator) throws {
    let prestate = try Fixtures.prestate(version, name)
    machine = Machine(state: prestate.state, memory: prestate.memory, engine: engine)
    symbols = prestate.symbols
  }

  var unwinder: Unwinder {
    Unwinder(machine.memory, version: machine.version, symbols: symbols)
  }

  /// All threads of the current state.
  var threads: [ThreadState] { machine.state.threads.left + machine.state.threads.right }

  /// Runs to the end, and stops every so many steps on the way.
  func run(every interval: UInt64, upTo limit: UInt64 = .max, _ body: () throws -> Void) throws {
    while !machine.hasExited, machine.step < limit {
      _ = try machine.run(until: machine.step + interval)
      try body()
    }
  }

  /// The symbols without those that tell where Go's tables are.
  var symbolsWithoutTables: SymbolTable {
    let tables = ["runtime.pclntab", "go:func.*"]
    return SymbolTable(
      (0..<symbols.count).lazy.map { symbols[$0] }.filter { !tables.contains($0.name) })
      ?? symbols
  }
}

extension Unwinder {
  /// The functions of a thread's stack, innermost first.
  func functions(of thread: ThreadState) -> [String] {
    unwind(thread).frames.flatMap { locations(of: $0.instruction).map(\.function) }
  }
}
