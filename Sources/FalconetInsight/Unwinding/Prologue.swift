import FalconetMachine

/// What a function's instructions before an address have done with the stack, by the patterns that
/// compilers begin functions with. It is a guess: control may have come another way.
struct Prologue {
  /// Bytes by which the function moved the stack pointer down.
  private(set) var size: UInt64 = 0
  /// Where from the stack pointer the return address is kept; nil while it is in register 31.
  private(set) var returnAddressSlot: Int64?

  /// The most instructions that are looked at; what is before a first call is far shorter.
  private static let limit: UInt64 = 1024
  private static let stackPointer = 29
  private static let returnAddress = 31

  init(from start: UInt64, to end: UInt64, _ reader: GuestReader) {
    guard start <= end else { return }
    for index in 0..<min((end &- start) / 4, Self.limit) {
      record(Instruction(reader.int(start &+ index &* 4)))
    }
  }

  private mutating func record(_ instruction: Instruction) {
    guard instruction.rs == Self.stackPointer else { return }
    let offset = Int64(Int16(bitPattern: instruction.immediate))
    switch instruction.opcode {
    // addi, addiu, daddi, daddiu. Only what makes the frame: another way through the function may
    // have taken it down again.
    case 0x08, 0x09, 0x18, 0x19:
      guard instruction.rt == Self.stackPointer, offset < 0 else { return }
      size &+= UInt64(-offset)
      // Go stores first and makes the frame then.
      returnAddressSlot = returnAddressSlot.map { $0 - offset }
    // sw, sd
    case 0x2B, 0x3F:
      if instruction.rt == Self.returnAddress { returnAddressSlot = offset }
    default: break
    }
  }
}
