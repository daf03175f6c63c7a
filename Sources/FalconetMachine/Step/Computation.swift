/// What instructions compute from registers: the one arithmetic of the plain step and of what engines
/// execute an operation at a time.
enum Computation<Word: MachineWord> {
  enum Effect {
    /// The destination becomes a value.
    case result(Word)
    /// HI and LO become values, and the destination 0.
    case hiLo(Word, Word)
    case nothing
    case divisionByZero
    /// The operation does not compute.
    case notComputed
  }

  /// What an operation does.
  ///
  /// - Parameters:
  ///   - first: what rs holds.
  ///   - second: what rt holds.
  ///   - immediate: see ``Operation/immediate(of:)``.
  @inline(__always)
  static func effect(
    _ operation: Operation, _ first: Word, _ second: Word, _ immediate: Int32,
    hi: Word, lo: Word
  ) -> Effect {
    typealias A = Arithmetic<Word>
    let amount = UInt32(bitPattern: immediate)
    let variable = first.low32 & 31
    let extended = Word(truncatingIfNeeded: immediate)
    switch operation {
    case .sll: return .result(A.shiftLeft(second, by: amount))
    case .sllv: return .result(A.shiftLeft(second, by: variable))
    case .sllFill: return .result(A.shiftLeftFilling(second, by: amount))
    case .sllvFill: return .result(A.shiftLeftFilling(second, by: variable))
    case .srl: return .result(A.shiftRight(second, by: amount))
    case .srlv: return .result(A.shiftRight(second, by: variable))
    case .sra: return .result(A.shiftRightArithmetic(second, by: amount))
    case .srav: return .result(A.shiftRightArithmetic(second, by: variable))
    case .dsll, .dsll32: return .result(second &<< extended)
    case .dsrl, .dsrl32: return .result(second &>> extended)
    case .dsra, .dsra32: return .result(Word(signed: second.signed &>> extended.signed))
    case .dsllv: return .result(second &<< first)
    case .dsrlv: return .result(second &>> first)
    case .dsrav: return .result(Word(signed: second.signed &>> first.signed))
    case .add: return .result(A.add(first, second))
    case .sub: return .result(A.subtract(first, second))
    case .dadd: return .result(first &+ second)
    case .dsub: return .result(first &- second)
    case .and: return .result(first & second)
    case .or: return .result(first | second)
    case .xor: return .result(first ^ second)
    case .nor: return .result(~(first | second))
    case .slt: return .result(A.isLess(first, second))
    case .sltu: return .result(A.isBelow(first, second))
    case .mul: return .result(A.multiplyLow(first, second))
    case .clz: return .result(A.leadingZeros(first))
    case .clo: return .result(A.leadingOnes(first))
    case .dclz: return .result(Word(truncatingIfNeeded: first.leadingZeroBitCount))
    case .dclo: return .result(Word(truncatingIfNeeded: (~first).leadingZeroBitCount))
    case .sync: return .result(first)
    case .movz: return second == 0 ? .result(first) : .nothing
    case .movn: return second != 0 ? .result(first) : .nothing
    case .mfhi: return .result(hi)
    case .mflo: return .result(lo)
    case .mthi: return .hiLo(first, lo)
    case .mtlo: return .hiLo(hi, first)
    case .mult: return product(A.multiply(first, second))
    case .multu: return product(A.multiplyUnsigned(first, second))
    case .dmult: return product(A.multiplyWords(first, second))
    case .dmultu: return product(A.multiplyWordsUnsigned(first, second))
    case .div:
      return second.low32 == 0 ? .divisionByZero : product(A.divide(first, second))
    case .divu:
      return second.low32 == 0 ? .divisionByZero : product(A.divideUnsigned(first, second))
    case .ddiv:
      return second == 0 ? .divisionByZero : product(A.divideWords(first, second))
    case .ddivu:
      return second == 0 ? .divisionByZero : product(A.divideWordsUnsigned(first, second))
    case .addi: return .result(A.add(first, extended))
    case .daddi: return .result(first &+ extended)
    case .slti: return .result(A.isLess(first, extended))
    case .sltiu: return .result(A.isBelow(first, extended))
    case .andi: return .result(first & extended)
    case .ori: return .result(first | extended)
    case .xori: return .result(first ^ extended)
    case .lui: return .result(extended)
    case .unknown, .break, .syscall, .lb, .lbu, .lh, .lhu, .lw, .lwu, .ld, .lwl, .lwr, .ldl, .ldr,
      .sb, .sh, .sw, .sd, .swl, .swr, .sdl, .sdr, .ll, .lld, .sc, .scd, .j, .jal, .jr, .jalr, .beq,
      .bne, .blez, .bgtz, .bltz, .bgez, .bltzal, .bgezal, .branchNever:
      return .notComputed
    }
  }

  @inline(__always)
  private static func product(_ pair: (hi: Word, lo: Word)) -> Effect { .hiLo(pair.hi, pair.lo) }
}
