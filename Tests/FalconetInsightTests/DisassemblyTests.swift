import FalconetInsight
import FalconetMachine
import Testing

@Suite("Disassembly") struct DisassemblyTests {
  /// As GNU's `objdump -d -M no-aliases` prints them, with the names of registers that `inspect` shows.
  private static let rows: [(UInt32, String)] = [
    (0x0000_0000, "nop"), (0x0000_000C, "syscall"), (0x0000_000D, "break"),
    (0x3C09_8001, "lui t1,0x8001".replacing("t1", with: "a5")), (0x252A_FFF0, "addiu a6,a5,-16"),
    (0x0120_0018 | 0x12 << 16, "mult a5,s2"), (0x0000_5810, "mfhi a7"), (0x0120_0011, "mthi a5"),
    (0xAD0A_0004, "sw a6,4(a4)"), (0x890D_FFFF, "lwl t1,-1(a4)"), (0xDFBF_0008, "ld ra,8(sp)"),
    (0xC10F_0004, "ll t3,4(a4)"), (0xF10F_0004, "scd t3,4(a4)"), (0x0009_8040, "sll s0,a5,1"),
    (0x0009_807C, "dsll32 s0,a5,1"), (0x012A_8004, "sllv s0,a6,a5"),
    (0x0109_5021, "addu a6,a4,a5"), (0x0109_5020, "add a6,a4,a5"), (0x0109_502D, "daddu a6,a4,a5"),
    (0x3508_FFFF, "ori a4,a4,0xffff"), (0x1509_0001, "bne a4,a5,0x1008"),
    (0x0500_FFFF, "bltz a4,0x1000"), (0x0C00_0400, "jal 0x1000"), (0x03E0_0008, "jr ra"),
    (0x0320_F809, "jalr t9"), (0x7000_0000 | 8 << 21 | 9 << 11 | 0x20, "clz a5,a4"),
    (0x0000_000F, "sync"), (0xFC00_0000, "sd zero,0(zero)"), (0x7C00_0000, ".word 0x7c000000"),
  ]

  @Test("Instructions are written as assemblers write them")
  func text() {
    let rules = StateVersion.v8.newestRevision.rules
    for (bits, expected) in Self.rows {
      #expect(Disassembly.text(Instruction(bits), at: 0x1000, under: rules) == expected)
    }
  }

  @Test("Every instruction has a text, in every revision")
  func all() {
    for version in StateVersion.allCases {
      let rules = version.newestRevision.rules
      for opcode in 0..<UInt32(64) {
        for function in 0..<UInt32(64) {
          let bits = opcode << 26 | function | 0x0109_0000
          let text = Disassembly.text(Instruction(bits), at: 0, under: rules)
          let operation = Operation(decoding: Instruction(bits), under: rules)
          #expect(text.hasPrefix(".word") == (operation == .unknown || operation == .branchNever))
        }
      }
    }
  }
}
