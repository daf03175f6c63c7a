/// What an instruction does: its mnemonic.
///
/// Grouped by where operands and results are; engines rely on the groups, not on the order in them.
public enum Operation: UInt8, Sendable, CaseIterable {
  /// Not an instruction of this version: the machine stops.
  case unknown
  /// A breakpoint: the machine stops.
  case `break`
  case syscall

  // SPECIAL and SPECIAL2, result in rd:
  case sll, srl, sra, sllv, srlv, srav
  /// `sll` and `sllv` of a version that fills the upper half of the result.
  case sllFill, sllvFill
  case dsll, dsrl, dsra, dsll32, dsrl32, dsra32, dsllv, dsrlv, dsrav
  case movz, movn, sync
  case mfhi, mthi, mflo, mtlo
  case mult, multu, div, divu, dmult, dmultu, ddiv, ddivu
  case add, sub, dadd, dsub, and, or, xor, nor, slt, sltu
  case mul, clz, clo, dclz, dclo

  // Immediate, result in rt:
  case addi, daddi, slti, sltiu, andi, ori, xori, lui

  // Loads into rt:
  case lb, lbu, lh, lhu, lw, lwu, ld, lwl, lwr, ldl, ldr
  // Stores of rt:
  case sb, sh, sw, sd, swl, swr, sdl, sdr
  // Read-modify-write on rt:
  case ll, lld, sc, scd

  // Branches and jumps; each has a delay slot:
  case j, jal, jr, jalr
  case beq, bne, blez, bgtz, bltz, bgez, bltzal, bgezal
  /// A REGIMM instruction with an rt field that names no branch: never taken.
  case branchNever

  /// Whether the instruction has a delay slot.
  @inline(__always) public var isBranch: Bool { rawValue >= Operation.j.rawValue }

  /// Whether the instruction reads memory into rt.
  @inline(__always) var isLoad: Bool {
    rawValue >= Operation.lb.rawValue && rawValue <= Operation.ldr.rawValue
  }

  /// Whether the instruction writes rt to memory.
  @inline(__always) var isStore: Bool {
    rawValue >= Operation.sb.rawValue && rawValue <= Operation.sdr.rawValue
  }
}

extension Operation {
  /// What `instruction` means under `rules`. Fields that should be zero are not checked.
  public init(decoding instruction: Instruction, under rules: Rules) {
    let operation: Operation
    switch instruction.opcode {
    case 0x00: operation = Self.special(instruction.function)
    case 0x01: operation = Self.registerImmediate(instruction.rt)
    case 0x1C: operation = Self.special2(instruction.function)
    default: operation = Self.primary[Int(instruction.opcode)]
    }
    self = operation.isKnown(under: rules) ? operation : operation.replacement
    if rules.shiftLeftFillsUpperHalf {
      if self == .sll { self = .sllFill } else if self == .sllv { self = .sllvFill }
    }
  }

  private static func special(_ function: UInt32) -> Operation {
    specials[Int(function & 63)]
  }

  private static func registerImmediate(_ field: Int) -> Operation {
    switch field {
    case 0x00: .bltz
    case 0x01: .bgez
    case 0x10: .bltzal
    case 0x11: .bgezal
    default: .branchNever
    }
  }

  private static func special2(_ function: UInt32) -> Operation {
    switch function {
    case 0x02: .mul
    case 0x20: .clz
    case 0x21: .clo
    case 0x24: .dclz
    case 0x25: .dclo
    default: .unknown
    }
  }

  /// What an operation that a version lacks is instead.
  private var replacement: Operation {
    self == .bltzal || self == .bgezal ? .branchNever : .unknown
  }

  private func isKnown(under rules: Rules) -> Bool {
    switch self {
    case .dclz, .dclo: rules.countLeadingDoublewords
    case .bltzal, .bgezal: rules.linkingBranches
    case .dsll, .dsrl, .dsra, .dsll32, .dsrl32, .dsra32, .dsllv, .dsrlv, .dsrav, .dmult, .dmultu,
      .ddiv, .ddivu, .dadd, .dsub, .daddi, .lwu, .ld, .ldl, .ldr, .sd, .sdl, .sdr, .lld, .scd:
      rules.wordSize == .bits64
    default: true
    }
  }

  /// By function code of opcode 0.
  private static let specials: [Operation] = {
    var table = [Operation](repeating: .unknown, count: 64)
    let known: [(Int, Operation)] = [
      (0x00, .sll), (0x02, .srl), (0x03, .sra), (0x04, .sllv), (0x06, .srlv), (0x07, .srav),
      (0x08, .jr), (0x09, .jalr), (0x0A, .movz), (0x0B, .movn), (0x0C, .syscall), (0x0D, .break),
      (0x0F, .sync), (0x10, .mfhi), (0x11, .mthi), (0x12, .mflo), (0x13, .mtlo), (0x14, .dsllv),
      (0x16, .dsrlv), (0x17, .dsrav), (0x18, .mult), (0x19, .multu), (0x1A, .div), (0x1B, .divu),
      (0x1C, .dmult), (0x1D, .dmultu), (0x1E, .ddiv), (0x1F, .ddivu), (0x20, .add), (0x21, .add),
      (0x22, .sub), (0x23, .sub), (0x24, .and), (0x25, .or), (0x26, .xor), (0x27, .nor),
      (0x2A, .slt), (0x2B, .sltu), (0x2C, .dadd), (0x2D, .dadd), (0x2E, .dsub), (0x2F, .dsub),
      (0x38, .dsll), (0x3A, .dsrl), (0x3B, .dsra), (0x3C, .dsll32), (0x3E, .dsrl32),
      (0x3F, .dsra32),
    ]
    for (function, operation) in known { table[function] = operation }
    return table
  }()

  /// By primary opcode.
  private static let primary: [Operation] = {
    var table = [Operation](repeating: .unknown, count: 64)
    let known: [(Int, Operation)] = [
      (0x02, .j), (0x03, .jal), (0x04, .beq), (0x05, .bne), (0x06, .blez), (0x07, .bgtz),
      (0x08, .addi), (0x09, .addi), (0x0A, .slti), (0x0B, .sltiu), (0x0C, .andi), (0x0D, .ori),
      (0x0E, .xori), (0x0F, .lui), (0x18, .daddi), (0x19, .daddi), (0x1A, .ldl), (0x1B, .ldr),
      (0x20, .lb), (0x21, .lh), (0x22, .lwl), (0x23, .lw), (0x24, .lbu), (0x25, .lhu),
      (0x26, .lwr), (0x27, .lwu), (0x28, .sb), (0x29, .sh), (0x2A, .swl), (0x2B, .sw),
      (0x2C, .sdl), (0x2D, .sdr), (0x2E, .swr), (0x30, .ll), (0x34, .lld), (0x37, .ld),
      (0x38, .sc), (0x3C, .scd), (0x3F, .sd),
    ]
    for (opcode, operation) in known { table[opcode] = operation }
    return table
  }()
}
