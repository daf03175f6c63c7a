/// Executes one decoded operation on the registers of a bank and on memory.
///
/// The engines' own code covers the operations that programs use most; what it doesn't, and the whole
/// of a block where no machine code is used, is executed here. Lock-step tests hold all of it against
/// the plain step.
struct OperationExecutor<Word: MachineWord> {
  let machine: Machine
  let memory: Memory
  let bank: RegisterBank

  /// What executing an operation leads to.
  enum Outcome {
    case next
    /// The operation was not executed: the plain step must.
    case leave
  }

  @inline(__always)
  init(_ machine: Machine) {
    self.machine = machine
    memory = machine.memory
    bank = machine.bank
  }

  @inline(__always)
  func read(_ index: UInt8) -> Word { Word(truncatingIfNeeded: bank[index]) }

  @inline(__always)
  func write(_ index: UInt8, _ value: Word) {
    bank[index] = UInt64(truncatingIfNeeded: value.signed)
  }

  /// Executes an operation.
  ///
  /// - Parameter step: the number of the step, counted from the program's start.
  @inline(__always)
  func execute(_ operation: DecodedOperation, step: @autoclosure () -> UInt64) -> Outcome {
    typealias A = Arithmetic<Word>
    let to = operation.destination
    let first = read(operation.first)
    let second = read(operation.second)
    let immediate = Word(truncatingIfNeeded: operation.immediate)
    let amount = UInt32(bitPattern: operation.immediate)
    let address = first &+ immediate
    switch operation.operation {
    case .sll: write(to, A.shiftLeft(second, by: amount))
    case .sllFill: write(to, A.shiftLeftFilling(second, by: amount))
    case .sllvFill: write(to, A.shiftLeftFilling(second, by: first.low32 & 31))
    case .srl: write(to, A.shiftRight(second, by: amount))
    case .sra: write(to, A.shiftRightArithmetic(second, by: amount))
    case .sllv: write(to, A.shiftLeft(second, by: first.low32 & 31))
    case .srlv: write(to, A.shiftRight(second, by: first.low32 & 31))
    case .srav: write(to, A.shiftRightArithmetic(second, by: first.low32 & 31))
    case .dsll: write(to, second &<< immediate)
    case .dsrl: write(to, second &>> immediate)
    case .dsra: write(to, Word(signed: second.signed &>> immediate.signed))
    case .dsllv: write(to, second &<< first)
    case .dsrlv: write(to, second &>> first)
    case .dsrav: write(to, Word(signed: second.signed &>> first.signed))
    case .movz: if second == 0 { write(to, first) }
    case .movn: if second != 0 { write(to, first) }
    case .sync: write(to, first)
    case .mfhi: write(to, read(RegisterBank.hi))
    case .mflo: write(to, read(RegisterBank.lo))
    case .mthi:
      write(RegisterBank.hi, first)
      write(to, 0)
    case .mtlo:
      write(RegisterBank.lo, first)
      write(to, 0)
    case .mult, .multu, .div, .divu, .dmult, .dmultu, .ddiv, .ddivu:
      guard let result = Step<Word, Machine>.hiLo(operation.operation, first, second) else {
        return .leave
      }
      write(RegisterBank.hi, result.hi)
      write(RegisterBank.lo, result.lo)
      write(to, 0)
    case .add: write(to, A.add(first, second))
    case .sub: write(to, A.subtract(first, second))
    case .dadd: write(to, first &+ second)
    case .dsub: write(to, first &- second)
    case .and: write(to, first & second)
    case .or: write(to, first | second)
    case .xor: write(to, first ^ second)
    case .nor: write(to, ~(first | second))
    case .slt: write(to, A.isLess(first, second))
    case .sltu: write(to, A.isBelow(first, second))
    case .mul: write(to, A.multiplyLow(first, second))
    case .clz: write(to, A.leadingZeros(first))
    case .clo: write(to, A.leadingOnes(first))
    case .dclz: write(to, Word(truncatingIfNeeded: first.leadingZeroBitCount))
    case .dclo: write(to, Word(truncatingIfNeeded: (~first).leadingZeroBitCount))
    case .addi: write(to, A.add(first, immediate))
    case .daddi: write(to, first &+ immediate)
    case .slti: write(to, A.isLess(first, immediate))
    case .sltiu: write(to, A.isBelow(first, immediate))
    case .andi: write(to, first & immediate)
    case .ori: write(to, first | immediate)
    case .xori: write(to, first ^ immediate)
    case .lui: write(to, immediate)
    case .lb: write(to, Word(truncatingIfNeeded: load(Int8.self, address)))
    case .lbu: write(to, Word(load(UInt8.self, address)))
    case .lh: write(to, Word(truncatingIfNeeded: load(Int16.self, address)))
    case .lhu: write(to, Word(load(UInt16.self, address)))
    case .lw: write(to, Word(extending: load(UInt32.self, address)))
    case .lwu: write(to, Word(load(UInt32.self, address)))
    case .ld: write(to, load(Word.self, address))
    case .lwl, .lwr, .ldl, .ldr:
      let word = load(Word.self, address)
      write(to, SubWord.load(operation.operation, from: word, at: address, into: second))
    case .sb: return store(UInt8(truncatingIfNeeded: second), address)
    case .sh: return store(UInt16(truncatingIfNeeded: second), address)
    case .sw: return store(second.low32, address)
    case .sd: return store(second, address)
    case .swl, .swr, .sdl, .sdr:
      let word = load(Word.self, address)
      return store(
        SubWord.store(operation.operation, of: second, into: word, at: address), address)
    case .ll, .lld: loadLinked(operation, address, step())
    case .sc, .scd: return storeConditional(operation, address, step())
    default: return .leave
    }
    return .next
  }
}
