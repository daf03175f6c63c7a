/// Writes x86-64 machine code.
///
/// Places in code are byte offsets from its start. Operands are host registers, entries of the register
/// bank, and guest memory at an offset in a register.
///
/// Safety: code is written at ``position``, which the translator keeps below the memory's end by
/// more than the longest block takes; ``patch(_:to:)`` writes at places that were written before.
struct X86Assembler {
  let memory: CodeMemory
  /// Where the memory is written.
  let start: UnsafeMutableRawPointer
  var position = 0

  /// rbx points this many bytes into the bank, so that entries 7 to 38 are reached with a one-byte
  /// displacement.
  static let bankBias = 23 * 8

  init(_ memory: CodeMemory) {
    self.memory = memory
    start = memory.writable
  }

  // MARK: Bytes

  @inline(__always)
  mutating func byte(_ value: UInt8) {
    start.storeBytes(of: value, toByteOffset: position, as: UInt8.self)
    position &+= 1
  }

  @inline(__always)
  mutating func int32(_ value: Int32) {
    start.storeBytes(of: value.littleEndian, toByteOffset: position, as: Int32.self)
    position &+= 4
  }

  mutating func int64(_ value: UInt64) {
    start.storeBytes(of: value.littleEndian, toByteOffset: position, as: UInt64.self)
    position &+= 8
  }

  /// Writes an instruction, or its beginning.
  @inline(__always)
  mutating func write(_ bytes: X86Bytes) {
    // What is behind its bytes has yet to be written.
    start.storeBytes(of: bytes.bits.littleEndian, toByteOffset: position, as: UInt64.self)
    position &+= bytes.count
  }

  /// Writes a displacement or an immediate operand: in one byte if `isShort`.
  @inline(__always)
  mutating func write(_ bytes: X86Bytes, _ value: Int32, isShort: Bool) {
    var bytes = bytes
    if isShort { bytes.append(UInt8(truncatingIfNeeded: value)) }
    write(bytes)
    if !isShort { int32(value) }
  }

  // MARK: Forms of operands

  /// An instruction of one-byte opcode on two registers. `register` is the one that most forms write.
  mutating func registers(
    _ opcode: UInt8, _ register: X86Register, _ operand: X86Register, wide: Bool = true
  ) {
    var bytes = X86Bytes(wide: wide, register, base: operand)
    bytes.append(opcode)
    bytes.append(0xC0 | register.low << 3 | operand.low)
    write(bytes)
  }

  /// The same with a two-byte opcode, 0x0F first. `bytes` if the operand is the low byte.
  mutating func registers0F(
    _ opcode: UInt8, _ register: X86Register, _ operand: X86Register, wide: Bool = true,
    bytes isByte: Bool = false
  ) {
    var bytes = X86Bytes(wide: wide, register, base: operand, force: isByte)
    bytes.append(0x0F)
    bytes.append(opcode)
    bytes.append(0xC0 | register.low << 3 | operand.low)
    write(bytes)
  }

  /// An instruction whose other operand is a number in the register field.
  mutating func single(_ opcode: UInt8, _ number: UInt8, _ operand: X86Register, wide: Bool = true)
  {
    var bytes = X86Bytes(wide: wide, .rax, base: operand)
    bytes.append(opcode)
    bytes.append(0xC0 | number << 3 | operand.low)
    write(bytes)
  }

  /// An instruction on a register and an entry of the bank.
  mutating func bank(
    _ opcode: UInt8, _ register: X86Register, _ entry: UInt8, wide: Bool = true
  ) {
    let offset = Int32(entry) * 8 - Int32(Self.bankBias)
    let isShort = Int8(exactly: offset) != nil
    var bytes = X86Bytes(wide: wide, register, base: .rbx)
    bytes.append(opcode)
    bytes.append((isShort ? 0x43 : 0x83) | register.low << 3)
    write(bytes, offset, isShort: isShort)
  }

  /// An instruction on a register and memory at `base + index + displacement`. With rsp as the index there is none. The
  /// opcode's last byte is the lowest.
  mutating func indexed(
    _ opcode: UInt32, _ register: X86Register, base: X86Register, index: X86Register,
    displacement: Int32 = 0, wide: Bool = true, halfWord: Bool = false, bytes isByte: Bool = false
  ) {
    if halfWord { byte(0x66) }
    var bytes = X86Bytes(wide: wide, register, index: index, base: base, force: isByte)
    if opcode > 0xFFFF { bytes.append(UInt8(truncatingIfNeeded: opcode >> 16)) }
    if opcode > 0xFF { bytes.append(UInt8(truncatingIfNeeded: opcode >> 8)) }
    bytes.append(UInt8(truncatingIfNeeded: opcode))
    let operand = register.low << 3 | 0x04
    let place = index.low << 3 | base.low
    // A base like rbp has no form without a displacement.
    if displacement == 0, base.low != 5 {
      bytes.append(operand)
      bytes.append(place)
      write(bytes)
    } else {
      let isShort = Int8(exactly: displacement) != nil
      bytes.append((isShort ? 0x40 : 0x80) | operand)
      bytes.append(place)
      write(bytes, displacement, isShort: isShort)
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
      var bytes = X86Bytes(wide: false, .rax, base: target)
      bytes.append(0xB8 | target.low)
      write(bytes, Int32(truncatingIfNeeded: value), isShort: false)
    } else if let small = Int32(exactly: Int64(bitPattern: value)) {
      var bytes = X86Bytes(wide: true, .rax, base: target)
      bytes.append(0xC7)
      bytes.append(0xC0 | target.low)
      write(bytes, small, isShort: false)
    } else {
      var bytes = X86Bytes(wide: true, .rax, base: target)
      bytes.append(0xB8 | target.low)
      write(bytes)
      int64(value)
    }
  }

  mutating func immediate(
    _ operation: X86Operation, _ target: X86Register, _ value: Int32, wide: Bool = true
  ) {
    let isShort = Int8(exactly: value) != nil
    var bytes = X86Bytes(wide: wide, .rax, base: target)
    bytes.append(isShort ? 0x83 : 0x81)
    bytes.append(0xC0 | operation.number << 3 | target.low)
    write(bytes, value, isShort: isShort)
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

  /// Rotates by the low bits of rcx.
  mutating func rotateByCL(left isLeft: Bool, _ target: X86Register, wide: Bool = true) {
    single(0xD3, isLeft ? 0 : 1, target, wide: wide)
  }

  /// Shifts by the low bits of rcx, and fills up with bits of another register, which come from its other end.
  mutating func shiftByCL(
    left isLeft: Bool, _ target: X86Register, from source: X86Register, wide: Bool = true
  ) {
    registers0F(isLeft ? 0xA5 : 0xAD, source, target, wide: wide)
  }

  /// `target = source + offset`.
  mutating func address(_ target: X86Register, _ source: X86Register, _ offset: Int32) {
    // No pinned or scratch register is rsp or r12, whose form needs one byte more.
    let isShort = Int8(exactly: offset) != nil
    var bytes = X86Bytes(wide: true, target, base: source)
    bytes.append(0x8D)
    bytes.append((isShort ? 0x40 : 0x80) | target.low << 3 | source.low)
    write(bytes, offset, isShort: isShort)
  }

  /// Sets a register to a guest address.
  mutating func set(_ target: X86Register, to place: X86Address) {
    if place.displacement == 0 {
      move(target, place.register)
    } else {
      address(target, place.register, place.displacement)
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

  /// Compares bits of the low byte of a register with zero.
  mutating func testLowByte(_ register: X86Register, _ bits: UInt8) {
    if register == .rax {
      byte(0xA8)
      return byte(bits)
    }
    var bytes = X86Bytes(wide: false, .rax, base: register, force: true)
    bytes.append(0xF6)
    bytes.append(0xC0 | register.low)
    bytes.append(bits)
    write(bytes)
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
}
