/// Jumps and calls, whose targets may become known later.
extension X86Assembler {
  /// A jump to a place in the code.
  mutating func jump(to target: Int) { go(0xE9, to: target) }

  /// A jump whose target is not known yet: to be given to ``patch(_:to:)``.
  mutating func jump() -> Int { go(0xE9) }

  /// A conditional jump whose target is not known yet.
  mutating func jump(_ condition: X86Condition) -> Int {
    var bytes = X86Bytes()
    bytes.append(0x0F)
    bytes.append(0x80 | condition.rawValue)
    write(bytes, 0, isShort: false)
    return position - 4
  }

  mutating func call(_ target: Int) { go(0xE8, to: target) }

  /// A call whose target is not known yet.
  mutating func call() -> Int { go(0xE8) }

  /// An instruction that goes to a place in the code.
  private mutating func go(_ opcode: UInt8, to target: Int) {
    byte(opcode)
    int32(Int32(truncatingIfNeeded: target - position - 4))
  }

  /// The same, whose target is not known yet.
  private mutating func go(_ opcode: UInt8) -> Int {
    byte(opcode)
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
    start.storeBytes(
      of: Int32(truncatingIfNeeded: target - jump - 4).littleEndian, toByteOffset: jump,
      as: Int32.self)
  }

  /// Where a jump goes.
  func target(of jump: Int) -> Int {
    let distance = start.loadUnaligned(fromByteOffset: jump, as: Int32.self)
    return jump + 4 + Int(Int32(littleEndian: distance))
  }

  /// Sets where a jump goes: here.
  mutating func patchHere(_ jump: Int) { patch(jump, to: position) }

  /// Sets where some jumps go: here.
  mutating func patchHere(_ jumps: X86Jumps) {
    let here = position
    jumps.each { patch($0, to: here) }
  }
}
