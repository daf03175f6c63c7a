import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Stacks of programs of Go 1.26 and 1.27")
struct NewerGoTests {
  @Test("Every stack is whole", arguments: ["1.26", "1.27"])
  func whole(_ release: String) throws {
    let elf = try ELFFile(bytes: Fixtures.scavengingGuest(release), name: release)
    let prestate = try Prestate.load(elf, version: .v8)
    let machine = Machine(state: prestate.state, memory: prestate.memory, engine: .jit)
    let unwinder = Unwinder(machine.memory, version: .v8, symbols: prestate.symbols)
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
