extension FastLoop {
  /// Executes an operation that is neither a branch nor on a reservation.
  @inline(__always)
  func execute(_ operation: DecodedOperation) -> Outcome {
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
      write(
        to, SubWord.load(operation.operation, from: word, at: address, into: second))
    case .sb: return store(UInt8(truncatingIfNeeded: second), address)
    case .sh: return store(UInt16(truncatingIfNeeded: second), address)
    case .sw: return store(second.low32, address)
    case .sd: return store(second, address)
    case .swl, .swr, .sdl, .sdr:
      let word = load(Word.self, address)
      return store(
        SubWord.store(operation.operation, of: second, into: word, at: address), address)
    default: return .leave
    }
    return .next
  }

  /// The value at an address, whose bits inside the value are ignored.
  @inline(__always)
  private func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ address: Word
  ) -> Value {
    let address = UInt64(address)
    let offset = Int(address & 0xFFF) & ~(MemoryLayout<Value>.size &- 1)
    return Value(
      bigEndian: memory.readPage(address).load(fromByteOffset: offset, as: Value.self))
  }

  /// Writes a value at an address, whose bits inside the value are ignored.
  @inline(__always)
  private func store<Value: FixedWidthInteger & BitwiseCopyable>(
    _ value: Value, _ address: Word
  ) -> Outcome {
    let address = UInt64(address)
    let offset = Int(address & 0xFFF) & ~(MemoryLayout<Value>.size &- 1)
    guard let page = memory.writablePage(address) else {
      return storeSlowly(value, address, offset)
    }
    page.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    return .next
  }

  /// A store to a page where something has to be noticed: its first write, decoded code, the reserved
  /// word.
  @inline(never)
  private func storeSlowly<Value: FixedWidthInteger & BitwiseCopyable>(
    _ value: Value, _ address: UInt64, _ offset: Int
  ) -> Outcome {
    guard let page = memory.preparePage(address) else { return .leave }
    let word = address & Word.size.addressMask
    if machine.rules.hasReservations,
      machine.state.scalars.reservation.covers(wordAt: word, in: Word.size)
    {
      machine.state.scalars.reservation = Reservation()
      machine.statistics.note(.reservationEnded, step: 0, activeThread: 0)
      memory.guardPage(of: 0)
    }
    page.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    return memory.hasStaleCode ? .codeChanged : .next
  }

  /// `ll`, `lld`, `sc` and `scd` of the step with this number.
  @inline(__always)
  func readModifyWrite(_ operation: DecodedOperation, step: UInt64) -> Outcome {
    let address = read(operation.first) &+ Word(truncatingIfNeeded: operation.immediate)
    let isDouble = operation.operation == .lld || operation.operation == .scd
    let thread = machine.thread.id
    let reservation = Reservation(
      status: isDouble ? 2 : 1, address: UInt64(address), owner: thread)
    let keeps = machine.rules.hasReservations
    if operation.operation == .ll || operation.operation == .lld {
      if keeps {
        machine.state.scalars.reservation = reservation
        machine.statistics.note(.loadLinked(thread: thread), step: step, activeThread: 0)
        memory.guardPage(of: UInt64(address))
      }
      write(
        operation.destination,
        isDouble ? load(Word.self, address) : Word(extending: load(UInt32.self, address)))
      return .next
    }
    // A machine without reservations always stores.
    let succeeds = !keeps || machine.state.scalars.reservation == reservation
    var outcome = Outcome.next
    if succeeds {
      guard let page = memory.preparePage(UInt64(address)) else { return .leave }
      machine.state.scalars.reservation = Reservation()
      memory.guardPage(of: 0)
      let value = read(operation.second)
      let offset = Int(UInt64(address) & 0xFFC)
      if isDouble {
        page.storeBytes(of: value.bigEndian, toByteOffset: offset & ~7, as: Word.self)
      } else {
        page.storeBytes(of: value.low32.bigEndian, toByteOffset: offset, as: UInt32.self)
      }
      if memory.hasStaleCode { outcome = .codeChanged }
    }
    if keeps {
      machine.statistics.note(
        .storeConditional(thread: thread, succeeded: succeeds), step: step, activeThread: 0)
    }
    write(operation.destination, succeeds ? 1 : 0)
    return outcome
  }
}
