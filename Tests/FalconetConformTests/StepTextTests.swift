import FalconetConform
import FalconetInsight
import FalconetMachine
import FalconetTestSupport
import FalconetVectors
import Testing

/// What is said of the first step that differs.
@Suite("Texts of steps")
struct StepTextTests {
  private static let ones = UInt64.max

  private static func text(
    _ word: UInt32, _ version: StateVersion = .v8, _ registers: [Int: UInt64] = [:],
    _ change: (inout MachineImage) -> Void = { _ in }
  ) throws -> String {
    var image = MachineImage(version, code: [word])
    for (index, value) in registers { image[register: index] = value }
    change(&image)
    return try image.machine(.step).nextStepText
  }

  @Test("An instruction's operands have their values")
  func operands() throws {
    #expect(
      try Self.text(Assembly.special(0x1E, rs: 16, rt: 19), .v8, [16: 7, 19: Self.ones])
        == "ddiv s0,s3 at 0x1000 (s0 = 0x7, s3 = 0xffffffffffffffff)")
    // One that is read twice, and register 0.
    #expect(
      try Self.text(Assembly.special(0x25, rs: 16, rt: 16, rd: 17), .v8, [16: 5])
        == "or s1,s0,s0 at 0x1000 (s0 = 0x5)")
    #expect(try Self.text(Assembly.set(4, to: 3)) == "ori a0,zero,0x3 at 0x1000")
    #expect(
      try Self.text(Assembly.set(4, to: 3), .v8, [0: 9]) == "ori a0,zero,0x3 at 0x1000 (zero = 0x9)"
    )
    #expect(try Self.text(Assembly.nop) == "nop at 0x1000")
    #expect(
      try Self.text(Assembly.special(0x0A, rs: 16, rt: 17, rd: 18), .v8, [16: 1, 17: 2, 18: 3])
        == "movz s2,s0,s1 at 0x1000 (s2 = 0x3, s0 = 0x1, s1 = 0x2)")
    #expect(
      try Self.text(Assembly.special(0x12, rd: 2)) { $0.thread.lo = 8 }
        == "mflo v0 at 0x1000 (lo = 0x8)")
    #expect(
      try Self.text(Assembly.special(0x10, rd: 2)) { $0.thread.hi = 6 }
        == "mfhi v0 at 0x1000 (hi = 0x6)")
  }

  @Test("A load has its address's bytes, and a store none")
  func memory() throws {
    func text(_ word: UInt32, _ version: StateVersion) throws -> String {
      try Self.text(word, version, [16: 0x2001, 17: 0xAB]) {
        $0.write([1, 2, 3, 4, 5, 6, 7, 8], at: 0x2000)
      }
    }
    #expect(
      try text(Assembly.immediate(0x37, rs: 16, rt: 17, -1), .v8)
        == "ld s1,-1(s0) at 0x1000 (s0 = 0x2001, memory at 0x2000 = 0x102030405060708)")
    #expect(
      try text(Assembly.immediate(0x20, rs: 16, rt: 17, 1), .v5)
        == "lb s1,1(s0) at 0x1000 (s0 = 0x2001, memory at 0x2002 = 0x3)")
    #expect(
      try text(Assembly.immediate(0x22, rs: 16, rt: 17, 0), .v5)
        == "lwl s1,0(s0) at 0x1000 (s1 = 0xab, s0 = 0x2001, memory at 0x2001 = 0x20304)")
    #expect(
      try text(Assembly.immediate(0x2B, rs: 16, rt: 17, 3), .v5)
        == "sw s1,3(s0) at 0x1000 (s1 = 0xab, s0 = 0x2001)")
    // At the end of the address space.
    #expect(
      try Self.text(Assembly.immediate(0x23, rs: 16, rt: 17, -4), .v5)
        == "lw s1,-4(s0) at 0x1000 (s0 = 0x0, memory at 0xfffffffc = 0x0)")
  }

  @Test("A system call has its name and arguments")
  func systemCalls() throws {
    #expect(
      try Self.text(Assembly.syscall, .v8, [2: 5009, 5: 4096, 6: 3, 7: 0x22, 8: Self.ones])
        == "syscall at 0x1000 (mmap(0, 4096, 0x3, 0x22, -1, 0))")
    #expect(
      try Self.text(Assembly.syscall, .v5, [2: 4090, 5: 4096])
        == "syscall at 0x1000 (mmap(0, 4096, 0, 0))")
    #expect(
      try Self.text(Assembly.syscall, .v8, [2: 5001, 4: 1, 5: 0x2000, 6: 3]) {
        $0.write(Array("abcd".utf8), at: 0x2000)
      } == "syscall at 0x1000 (write(1, \"abc\", 3))")
    // The end of the address space, and a number that no call has.
    #expect(
      try Self.text(Assembly.syscall, .v8, [2: 5001, 4: 4, 5: Self.ones, 6: 2])
        == "syscall at 0x1000 (write(4, \"\\x00\\x00\", 2))")
    #expect(
      try Self.text(Assembly.syscall, .v8, [2: 9999, 4: 1])
        == "syscall at 0x1000 (syscall_9999(0x1, 0, 0, 0, 0, 0))")
  }

  @Test("A branch has what it compares, and a jump nothing")
  func branches() throws {
    #expect(
      try Self.text(Assembly.immediate(0x04, rs: 16, rt: 17, 1), .v5, [16: 1, 17: 2])
        == "beq s0,s1,0x1008 at 0x1000 (s0 = 0x1, s1 = 0x2)")
    #expect(
      try Self.text(Assembly.immediate(0x07, rs: 16, 1), .v5, [16: 1])
        == "bgtz s0,0x1008 at 0x1000 (s0 = 0x1)")
    #expect(try Self.text(Assembly.jump(0x02, to: 0x1000), .v5) == "j 0x1000 at 0x1000")
    #expect(
      try Self.text(Assembly.special(0x09, rs: 25, rd: 31), .v5, [25: 0x3000])
        == "jalr t9 at 0x1000 (t9 = 0x3000)")
  }

  @Test("A step of the scheduler executes no instruction")
  func scheduler() throws {
    #expect(
      try Self.text(Assembly.nop) { $0.state.scalars.stepsSinceContextSwitch = 100_000 }
        == "the scheduler's turn")
  }

  @Test("Every instruction's operands are in its text")
  func all() {
    for version in StateVersion.allCases {
      let rules = version.newestRevision.rules
      for opcode in 0..<UInt32(64) {
        for function in 0..<UInt32(64) {
          // Registers of different names: s1, s2, s3.
          let word = opcode << 26 | 17 << 21 | 18 << 16 | 19 << 11 | function
          let text = Disassembly.text(Instruction(word), at: 0, under: rules)
          let operands = Operands(of: Instruction(word), under: rules)
          let thread = ThreadState(id: 0, version: version)
          for (name, _) in operands.values(in: thread) where name != "hi" && name != "lo" {
            #expect(text.contains(name), "\(text): \(name)")
          }
          // What is in its text and not an operand, is a result.
          let operation = Operation(decoding: Instruction(word), under: rules)
          let result = operation.destination(of: Instruction(word))
          for (index, name) in [(17, "s1"), (18, "s2"), (19, "s3")] where text.contains(name) {
            #expect(operands.registers.contains(index) || result == index, "\(text): \(name)")
          }
        }
      }
    }
  }
}
