/// The first bytes of an instruction, at most 8, which are written at once: writing each of them takes longer.
struct X86Bytes {
  private(set) var bits: UInt64 = 0
  private(set) var count = 0

  @inline(__always)
  init() {}

  /// With the prefix that 64-bit operands and high registers need, or with a prefix anyway if `force`.
  @inline(__always)
  init(
    wide: Bool, _ register: X86Register, index: X86Register = .rax, base: X86Register,
    force: Bool = false
  ) {
    let value: UInt8 =
      0x40 | (wide ? 8 : 0) | (register.isHigh ? 4 : 0) | (index.isHigh ? 2 : 0)
      | (base.isHigh ? 1 : 0)
    if value != 0x40 || force { append(value) }
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    bits |= UInt64(byte) &<< UInt64(8 &* count)
    count &+= 1
  }
}
