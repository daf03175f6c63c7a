/// Writes x86-64 machine code.
///
/// Places in code are byte offsets from its start. Operands are host registers, entries of the register
/// bank, and guest memory at an offset in a register.
///
/// Safety: code is written at ``position``, which the translator keeps below the memory's end by
/// more than the longest block takes; ``patch(_:to:)`` writes at places that were written before.
struct X86Assembler {
  let memory: CodeMemory
  var position = 0

  /// rbx points this many bytes into the bank, so that entries 7 to 38 are reached with a one-byte
  /// displacement.
  static let bankBias = 23 * 8

  init(_ memory: CodeMemory) { self.memory = memory }

  // MARK: Bytes

  @inline(__always)
  mutating func byte(_ value: UInt8) {
    memory.writable.storeBytes(of: value, toByteOffset: position, as: UInt8.self)
    position &+= 1
  }

  @inline(__always)
  mutating func int32(_ value: Int32) {
    memory.writable.storeBytes(of: value.littleEndian, toByteOffset: position, as: Int32.self)
    position &+= 4
  }

  mutating func int64(_ value: UInt64) {
    memory.writable.storeBytes(of: value.littleEndian, toByteOffset: position, as: UInt64.self)
    position &+= 8
  }

  /// Fills up to a multiple of 16, at which a block begins.
  mutating func align() {
    while position & 15 != 0 { byte(0x90) }
  }

  @inline(__always)
  private mutating func prefix(
    wide: Bool, _ register: X86Register, index: X86Register = .rax, base: X86Register,
    force: Bool = false
  ) {
    let value: UInt8 =
      0x40 | (wide ? 8 : 0) | (register.isHigh ? 4 : 0) | (index.isHigh ? 2 : 0)
      | (base.isHigh ? 1 : 0)
    if value != 0x40 || force { byte(value) }
  }

  // MARK: Forms of operands

  /// An instruction of one-byte opcode on two registers. `register` is the one that most forms write.
  mutating func registers(
    _ opcode: UInt8, _ register: X86Register, _ operand: X86Register, wide: Bool = true
  ) {
    prefix(wide: wide, register, base: operand)
    byte(opcode)
    byte(0xC0 | register.low << 3 | operand.low)
  }

  /// The same with a two-byte opcode, 0x0F first. `bytes` if the operand is the low byte.
  mutating func registers0F(
    _ opcode: UInt8, _ register: X86Register, _ operand: X86Register, wide: Bool = true,
    bytes: Bool = false
  ) {
    prefix(wide: wide, register, base: operand, force: bytes)
    byte(0x0F)
    byte(opcode)
    byte(0xC0 | register.low << 3 | operand.low)
  }

  /// An instruction whose other operand is a number in the register field.
  mutating func single(_ opcode: UInt8, _ number: UInt8, _ operand: X86Register, wide: Bool = true)
  {
    prefix(wide: wide, .rax, base: operand)
    byte(opcode)
    byte(0xC0 | number << 3 | operand.low)
  }

  /// An instruction on a register and an entry of the bank.
  mutating func bank(
    _ opcode: UInt8, _ register: X86Register, _ entry: UInt8, wide: Bool = true
  ) {
    prefix(wide: wide, register, base: .rbx)
    byte(opcode)
    bankOperand(register.low, entry)
  }

  mutating func bankOperand(_ field: UInt8, _ entry: UInt8) {
    let offset = Int32(entry) * 8 - Int32(Self.bankBias)
    if let short = Int8(exactly: offset) {
      byte(0x43 | field << 3)
      byte(UInt8(bitPattern: short))
    } else {
      byte(0x83 | field << 3)
      int32(offset)
    }
  }

  /// An instruction on a register and memory at `base + index + displacement`. The index is not rsp. The opcode's last
  /// byte is the lowest.
  mutating func indexed(
    _ opcode: UInt32, _ register: X86Register, base: X86Register, index: X86Register,
    displacement: Int32 = 0, wide: Bool = true, halfWord: Bool = false, bytes: Bool = false
  ) {
    if halfWord { byte(0x66) }
    prefix(wide: wide, register, index: index, base: base, force: bytes)
    if opcode > 0xFFFF { byte(UInt8(truncatingIfNeeded: opcode >> 16)) }
    if opcode > 0xFF { byte(UInt8(truncatingIfNeeded: opcode >> 8)) }
    byte(UInt8(truncatingIfNeeded: opcode))
    let operand = register.low << 3 | 0x04
    let place = index.low << 3 | base.low
    // A base like rbp has no form without a displacement.
    if displacement == 0, base.low != 5 {
      byte(operand)
      byte(place)
    } else if let short = Int8(exactly: displacement) {
      byte(0x40 | operand)
      byte(place)
      byte(UInt8(bitPattern: short))
    } else {
      byte(0x80 | operand)
      byte(place)
      int32(displacement)
    }
  }

  /// An instruction on a number in the register field and memory at `base + 4 * index + displacement`. Base and
  /// index are among the low eight registers.
  mutating func scaled(
    _ opcode: UInt8, _ field: UInt8, base: X86Register, index: X86Register, displacement: UInt8 = 0,
    wide: Bool = true
  ) {
    let value: UInt8 = 0x40 | (wide ? 8 : 0) | (field >= 8 ? 4 : 0)
    if value != 0x40 { byte(value) }
    byte(opcode)
    let times4: UInt8 = 0x80
    byte((displacement == 0 ? 0x04 : 0x44) | (field & 7) << 3)
    byte(times4 | index.low << 3 | base.low)
    if displacement != 0 { byte(displacement) }
  }

  // MARK: Instructions

  mutating func move(_ target: X86Register, _ source: X86Register) {
    if target != source { registers(0x8B, target, source) }
  }

  /// Sets a register to a number, leaving the flags alone if `keepsFlags`.
  mutating func set(_ target: X86Register, to value: UInt64, keepsFlags: Bool = false) {
    if value == 0, !keepsFlags {
      registers(0x33, target, target, wide: false)
    } else if value <= UInt64(UInt32.max) {
      if target.isHigh { byte(0x41) }
      byte(0xB8 | target.low)
      int32(Int32(truncatingIfNeeded: value))
    } else if let small = Int32(exactly: Int64(bitPattern: value)) {
      prefix(wide: true, .rax, base: target)
      byte(0xC7)
      byte(0xC0 | target.low)
      int32(small)
    } else {
      prefix(wide: true, .rax, base: target)
      byte(0xB8 | target.low)
      int64(value)
    }
  }

  mutating func immediate(
    _ operation: X86Operation, _ target: X86Register, _ value: Int32, wide: Bool = true
  ) {
    prefix(wide: wide, .rax, base: target)
    if let short = Int8(exactly: value) {
      byte(0x83)
      byte(0xC0 | operation.number << 3 | target.low)
      byte(UInt8(bitPattern: short))
    } else {
      byte(0x81)
      byte(0xC0 | operation.number << 3 | target.low)
      int32(value)
    }
  }

  mutating func shift(
    _ kind: X86Shift, _ target: X86Register, by amount: UInt8, wide: Bool = true
  ) {
    single(0xC1, kind.rawValue, target, wide: wide)
    byte(amount)
  }

  /// Shifts by the low bits of rcx.
  mutating func shiftByCL(_ kind: X86Shift, _ target: X86Register, wide: Bool = true) {
    single(0xD3, kind.rawValue, target, wide: wide)
  }

  /// `target = source + offset`.
  mutating func address(_ target: X86Register, _ source: X86Register, _ offset: Int32) {
    prefix(wide: true, target, base: source)
    byte(0x8D)
    // No pinned or scratch register is rsp or r12, whose form needs one byte more.
    if let short = Int8(exactly: offset) {
      byte(0x40 | target.low << 3 | source.low)
      byte(UInt8(bitPattern: short))
    } else {
      byte(0x80 | target.low << 3 | source.low)
      int32(offset)
    }
  }

  mutating func signExtend32(_ target: X86Register, _ source: X86Register) {
    registers(0x63, target, source)
  }

  /// Fills rdx with the sign of rax, for a division of both.
  mutating func signExtendIntoRDX(wide: Bool) {
    if wide { byte(0x48) }
    byte(0x99)
  }

  /// Compares a register with zero.
  mutating func test(_ register: X86Register, wide: Bool = true) {
    registers(0x85, register, register, wide: wide)
  }

  mutating func push(_ register: X86Register) {
    if register.isHigh { byte(0x41) }
    byte(0x50 | register.low)
  }

  mutating func pop(_ register: X86Register) {
    if register.isHigh { byte(0x41) }
    byte(0x58 | register.low)
  }

  mutating func ret() { byte(0xC3) }

  // MARK: Jumps

  /// A jump to a place in the code.
  mutating func jump(to target: Int) {
    byte(0xE9)
    int32(Int32(truncatingIfNeeded: target - position - 4))
  }

  /// A jump whose target is not known yet: to be given to ``patch(_:to:)``.
  mutating func jump() -> Int {
    byte(0xE9)
    int32(0)
    return position - 4
  }

  /// A conditional jump whose target is not known yet.
  mutating func jump(_ condition: X86Condition) -> Int {
    byte(0x0F)
    byte(0x80 | condition.rawValue)
    int32(0)
    return position - 4
  }

  mutating func call(_ target: Int) {
    byte(0xE8)
    int32(Int32(truncatingIfNeeded: target - position - 4))
  }

  /// A call whose target is not known yet.
  mutating func call() -> Int {
    byte(0xE8)
    int32(0)
    return position - 4
  }

  /// Calls a function of the host.
  mutating func call(function address: UInt) {
    set(.rax, to: UInt64(address))
    byte(0xFF)
    byte(0xD0)
  }

  /// Sets where a jump goes.
  mutating func patch(_ jump: Int, to target: Int) {
    memory.writable.storeBytes(
      of: Int32(truncatingIfNeeded: target - jump - 4).littleEndian, toByteOffset: jump,
      as: Int32.self)
  }

  /// Has a jump go to the same place as another.
  mutating func patch(_ jump: Int, toTargetOf other: Int) {
    let distance = memory.writable.loadUnaligned(fromByteOffset: other, as: Int32.self)
    patch(jump, to: other + 4 + Int(Int32(littleEndian: distance)))
  }

  /// Sets where a jump goes: here.
  mutating func patchHere(_ jump: Int) { patch(jump, to: position) }

  /// Sets where some jumps go: here.
  mutating func patchHere(_ jumps: X86Jumps) {
    let here = position
    jumps.each { patch($0, to: here) }
  }
}
