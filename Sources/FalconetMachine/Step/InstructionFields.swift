/// Where an instruction's destination and its immediate operand stand: numbers that an ``InstructionDecoder`` has for each
/// operation, so that whoever decodes many instructions takes no different way for each kind.
package struct InstructionFields: Sendable, Equatable {
  /// The destination is the bits above this one that the mask has, and those that are always set.
  private let destinationShift: UInt8
  private let destinationMask: UInt8
  private let destinationBits: UInt8
  /// The immediate operand is the instruction shifted to the left and then back, with its sign, of which the mask's bits
  /// count, and a number more.
  private let left: UInt8
  private let right: UInt8
  private let more: UInt8
  private let mask: Int32

  package init(_ kind: InstructionKind) {
    (destinationShift, destinationMask, destinationBits) = Self.destination(kind)
    (left, right, mask, more) = Self.immediate(kind)
  }

  /// The register that the instruction writes its result or its link to, 0 for none.
  @inline(__always) package func destination(of instruction: Instruction) -> Int {
    let field = UInt8(truncatingIfNeeded: instruction.bits &>> UInt32(destinationShift))
    return Int(field & destinationMask | destinationBits)
  }

  /// The immediate operand in 32 bits: a number, a shift amount, the distance of a branch from its
  /// delay slot or the place of a jump in its 256 MiB, both in bytes.
  @inline(__always) package func immediate(of instruction: Instruction) -> Int32 {
    let field = (Int32(bitPattern: instruction.bits) &<< Int32(left)) &>> Int32(right)
    return (field & mask) &+ Int32(more)
  }

  private static func destination(_ kind: InstructionKind) -> (UInt8, UInt8, UInt8) {
    let (rd, rt): (UInt8, UInt8) = (11, 16)
    return switch kind {
    case .register, .fromHiLo, .toHiLo, .jumpRegister(links: true): (rd, 31, 0)
    case .immediate, .load, .loadLinked, .storeConditional: (rt, 31, 0)
    case .jump(links: true), .branch(_, links: true): (0, 0, 31)
    case .jump(links: false), .branch(_, links: false), .jumpRegister(links: false), .none, .trap,
      .systemCall, .store:
      (0, 0, 0)
    }
  }

  private static func immediate(_ kind: InstructionKind) -> (UInt8, UInt8, Int32, UInt8) {
    switch kind {
    case .register(let form), .immediate(let form): immediate(form)
    // A distance in words.
    case .branch: (16, 14, -1, 0)
    // A place in words.
    case .jump: (2, 0, 0x0FFF_FFFC, 0)
    case .load, .store, .loadLinked, .storeConditional, .none, .trap, .systemCall, .fromHiLo,
      .toHiLo, .jumpRegister:
      immediate(.signed)
    }
  }

  private static func immediate(_ form: ImmediateForm) -> (UInt8, UInt8, Int32, UInt8) {
    switch form {
    case .signed: (16, 16, -1, 0)
    case .unsigned: (0, 0, 0xFFFF, 0)
    case .upper: (16, 0, -1, 0)
    case .amount: (0, 6, 31, 0)
    case .amountPlus32: (0, 6, 31, 32)
    }
  }
}
