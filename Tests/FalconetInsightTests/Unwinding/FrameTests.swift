import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Testing

@Suite("Stacks of C, C++ and Rust by call frames")
struct FrameTests {
  /// A guest at its first step.
  private struct Subject {
    let machine: Machine
    let elf: ELFFile
    let symbols: SymbolTable

    init(_ guest: String) throws {
      let vector = try Fixtures.vector(.v8, guest)
      elf = try ELFFile(bytes: Fixtures.elf(vector.elf), name: guest)
      let prestate = try Prestate.load(elf, version: .v8)
      symbols = prestate.symbols
      machine = Machine(
        state: prestate.state, memory: prestate.memory,
        oracle: DictionaryOracle(try Fixtures.preimages(of: vector)), engine: .step)
    }

    func unwinder(_ frames: FrameTable?) -> Unwinder {
      Unwinder(machine.memory, version: .v8, symbols: symbols, frames: frames)
    }
  }

  /// The calls of a thread, recorded by watching every call and return.
  private struct Watcher {
    /// Where the calls return to, innermost last.
    private(set) var calls: [UInt64] = []
    private var due: (step: UInt64, isCall: Bool, address: UInt64)?

    /// Looks at the instruction that is next.
    mutating func look(_ machine: Machine, _ thread: ThreadState) {
      // What a jump does shows behind its delay slot.
      if let due, due.step == machine.step {
        if due.isCall {
          calls.append(due.address)
        } else if calls.last == due.address {
          calls.removeLast()
        }
        self.due = nil
      }
      let word = machine.memory.instruction(at: thread.pc)
      let isLink = word >> 26 == 3 || word & 0xFC00_003F == 9 && word >> 11 & 31 == 31
      if isLink {
        due = (machine.step + 2, true, thread.pc + 8)
      } else if word & 0xFFE0_003F == 0x03E0_0008 {
        due = (machine.step + 2, false, thread.registers[31])
      }
    }
  }

  private static let guests = ["c-small", "c-shapes", "rust-small"]

  /// Whether the last instructions of a function follow in which the frame pointer is the caller's
  /// again: compilers describe no epilogues, so call frames are wrong from there to the return.
  private func isPastFramePointer(_ pc: UInt64, _ memory: Memory) -> Bool {
    let restore: UInt32 = 0xDFBE  // ld $fp, n($sp)
    return (1...3).contains { memory.instruction(at: pc &- 4 * $0) >> 16 == restore }
  }

  @Test(
    "At every step, the frames are the calls that were made and not returned from",
    arguments: guests)
  func everyStep(_ guest: String) throws {
    let subject = try Subject(guest)
    let unwinder = subject.unwinder(try FrameTable(subject.elf))
    var watcher = Watcher()
    while !subject.machine.hasExited {
      let thread = try #require(subject.machine.state.activeThread)
      watcher.look(subject.machine, thread)
      guard !isPastFramePointer(thread.pc, subject.machine.memory) else {
        try subject.machine.runStep()
        continue
      }
      let stack = unwinder.unwind(thread)
      let expected = [thread.pc] + watcher.calls.reversed()
      try #require(stack.frames.map(\.pc) == expected, "step \(subject.machine.step)")
      try #require(stack.frames.allSatisfy { !$0.isGuess })
      try #require(stack.end == .outermost || watcher.calls.isEmpty)
      try subject.machine.runStep()
    }
  }

  @Test("At 1,000 random steps of the long program, too")
  func longProgram() throws {
    let subject = try Subject("c-kona-like")
    let unwinder = subject.unwinder(try FrameTable(subject.elf))
    var random = SeededGenerator(seed: 7)
    var watcher = Watcher()
    var next = random.next() % 2000
    var count = 0
    while count < 1000, !subject.machine.hasExited {
      let thread = try #require(subject.machine.state.activeThread)
      watcher.look(subject.machine, thread)
      if subject.machine.step == next {
        next += 1 + random.next() % 2000
        count += 1
        let stack = unwinder.unwind(thread)
        try #require(
          stack.frames.map(\.pc) == [thread.pc] + watcher.calls.reversed(),
          "step \(subject.machine.step)")
        try #require(stack.frames.allSatisfy { !$0.isGuess })
      }
      try subject.machine.runStep()
    }
    #expect(count == 1000)
  }

  @Test(
    "Frames that are loaded are found without the file", arguments: ["c-kona-like", "rust-small"])
  func inMemory(_ guest: String) throws {
    let subject = try Subject(guest)
    let (with, without) = (subject.unwinder(try FrameTable(subject.elf)), subject.unwinder(nil))
    var looks = 0
    while !subject.machine.hasExited, looks < 1000 {
      let thread = try #require(subject.machine.state.activeThread)
      let stack = without.unwind(thread)
      try #require(stack == with.unwind(thread), "step \(subject.machine.step)")
      #expect(!stack.frames.contains { $0.isGuess })
      looks += 1
      _ = try subject.machine.run(until: subject.machine.step + 101)
    }
    #expect(looks > 30)
  }

  @Test("Names in tracebacks are those of the source, and nothing is guessed")
  func names() throws {
    let subject = try Subject("c-shapes")
    let unwinder = subject.unwinder(nil)
    var seen: Set<String> = []
    while !subject.machine.hasExited {
      let thread = try #require(subject.machine.state.activeThread)
      seen.formUnion(unwinder.functions(of: thread))
      try subject.machine.runStep()
    }
    #expect(seen.contains("geometry::Shape::weight(unsigned long) const"))
    #expect(seen.contains("geometry::(anonymous namespace)::Square::area() const"))
    #expect(seen.contains("geometry::Vector<long>::operator+(geometry::Vector<long> const&) const"))
    #expect(!seen.contains { $0.hasPrefix("_Z") })
  }

  @Test("Sections that are corrupt anywhere trap nothing and end nowhere")
  func damaged() throws {
    var random = SeededGenerator(seed: 3)
    for guest in ["c-small", "rust-small"] {
      let subject = try Subject(guest)
      _ = try subject.machine.run(until: 2300)
      let thread = try #require(subject.machine.state.activeThread)
      let sections = try subject.elf.frameSections()
      #expect(!sections.isEmpty)
      for _ in 0..<(isLongRun ? 20_000 : 600) {
        let damaged = sections.map { section in
          var bytes = section.bytes
          for _ in 0...(random.next() % 8) {
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(
              truncatingIfNeeded: random.pick([0, 0xFF, 0x7F, 0x80, random.next()] as [UInt64]))
          }
          if random.chance(4) { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
          return FrameSection(kind: section.kind, address: section.address, bytes: bytes)
        }
        let unwinder = subject.unwinder(FrameTable(damaged, wordSize: .bits64))
        #expect(unwinder.unwind(thread).frames.count <= Unwinder.depthLimit)
      }
    }
  }

  @Test("An empty or absurd section has no functions")
  func absurd() {
    for bytes in [
      [], [0], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0xFF, count: 8),
    ]
      as [[UInt8]]
    {
      for kind in [FrameSection.Kind.exceptions, .debugging] {
        let section = FrameSection(kind: kind, address: 0, bytes: bytes)
        #expect(FrameTable([section], wordSize: .bits64).functionCount == 0)
      }
    }
  }
}
