/// A row of the instruction table: what an operation is, how it is encoded, and who has it.
package struct InstructionRow: Sendable {
  package let kind: InstructionKind
  /// Where the encoding is told apart from others; nil for what is no instruction.
  package let space: EncodingSpace?
  /// The values of that field: one, or two that mean the same.
  package let codes: (UInt8, UInt8)
  package let requirement: InstructionRequirement

  @inline(__always)
  init(
    _ kind: InstructionKind, _ space: EncodingSpace?, _ code: UInt8, or second: UInt8? = nil,
    if requirement: InstructionRequirement = .nothing
  ) {
    self.kind = kind
    self.space = space
    codes = (code, second ?? code)
    self.requirement = requirement
  }
}

/// The field of an instruction that tells operations apart.
package enum EncodingSpace: Int, Sendable, CaseIterable {
  /// Bits 31–26.
  case primary
  /// Bits 5–0 of primary opcode 0.
  case special
  /// Bits 5–0 of primary opcode 0x1C.
  case special2
  /// Bits 20–16 of primary opcode 1.
  case registerImmediate

  /// The space of an instruction.
  @inline(__always) package init(of instruction: Instruction) {
    switch instruction.opcode {
    case 0x00: self = .special
    case 0x01: self = .registerImmediate
    case 0x1C: self = .special2
    // All other primary opcodes tell the operation by themselves.
    default: self = .primary
    }
  }

  /// The code of an instruction of this space.
  @inline(__always) package func code(of instruction: Instruction) -> UInt8 {
    switch self {
    case .primary: UInt8(truncatingIfNeeded: instruction.opcode)
    case .special, .special2: UInt8(truncatingIfNeeded: instruction.function)
    case .registerImmediate: UInt8(truncatingIfNeeded: instruction.rt)
    }
  }

  /// What a code is that no operation has.
  var missing: Operation {
    switch self {
    case .primary, .special, .special2: .unknown
    case .registerImmediate: .branchNever
    }
  }
}

/// What a revision must have for an instruction to exist.
package enum InstructionRequirement: Sendable, CaseIterable {
  case nothing
  case words64
  case linkingBranches
  case countLeadingDoublewords
  /// Left shifts whose result is sign-extended from bit 31, or that fill the upper half.
  case signExtendingShifts, fillingShifts

  @inline(__always) package func holds(under rules: Rules) -> Bool {
    switch self {
    case .nothing: true
    case .words64: rules.wordSize == .bits64
    case .linkingBranches: rules.linkingBranches
    case .countLeadingDoublewords: rules.countLeadingDoublewords
    case .signExtendingShifts: !rules.shiftLeftFillsUpperHalf
    case .fillingShifts: rules.shiftLeftFillsUpperHalf
    }
  }
}

/// What an instruction does: its mnemonic. All else that is said of one stands in its ``row``.
package enum Operation: UInt8, Sendable, CaseIterable {
  /// Not an instruction of this version: the machine stops.
  case unknown
  /// A breakpoint: the machine stops.
  case `break`
  case syscall

  case sll, srl, sra, sllv, srlv, srav
  /// `sll` and `sllv` of a version that fills the upper half of the result.
  case sllFill, sllvFill
  case dsll, dsrl, dsra, dsll32, dsrl32, dsra32, dsllv, dsrlv, dsrav
  case movz, movn, sync
  case mfhi, mthi, mflo, mtlo
  case mult, multu, div, divu, dmult, dmultu, ddiv, ddivu
  case add, sub, dadd, dsub, and, or, xor, nor, slt, sltu
  case mul, clz, clo, dclz, dclo
  case addi, daddi, slti, sltiu, andi, ori, xori, lui
  case lb, lbu, lh, lhu, lw, lwu, ld, lwl, lwr, ldl, ldr
  case sb, sh, sw, sd, swl, swr, sdl, sdr
  case ll, lld, sc, scd
  case j, jal, jr, jalr
  case beq, bne, blez, bgtz, bltz, bgez, bltzal, bgezal
  /// A REGIMM instruction with an rt field that names no branch: never taken.
  case branchNever
}

extension Operation {
  /// The instruction table.
  ///
  /// Decoding, disassembly, the static check of programs, the engines' dispatch and the tests that hold
  /// them to one another read it.
  @inline(__always) package var row: InstructionRow {
    typealias Row = InstructionRow
    return switch self {
    case .unknown: Row(.none, nil, 0)
    case .break: Row(.trap, .special, 0x0D)
    case .syscall: Row(.systemCall, .special, 0x0C)

    case .sll: Row(.register(.amount), .special, 0x00, if: .signExtendingShifts)
    case .sllFill: Row(.register(.amount), .special, 0x00, if: .fillingShifts)
    case .srl: Row(.register(.amount), .special, 0x02)
    case .sra: Row(.register(.amount), .special, 0x03)
    case .sllv: Row(.register(.signed), .special, 0x04, if: .signExtendingShifts)
    case .sllvFill: Row(.register(.signed), .special, 0x04, if: .fillingShifts)
    case .srlv: Row(.register(.signed), .special, 0x06)
    case .srav: Row(.register(.signed), .special, 0x07)
    case .dsll: Row(.register(.amount), .special, 0x38, if: .words64)
    case .dsrl: Row(.register(.amount), .special, 0x3A, if: .words64)
    case .dsra: Row(.register(.amount), .special, 0x3B, if: .words64)
    case .dsll32: Row(.register(.amountPlus32), .special, 0x3C, if: .words64)
    case .dsrl32: Row(.register(.amountPlus32), .special, 0x3E, if: .words64)
    case .dsra32: Row(.register(.amountPlus32), .special, 0x3F, if: .words64)
    case .dsllv: Row(.register(.signed), .special, 0x14, if: .words64)
    case .dsrlv: Row(.register(.signed), .special, 0x16, if: .words64)
    case .dsrav: Row(.register(.signed), .special, 0x17, if: .words64)
    case .movz: Row(.register(.signed), .special, 0x0A)
    case .movn: Row(.register(.signed), .special, 0x0B)
    // Assemblers leave rd 0, which makes a no-operation of it.
    case .sync: Row(.register(.signed), .special, 0x0F)
    case .add: Row(.register(.signed), .special, 0x20, or: 0x21)
    case .sub: Row(.register(.signed), .special, 0x22, or: 0x23)
    case .dadd: Row(.register(.signed), .special, 0x2C, or: 0x2D, if: .words64)
    case .dsub: Row(.register(.signed), .special, 0x2E, or: 0x2F, if: .words64)
    case .and: Row(.register(.signed), .special, 0x24)
    case .or: Row(.register(.signed), .special, 0x25)
    case .xor: Row(.register(.signed), .special, 0x26)
    case .nor: Row(.register(.signed), .special, 0x27)
    case .slt: Row(.register(.signed), .special, 0x2A)
    case .sltu: Row(.register(.signed), .special, 0x2B)
    case .mul: Row(.register(.signed), .special2, 0x02)
    case .clz: Row(.register(.signed), .special2, 0x20)
    case .clo: Row(.register(.signed), .special2, 0x21)
    case .dclz: Row(.register(.signed), .special2, 0x24, if: .countLeadingDoublewords)
    case .dclo: Row(.register(.signed), .special2, 0x25, if: .countLeadingDoublewords)

    case .mfhi: Row(.fromHiLo, .special, 0x10)
    case .mflo: Row(.fromHiLo, .special, 0x12)
    case .mthi: Row(.toHiLo, .special, 0x11)
    case .mtlo: Row(.toHiLo, .special, 0x13)
    case .mult: Row(.toHiLo, .special, 0x18)
    case .multu: Row(.toHiLo, .special, 0x19)
    case .div: Row(.toHiLo, .special, 0x1A)
    case .divu: Row(.toHiLo, .special, 0x1B)
    case .dmult: Row(.toHiLo, .special, 0x1C, if: .words64)
    case .dmultu: Row(.toHiLo, .special, 0x1D, if: .words64)
    case .ddiv: Row(.toHiLo, .special, 0x1E, if: .words64)
    case .ddivu: Row(.toHiLo, .special, 0x1F, if: .words64)

    case .addi: Row(.immediate(.signed), .primary, 0x08, or: 0x09)
    case .daddi: Row(.immediate(.signed), .primary, 0x18, or: 0x19, if: .words64)
    case .slti: Row(.immediate(.signed), .primary, 0x0A)
    case .sltiu: Row(.immediate(.signed), .primary, 0x0B)
    case .andi: Row(.immediate(.unsigned), .primary, 0x0C)
    case .ori: Row(.immediate(.unsigned), .primary, 0x0D)
    case .xori: Row(.immediate(.unsigned), .primary, 0x0E)
    case .lui: Row(.immediate(.upper), .primary, 0x0F)

    case .lb: Row(.load(.byte), .primary, 0x20)
    case .lh: Row(.load(.half), .primary, 0x21)
    case .lwl: Row(.load(.wordLeft), .primary, 0x22)
    case .lw: Row(.load(.word), .primary, 0x23)
    case .lbu: Row(.load(.byteUnsigned), .primary, 0x24)
    case .lhu: Row(.load(.halfUnsigned), .primary, 0x25)
    case .lwr: Row(.load(.wordRight), .primary, 0x26)
    case .lwu: Row(.load(.wordUnsigned), .primary, 0x27, if: .words64)
    case .ldl: Row(.load(.doubleLeft), .primary, 0x1A, if: .words64)
    case .ldr: Row(.load(.doubleRight), .primary, 0x1B, if: .words64)
    case .ld: Row(.load(.double), .primary, 0x37, if: .words64)
    case .sb: Row(.store(.byte), .primary, 0x28)
    case .sh: Row(.store(.half), .primary, 0x29)
    case .swl: Row(.store(.wordLeft), .primary, 0x2A)
    case .sw: Row(.store(.word), .primary, 0x2B)
    case .sdl: Row(.store(.doubleLeft), .primary, 0x2C, if: .words64)
    case .sdr: Row(.store(.doubleRight), .primary, 0x2D, if: .words64)
    case .swr: Row(.store(.wordRight), .primary, 0x2E)
    case .sd: Row(.store(.double), .primary, 0x3F, if: .words64)
    case .ll: Row(.loadLinked(.word), .primary, 0x30)
    case .lld: Row(.loadLinked(.double), .primary, 0x34, if: .words64)
    case .sc: Row(.storeConditional(.word), .primary, 0x38)
    case .scd: Row(.storeConditional(.double), .primary, 0x3C, if: .words64)

    case .j: Row(.jump(links: false), .primary, 0x02)
    case .jal: Row(.jump(links: true), .primary, 0x03)
    case .jr: Row(.jumpRegister(links: false), .special, 0x08)
    case .jalr: Row(.jumpRegister(links: true), .special, 0x09)
    case .beq: Row(.branch(.equal, links: false), .primary, 0x04)
    case .bne: Row(.branch(.notEqual, links: false), .primary, 0x05)
    case .blez: Row(.branch(.notPositive, links: false), .primary, 0x06)
    case .bgtz: Row(.branch(.positive, links: false), .primary, 0x07)
    case .bltz: Row(.branch(.negative, links: false), .registerImmediate, 0x00)
    case .bgez: Row(.branch(.notNegative, links: false), .registerImmediate, 0x01)
    case .bltzal:
      Row(.branch(.negative, links: true), .registerImmediate, 0x10, if: .linkingBranches)
    case .bgezal:
      Row(.branch(.notNegative, links: true), .registerImmediate, 0x11, if: .linkingBranches)
    case .branchNever: Row(.branch(.never, links: false), nil, 0)
    }
  }

  /// What `instruction` means under `rules`. Fields that should be zero are not checked.
  ///
  /// What decodes many instructions under the same rules keeps an ``InstructionDecoder``.
  package init(decoding instruction: Instruction, under rules: Rules) {
    self.init(at: Self.place(of: instruction), under: rules)
  }

  /// What the code at a place means under `rules`.
  init(at place: Int, under rules: Rules) {
    let candidates = Self.candidates[place]
    self =
      candidates.first.row.requirement.holds(under: rules) ? candidates.first : candidates.second
  }

  /// Where the code of an instruction stands among those of all spaces.
  @inline(__always) static func place(of instruction: Instruction) -> Int {
    let space = EncodingSpace(of: instruction)
    return place(space, space.code(of: instruction))
  }

  @inline(__always)
  private static func place(_ space: EncodingSpace, _ code: UInt8) -> Int {
    space.rawValue << 6 | Int(code & 63)
  }

  /// The operations of each code: the second is what it means to a revision without the first.
  private static let candidates: [(first: Operation, second: Operation)] = {
    var table = EncodingSpace.allCases.flatMap { space in
      [(first: Operation, second: Operation)](
        repeating: (space.missing, space.missing), count: 64)
    }
    for operation in allCases {
      let row = operation.row
      guard let space = row.space else { continue }
      for code in Set([row.codes.0, row.codes.1]) {
        let place = place(space, code)
        if table[place].first == space.missing {
          table[place].first = operation
        } else {
          table[place].second = operation
        }
      }
    }
    return table
  }()
}
