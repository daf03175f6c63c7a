import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetTestSupport
import Testing

/// What Go's runtime saves of a goroutine (`gobuf`). Go 1.25 removed a word before the return address.
@Suite("Goroutines that were left for the thread's own stack")
struct GoStackGrowthTests {
  /// State versions, and the words of `g` in which a release of Go keeps the return address.
  private static let layouts: [(StateVersion, UInt64)] = [
    (.v5, 12), (.v8, 12), (.v5, 11), (.v8, 11),
  ]

  @Test("The return address is found before and after Go 1.25", arguments: layouts)
  func layout(_ version: StateVersion, _ place: UInt64) throws {
    let memory = try MachineImage(version, code: [Assembly.nop]).memory()
    let size = UInt64(version.wordSize.bytes)
    func set(_ index: UInt64, of structure: UInt64, to value: UInt64) throws {
      try memory.storeWord(value, at: structure + index * size)
    }
    let (own, m, goroutine): (UInt64, UInt64, UInt64) = (0x8000, 0x9000, 0xA000)
    try set(6, of: own, to: m)
    try set(0, of: m, to: own)
    try set(24, of: m, to: goroutine)
    try set(6, of: goroutine, to: m)
    try set(7, of: goroutine, to: 0x7000)  // sp
    try set(8, of: goroutine, to: 0x1234)  // pc
    try set(9, of: goroutine, to: goroutine)
    try set(10, of: goroutine, to: 0xB000)  // ctxt
    try set(place, of: goroutine, to: 0x5678)  // lr
    let saved = try #require(
      GoStacks(reader: GuestReader(memory: memory)).savedGoroutine(ofThreadOn: own))
    #expect(saved.stackPointer == 0x7000)
    #expect(saved.pc == 0x1234)
    #expect(saved.returnAddress == 0x5678)
    // On the goroutine's own stack nothing is saved.
    #expect(
      GoStacks(reader: GuestReader(memory: memory)).savedGoroutine(ofThreadOn: goroutine) == nil)
  }

  private static let programs: [(StateVersion, String)] = [
    (.v5, "threads"), (.v8, "threads"), (.v8, "1.26"), (.v8, "1.27"),
  ]

  @Test("When a stack grows, the calls go on to the goroutine's first", arguments: programs)
  func growth(_ version: StateVersion, _ name: String) throws {
    let prestate =
      name == "threads"
      ? try Fixtures.prestate(version, name)
      : try Prestate.load(
        ELFFile(bytes: Fixtures.scavengingGuest(name), name: name), version: version)
    let machine = Machine(state: prestate.state, memory: prestate.memory, engine: .step)
    let unwinder = Unwinder(machine.memory, version: version, symbols: prestate.symbols)
    // It runs on the thread's own stack.
    let place = try #require(prestate.symbols.symbol(named: "runtime.newstack")?.start)
    var looks = 0
    while looks < 3, !machine.hasExited, machine.step < 4_000_000 {
      if let thread = machine.state.activeThread, thread.pc == place {
        looks += 1
        let functions = unwinder.functions(of: thread)
        #expect(functions.first == "runtime.newstack")
        #expect(functions.contains { $0.hasPrefix("runtime.morestack") })
        // The function that needs more stack has been called by another.
        #expect(functions.count >= 4, "\(functions)")
        #expect(functions.last == "runtime.goexit", "\(functions)")
      }
      try machine.runStep()
    }
    #expect(looks > 0)
  }
}
