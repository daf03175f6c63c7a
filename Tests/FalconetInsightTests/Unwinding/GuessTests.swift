import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Stacks of programs without tables")
struct GuessTests {
  /// `outer` calls `inner`, which calls the leaf `last`; each is 16 instructions long.
  private func image(_ version: StateVersion) -> MachineImage {
    let is64 = version.wordSize == .bits64
    let (add, store): (UInt32, UInt32) = is64 ? (0x19, 0x3F) : (0x09, 0x2B)
    func frame(_ size: Int, slot: Int, calls target: UInt64) -> [UInt32] {
      let words = [
        Assembly.immediate(add, rs: 29, rt: 29, -size),
        Assembly.immediate(store, rs: 29, rt: 31, slot), Assembly.jump(3, to: target), Assembly.nop,
      ]
      return words + [UInt32](repeating: Assembly.nop, count: 12)
    }
    var image = MachineImage(
      version,
      code: frame(48, slot: 40, calls: 0x1040) + frame(32, slot: 16, calls: 0x1080)
        + [Assembly.nop, Assembly.nop, Assembly.stop])
    image[register: 29] = 0x9000
    return image
  }

  private let symbols = SymbolTable([
    Symbol(name: "outer", start: 0x1000, size: 64), Symbol(name: "inner", start: 0x1040, size: 64),
    Symbol(name: "last", start: 0x1080, size: 64),
  ])

  @Test(
    "Return addresses are found by what functions begin with", arguments: [StateVersion.v2, .v8])
  func frames(_ version: StateVersion) throws {
    let machine = try image(version).machine(.step)
    let unwinder = Unwinder(machine.memory, version: version, symbols: symbols)
    let stacks: [[String]] = try (0..<9).map { _ in
      let thread = try #require(machine.state.activeThread)
      let names = unwinder.functions(of: thread)
      #expect(unwinder.unwind(thread).end == .outermost)
      #expect(unwinder.unwind(thread).frames.dropFirst().allSatisfy { $0.isGuess })
      try machine.runStep()
      return names
    }
    let (outer, inner, last) = ("outer", "inner", "last")
    #expect(
      stacks == [
        [outer], [outer], [outer], [outer],  // the call, and its delay slot
        [inner, outer], [inner, outer], [inner, outer], [inner, outer], [last, inner, outer],
      ])
  }

  @Test("If no symbol tells the function, the stack ends there, with the reason")
  func unknown() throws {
    let machine = try image(.v8).machine(.step)
    for _ in 0..<5 { try machine.runStep() }
    let thread = try #require(machine.state.activeThread)
    let blind = Unwinder(machine.memory, version: .v8, symbols: nil).unwind(thread)
    #expect(blind.frames.count == 1)
    #expect(blind.end == .lost("the pc is in no function"))
    let some = SymbolTable([Symbol(name: "inner", start: 0x1040, size: 64)])
    let partly = Unwinder(machine.memory, version: .v8, symbols: some).unwind(thread)
    #expect(partly.frames.count == 1)
    #expect(partly.end == .lost("0x1010, a return address, is in no function"))
  }

  @Test("On Go programs, guesses mostly agree with the tables")
  func agreement() throws {
    let guest = try Guest(.v8, "threads")
    let exact = guest.unwinder
    // The table is taken away from a copy of the program's memory.
    let table = try #require(guest.symbols.symbol(named: "runtime.pclntab")?.start)
    var (same, all) = (0, 0)
    try guest.run(every: 99_991) {
      let memory = guest.machine.memory
      let magic = memory.loadWord(at: table)
      try memory.storeWord(0, at: table)
      let guessing = Unwinder(
        memory, version: .v8, symbols: guest.symbolsWithoutTables)
      guard let thread = guest.machine.state.activeThread else { return }
      let guess = guessing.unwind(thread).frames.map(\.pc)
      try memory.storeWord(magic, at: table)
      let frames = exact.unwind(thread).frames.map(\.pc)
      all += 1
      if guess.starts(with: frames.prefix(3)) { same += 1 }
    }
    #expect(all > 100)
    #expect(same * 10 > all * 7, "\(same) of \(all)")
  }
}
