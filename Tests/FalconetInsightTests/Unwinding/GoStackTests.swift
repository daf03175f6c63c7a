import FalconetELF
import FalconetInsight
import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Stacks of Go programs")
struct GoStackTests {
  /// Guests of each Go version and word size, and steps between two looks.
  static let runs: [(StateVersion, String, UInt64)] = [
    (.v0, "abort", 211), (.v2, "hello", 211), (.v1, "threads", 9973), (.v5, "abort", 211),
    (.v3, "abort", 211), (.v6, "threads", 9973), (.v7, "abort", 211), (.v8, "threads", 9973),
    (.v8, "entropy", 997),
  ]

  @Test("At any step, every thread's stack is whole", arguments: runs)
  func whole(_ version: StateVersion, _ name: String, _ interval: UInt64) throws {
    let guest = try Guest(version, name)
    let unwinder = guest.unwinder
    var stacks = 0
    var lost: [String] = []
    try guest.run(every: isLongRun ? interval / 10 : interval) {
      for thread in guest.threads {
        let stack = unwinder.unwind(thread)
        stacks += 1
        if stack.end != .outermost {
          lost.append("step \(guest.machine.step): \(unwinder.functions(of: thread)) \(stack.end)")
        }
        for frame in stack.frames.dropFirst() {
          #expect(isCall(before: frame.pc, in: guest), "0x\(String(frame.pc, radix: 16))")
        }
        #expect(!stack.frames.contains { $0.isGuess })
      }
    }
    #expect(stacks > 1000)
    // The runtime reads the clock on another stack, for some instructions.
    #expect(lost.count * 500 <= stacks, "\(lost.prefix(5))")
    #expect(lost.allSatisfy { $0.contains("nanotime") || $0.contains("walltime") }, "\(lost)")
  }

  /// Whether an address is behind a call and its delay slot. Go begins a goroutine as if its first
  /// instruction had made a call.
  private func isCall(before address: UInt64, in guest: Guest) -> Bool {
    let call = Instruction(guest.machine.memory.instruction(at: address &- 8))
    switch Operation(decoding: call, under: guest.machine.rules) {
    case .jal, .jalr, .bgezal, .bltzal: return true
    default: return guest.symbols.symbol(named: "runtime.goexit")?.start == address &- 4
    }
  }

  @Test(
    "When a guest panics, the stack is the one that Go itself prints",
    arguments: [StateVersion.v0, .v2, .v1, .v5, .v3, .v6, .v7, .v8])
  func panicking(_ version: StateVersion) throws {
    let guest = try Guest(version, "abort")
    var output: [UInt8] = []
    guest.machine.onOutput = { if $0 == .error { output += $1 } }
    _ = try guest.machine.run(until: .max)
    #expect(guest.machine.state.scalars.exitCode == 2)
    // Behind "goroutine 1 [running]:" two lines a frame: function(arguments), then file:line +offset.
    let printed = String(decoding: output, as: UTF8.self).split(separator: "\n")
      .drop { !$0.hasPrefix("goroutine 1 ") }.dropFirst()
    #expect(printed.count >= 2)
    let lines = Traceback(guest.machine.state, guest.machine.memory, symbols: guest.symbols).lines()
    for pair in stride(from: printed.startIndex, to: printed.endIndex - 1, by: 2) {
      let function = String(printed[pair].prefix { $0 != "(" })
      guard printed[pair].hasSuffix(")") else { break }
      let place = printed[pair + 1]
      let index = try #require(lines.firstIndex { $0.hasSuffix(" " + function) }, "\(function)")
      #expect(lines[index + 1].hasPrefix(place + " pc="), "\(place) \(lines[index + 1])")
    }
  }

  @Test("Without symbols the function table is found in memory, and stacks are the same")
  func withoutSymbols() throws {
    for version in [StateVersion.v2, .v8] {
      let guest = try Guest(version, "abort")
      _ = try guest.machine.run(until: .max)
      let blind = Unwinder(guest.machine.memory, version: version, symbols: nil)
      for thread in guest.threads {
        let stack = guest.unwinder.unwind(thread)
        #expect(blind.unwind(thread) == stack)
        // Only inlined calls need symbols.
        for frame in stack.frames {
          #expect(
            blind.locations(of: frame.instruction).map(\.function)
              == [guest.unwinder.locations(of: frame.instruction).last?.function])
        }
      }
    }
  }

  @Test("Inlined calls are told, with the lines of the calls")
  func inlined() throws {
    let guest = try Guest(.v8, "threads")
    _ = try guest.machine.run(until: .max)
    let unwinder = guest.unwinder
    let locations = guest.threads.flatMap { unwinder.unwind($0).frames }
      .map { unwinder.locations(of: $0.instruction) }
    let parking = try #require(locations.first { $0.count > 1 })
    #expect(parking.dropLast().allSatisfy { $0.isInlined })
    #expect(parking.last?.isInlined == false)
    #expect(parking.allSatisfy { $0.file?.hasSuffix(".go") == true && ($0.line ?? 0) > 0 })
  }

  @Test("A limit cuts a stack, and says so")
  func limit() throws {
    let guest = try Guest(.v8, "abort")
    _ = try guest.machine.run(until: .max)
    let whole = guest.unwinder.unwind(guest.threads[0])
    #expect(whole.frames.count > 5)
    let cut = guest.unwinder.unwind(guest.threads[0], limit: 3)
    #expect(cut.frames == Array(whole.frames.prefix(3)))
    #expect(cut.end == .limit)
  }
}
