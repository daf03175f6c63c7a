import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Unwinding in corrupt memory")
struct HostileMemoryTests {
  @Test("A corrupt function table ends in guesses or a reason, never in a trap")
  func damagedTable() throws {
    var random = SeededGenerator(seed: 5)
    let guest = try Guest(.v8, "abort")
    _ = try guest.machine.run(until: .max)
    let table = try #require(guest.symbols.symbol(named: "runtime.pclntab")?.start)
    let memory = guest.machine.memory
    for _ in 0..<(isLongRun ? 20_000 : 400) {
      // Mostly the header and the first lists, sometimes anywhere in the table.
      let reach = random.chance(3) ? 500_000 : 128
      let address = (table + UInt64(random.below(reach))) & ~7
      let old = memory.loadWord(at: address)
      try memory.storeWord(
        random.chance(2) ? random.next() : old ^ 1 << UInt64(random.below(64)), at: address)
      let unwinder = guest.unwinder
      for thread in guest.threads {
        let stack = unwinder.unwind(thread)
        #expect(!stack.frames.isEmpty && stack.frames.count <= Unwinder.depthLimit)
        for frame in stack.frames { #expect(!unwinder.locations(of: frame.instruction).isEmpty) }
      }
      try memory.storeWord(old, at: address)
    }
  }

  @Test("Whatever registers hold, a stack has an end")
  func randomRegisters() throws {
    var random = SeededGenerator(seed: 6)
    let guest = try Guest(.v5, "hello")
    _ = try guest.machine.run(until: 400_000)
    let unwinder = guest.unwinder
    for _ in 0..<(isLongRun ? 100_000 : 3000) {
      var thread = guest.threads[0]
      for _ in 0..<random.below(4) + 1 {
        let index = random.pick([3, 29, 30, 31])
        thread.registers[index] =
          random.chance(2)
          ? random.next() & 0xFFFF_FFFF : thread.registers[index] &+ UInt64(random.below(64)) * 4
      }
      if random.chance(3) { thread.pc = UInt64(random.below(0x10_0000)) }
      let stack = unwinder.unwind(thread)
      #expect(!stack.frames.isEmpty && stack.frames.count <= Unwinder.depthLimit)
    }
  }

  @Test("A table that is no table is reported")
  func noTable() throws {
    let guest = try Guest(.v8, "hello")
    #expect(guest.unwinder.problem == nil)
    let table = try #require(guest.symbols.symbol(named: "runtime.pclntab")?.start)
    try guest.machine.memory.storeWord(0, at: table)
    let problem = try #require(guest.unwinder.problem)
    #expect(problem.contains("0x" + String(table, radix: 16)))
    let lines = Traceback(guest.machine.state, guest.machine.memory, symbols: guest.symbols).lines()
    #expect(lines.first?.contains(problem) == true)
  }

  @Test("A stack that repeats itself ends at the limit")
  func endless() throws {
    // One function that seems to have called itself for ever: memory is full of its return address.
    var image = MachineImage(
      .v8,
      code: [
        Assembly.immediate(0x19, rs: 29, rt: 29, -16), Assembly.immediate(0x3F, rs: 29, rt: 31, 8),
      ]
        + [UInt32](repeating: Assembly.nop, count: 14))
    for slot in 0..<1000 {
      image.write(words: [0, 0x1010], at: 0x8000 + UInt64(slot) * 8)
    }
    image[register: 29] = 0x8000
    image.thread.pc = 0x1010
    image.thread.nextPC = 0x1014
    let symbols = try #require(SymbolTable([Symbol(name: "f", start: 0x1000, size: 64)]))
    let unwinder = Unwinder(try image.memory(), version: .v8, symbols: symbols)
    let stack = unwinder.unwind(image.thread)
    #expect(stack.frames.count == Unwinder.depthLimit)
    #expect(stack.end == .limit)
  }

  @Test("Names can't move a terminal's cursor")
  func controlCharacters() throws {
    let image = MachineImage(.v8, code: [Assembly.nop])
    let symbols = try #require(
      SymbolTable([Symbol(name: "a\u{1B}[2Jb\u{202E}\u{9B}c", start: 0x1000, size: 64)]))
    let unwinder = Unwinder(try image.memory(), version: .v8, symbols: symbols)
    #expect(unwinder.functions(of: image.thread) == ["a?[2Jb??c"])
  }
}
