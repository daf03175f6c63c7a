extension Step {
  /// Instructions that touch registers only.
  static func compute(
    _ operation: Operation, _ instruction: Instruction, _ environment: Environment
  ) throws(StepError) {
    let rs = environment.register(instruction.rs, as: Word.self)
    let rt = environment.register(instruction.rt, as: Word.self)
    if operation.rawValue >= Operation.addi.rawValue {
      environment.setRegister(instruction.rt, immediate(operation, rs, instruction.immediate))
    } else if let result = result(operation, instruction, rs, rt) {
      environment.setRegister(instruction.rd, result)
    } else {
      try moveHiLo(operation, instruction, rs, rt, environment)
    }
    environment.advance(Word.self)
  }

  /// The result of an immediate operation.
  @inline(__always)
  static func immediate(_ operation: Operation, _ rs: Word, _ immediate: UInt16) -> Word {
    let signed = Word(extending: immediate)
    return switch operation {
    case .addi: Arithmetic.add(rs, signed)
    case .daddi: rs &+ signed
    case .slti: Arithmetic.isLess(rs, signed)
    case .sltiu: Arithmetic.isBelow(rs, signed)
    case .andi: rs & Word(immediate)
    case .ori: rs | Word(immediate)
    case .xori: rs ^ Word(immediate)
    default: Word(extending: UInt32(immediate) << 16)
    }
  }

  /// What an operation puts into rd; nil for those on HI and LO and for moves that don't happen.
  private static func result(
    _ operation: Operation, _ instruction: Instruction, _ rs: Word, _ rt: Word
  ) -> Word? {
    typealias A = Arithmetic<Word>
    let amount = instruction.shiftAmount
    let variable = rs.low32 & 31
    return switch operation {
    case .sll: A.shiftLeft(rt, by: amount)
    case .sllv: A.shiftLeft(rt, by: variable)
    case .sllFill: A.shiftLeftFilling(rt, by: amount)
    case .sllvFill: A.shiftLeftFilling(rt, by: variable)
    case .srl: A.shiftRight(rt, by: amount)
    case .srlv: A.shiftRight(rt, by: variable)
    case .sra: A.shiftRightArithmetic(rt, by: amount)
    case .srav: A.shiftRightArithmetic(rt, by: variable)
    case .dsll: rt &<< Word(amount)
    case .dsrl: rt &>> Word(amount)
    case .dsra: Word(signed: rt.signed &>> Word(amount).signed)
    case .dsll32: rt &<< Word(amount + 32)
    case .dsrl32: rt &>> Word(amount + 32)
    case .dsra32: Word(signed: rt.signed &>> Word(amount + 32).signed)
    case .dsllv: rt &<< rs
    case .dsrlv: rt &>> rs
    case .dsrav: Word(signed: rt.signed &>> rs.signed)
    case .add: A.add(rs, rt)
    case .sub: A.subtract(rs, rt)
    case .dadd: rs &+ rt
    case .dsub: rs &- rt
    case .and: rs & rt
    case .or: rs | rt
    case .xor: rs ^ rt
    case .nor: ~(rs | rt)
    case .slt: A.isLess(rs, rt)
    case .sltu: A.isBelow(rs, rt)
    case .mul: A.multiplyLow(rs, rt)
    case .clz: A.leadingZeros(rs)
    case .clo: A.leadingOnes(rs)
    case .dclz: Word(rs.leadingZeroBitCount)
    case .dclo: Word((~rs).leadingZeroBitCount)
    // Assemblers leave rd 0, which makes a no-operation of it.
    case .sync: rs
    case .movz: rt == 0 ? rs : nil
    case .movn: rt != 0 ? rs : nil
    default: nil
    }
  }

  /// Operations on HI and LO. Those that write them put 0 into rd as well.
  private static func moveHiLo(
    _ operation: Operation, _ instruction: Instruction, _ rs: Word, _ rt: Word,
    _ environment: Environment
  ) throws(StepError) {
    var hi = Word(truncatingIfNeeded: environment.thread.hi)
    var lo = Word(truncatingIfNeeded: environment.thread.lo)
    var result: Word = 0
    switch operation {
    case .movz, .movn: return
    case .mfhi: result = hi
    case .mflo: result = lo
    case .mthi: hi = rs
    case .mtlo: lo = rs
    default:
      guard let product = hiLo(operation, rs, rt) else {
        throw .panic(.divisionByZero(instruction.bits))
      }
      (hi, lo) = product
    }
    environment.thread.hi = UInt64(hi)
    environment.thread.lo = UInt64(lo)
    environment.setRegister(instruction.rd, result)
  }

  /// The result of a multiplication or division; nil for a division by zero.
  @inline(__always)
  static func hiLo(_ operation: Operation, _ rs: Word, _ rt: Word) -> (hi: Word, lo: Word)? {
    typealias A = Arithmetic<Word>
    switch operation {
    case .mult: return A.multiply(rs, rt)
    case .multu: return A.multiplyUnsigned(rs, rt)
    case .dmult: return A.multiplyWords(rs, rt)
    case .dmultu: return A.multiplyWordsUnsigned(rs, rt)
    case .div: return rt.low32 == 0 ? nil : A.divide(rs, rt)
    case .divu: return rt.low32 == 0 ? nil : A.divideUnsigned(rs, rt)
    case .ddiv: return rt == 0 ? nil : A.divideWords(rs, rt)
    default: return rt == 0 ? nil : A.divideWordsUnsigned(rs, rt)
    }
  }
}
