/// Instruction words of the MIPS encodings, from their fields.
package enum Assembly {
  /// Opcode 0: `rd` from `rs` and `rt`.
  package static func special(
    _ function: UInt32, rs: UInt32 = 0, rt: UInt32 = 0, rd: UInt32 = 0, sa: UInt32 = 0
  ) -> UInt32 {
    rs << 21 | rt << 16 | rd << 11 | sa << 6 | function
  }

  /// Opcode 0x1C.
  package static func special2(
    _ function: UInt32, rs: UInt32 = 0, rt: UInt32 = 0, rd: UInt32 = 0
  ) -> UInt32 {
    0x1C << 26 | special(function, rs: rs, rt: rt, rd: rd)
  }

  /// An opcode with a 16-bit immediate.
  package static func immediate(
    _ opcode: UInt32, rs: UInt32 = 0, rt: UInt32 = 0, _ value: Int = 0
  ) -> UInt32 {
    opcode << 26 | rs << 21 | rt << 16 | UInt32(UInt16(truncatingIfNeeded: value))
  }

  /// `j` or `jal` to an address in the 256 MiB of the delay slot.
  package static func jump(_ opcode: UInt32, to address: UInt64) -> UInt32 {
    opcode << 26 | UInt32(truncatingIfNeeded: address >> 2) & 0x03FF_FFFF
  }

  /// `ori rt, $0, value`: sets a register when register 0 holds 0.
  package static func set(_ register: UInt32, to value: UInt16) -> UInt32 {
    immediate(0x0D, rt: register, Int(value))
  }

  package static let nop: UInt32 = 0
  package static let syscall: UInt32 = 0x0C
  /// Stops the machine: what a test puts behind the code that it looks at.
  package static let stop: UInt32 = 0x0D
}
