import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Stacks of programs of Go 1.26 and 1.27")
struct NewerGoTests {
  private func start(_ release: String) throws -> (Machine, SymbolTable) {
    let elf = try ELFFile(bytes: Fixtures.scavengingGuest(release), name: release)
    let prestate = try Prestate.load(elf, version: .v8)
    return (Machine(state: prestate.state, memory: prestate.memory), prestate.symbols)
  }

  @Test("Without symbols stacks are the same", arguments: ["1.26", "1.27"])
  func withoutSymbols(_ release: String) throws {
    let (machine, symbols) = try start(release)
    let seeing = Unwinder(machine.memory, version: .v8, symbols: symbols)
    let blind = Unwinder(machine.memory, version: .v8, symbols: nil)
    var depth = 0
    while !machine.hasExited, machine.step < 2_000_000 {
      _ = try machine.run(until: machine.step + 10_007)
      for thread in machine.state.threads.left + machine.state.threads.right {
        let stack = blind.unwind(thread)
        try #require(stack == seeing.unwind(thread), "step \(machine.step)")
        depth = max(depth, stack.frames.count)
        // Only inlined calls need symbols.
        for frame in stack.frames {
          #expect(
            blind.locations(of: frame.instruction).map(\.function)
              == [seeing.locations(of: frame.instruction).last?.function])
        }
      }
    }
    #expect(depth > 5)
  }

  @Test(
    "Without the runtime's record of the module nothing is made up", arguments: ["1.26", "1.27"])
  func withoutRecord(_ release: String) throws {
    let (machine, symbols) = try start(release)
    _ = try machine.run(until: 200_000)
    let thread = try #require(machine.state.activeThread)
    let record = try #require(symbols.symbol(named: "runtime.firstmoduledata")?.start)
    let table = try #require(symbols.symbol(named: "runtime.pclntab")?.start)
    #expect(machine.memory.loadWord(at: record) == table)
    try machine.memory.storeWord(0, at: record)
    let stack = Unwinder(machine.memory, version: .v8, symbols: nil).unwind(thread)
    #expect(stack.frames.count == 1)
    #expect(stack.end == .lost("the pc is in no function"))
  }

  @Test("Every stack is whole", arguments: ["1.26", "1.27"])
  func whole(_ release: String) throws {
    let (machine, symbols) = try start(release)
    let unwinder = Unwinder(machine.memory, version: .v8, symbols: symbols)
    #expect(unwinder.problem == nil)
    var (stacks, lost, depth) = (0, 0, 0)
    var functions: Set<String> = []
    while !machine.hasExited, machine.step < 6_000_000 {
      _ = try machine.run(until: machine.step + 1009)
      for thread in machine.state.threads.left + machine.state.threads.right {
        let stack = unwinder.unwind(thread)
        stacks += 1
        functions.formUnion(unwinder.functions(of: thread))
        if stack.end != .outermost { lost += 1 }
        depth = max(depth, stack.frames.count)
        #expect(!stack.frames.contains { $0.isGuess })
      }
    }
    #expect(stacks > 1000)
    #expect(depth > 5)
    #expect(lost * 500 <= stacks)
    #expect(functions.contains("runtime.main") && functions.contains("runtime.mstart"))
  }
}
