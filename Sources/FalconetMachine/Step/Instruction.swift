/// An instruction word and its fields.
package struct Instruction: Sendable, Equatable {
  package let bits: UInt32

  @inline(__always) package init(_ bits: UInt32) { self.bits = bits }

  /// Bits 31–26: the primary opcode.
  @inline(__always) package var opcode: UInt32 { bits >> 26 }
  /// Bits 25–21: a source register.
  @inline(__always) package var rs: Int { Int(bits >> 21 & 31) }
  /// Bits 20–16: a source register, or the destination of an immediate operation.
  @inline(__always) package var rt: Int { Int(bits >> 16 & 31) }
  /// Bits 15–11: the destination of a register operation.
  @inline(__always) package var rd: Int { Int(bits >> 11 & 31) }
  /// Bits 10–6: a shift amount.
  @inline(__always) package var shiftAmount: UInt32 { bits >> 6 & 31 }
  /// Bits 5–0: the function of a SPECIAL or SPECIAL2 instruction.
  @inline(__always) package var function: UInt32 { bits & 63 }
  /// Bits 15–0.
  @inline(__always) package var immediate: UInt16 { UInt16(truncatingIfNeeded: bits) }
  /// Bits 25–0: the target of a jump, in words.
  @inline(__always) package var target: UInt32 { bits & 0x03FF_FFFF }
}
