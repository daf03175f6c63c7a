extension X86Emitter {
  /// Loads an entry of the bank into a host register.
  mutating func load(_ target: X86Register, from entry: UInt8, wide: Bool = true) {
    if entry == 0 {
      assembler.set(target, to: 0)
    } else if let host = X86Register.holding(entry) {
      if wide {
        assembler.move(target, host)
      } else {
        assembler.registers(0x8B, target, host, wide: false)
      }
    } else if target == .rax, wide, let accumulator, accumulator == (entry, assembler.position) {
      // It is there.
    } else {
      assembler.bank(0x8B, target, entry, wide: wide)
    }
  }

  /// Puts a host register into an entry of the bank.
  mutating func store(_ source: X86Register, to entry: UInt8) {
    if let host = X86Register.holding(entry) {
      assembler.move(host, source)
    } else {
      assembler.bank(0x89, source, entry)
      // A watched load comes back from its slow path with something else.
      if source == .rax, !checksLoads { accumulator = (entry, assembler.position) }
    }
  }

  /// The host register that holds an entry: its own, or `scratch`, which it is loaded to.
  mutating func held(_ entry: UInt8, in scratch: X86Register) -> X86Register {
    if let host = X86Register.holding(entry) { return host }
    load(scratch, from: entry)
    return scratch
  }

  /// `target = target op entry`.
  mutating func apply(
    _ operation: X86Operation, _ target: X86Register, _ entry: UInt8, wide: Bool = true
  ) {
    if entry == 0 {
      assembler.immediate(operation, target, 0, wide: wide)
    } else if let host = X86Register.holding(entry) {
      assembler.registers(operation.opcode, target, host, wide: wide)
    } else {
      assembler.bank(operation.opcode, target, entry, wide: wide)
    }
  }

  /// Writes the code of one operation. If it accesses memory, `plan` says how.
  mutating func emit(_ operation: DecodedOperation, _ plan: AccessPlan.Access) {
    switch operation.operation.kind {
    case .register, .fromHiLo, .toHiLo, .immediate: emitComputation(operation)
    case .load(let access): emitLoad(operation, access, plan)
    case .store(let access): emitStore(operation, access, plan)
    case .loadLinked:
      emitLoadLinked(operation)
      emitCheckAfterLink(operation)
    case .storeConditional: emitStoreConditional(operation)
    case .none, .trap, .systemCall, .jump, .jumpRegister, .branch: emitRare(operation)
    }
  }

  private mutating func emitComputation(_ operation: DecodedOperation) {
    let immediate = operation.immediate
    switch operation.operation {
    case .sll: shift32(operation, .left)
    case .srl: shift32(operation, .right)
    case .sra: shift32(operation, .arithmeticRight)
    case .sllv: shiftVariable(operation, .left, wide: false)
    case .srlv: shiftVariable(operation, .right, wide: false)
    case .srav: shiftVariable(operation, .arithmeticRight, wide: false)
    case .dsll: shift64(operation, .left)
    case .dsrl: shift64(operation, .right)
    case .dsra: shift64(operation, .arithmeticRight)
    case .dsllv: shiftVariable(operation, .left, wide: true)
    case .dsrlv: shiftVariable(operation, .right, wide: true)
    case .dsrav: shiftVariable(operation, .arithmeticRight, wide: true)
    case .add: combine32(operation, .add)
    case .sub: combine32(operation, .sub)
    case .dadd: combine(operation, .add)
    case .dsub: combine(operation, .sub)
    case .and: combine(operation, .and)
    case .or: combine(operation, .or)
    case .xor: combine(operation, .xor)
    case .nor: nor(operation)
    case .slt: compare(operation, .less)
    case .sltu: compare(operation, .below)
    case .slti: compareImmediate(operation, .less)
    case .sltiu: compareImmediate(operation, .below)
    case .addi: addImmediate32(operation)
    case .daddi: addImmediate(operation)
    case .andi: combineImmediate(operation, .and)
    case .ori: combineImmediate(operation, .or)
    case .xori: combineImmediate(operation, .xor)
    case .lui: setConstant(operation.destination, UInt64(bitPattern: Int64(immediate)))
    case .movz: moveIf(operation, .equal)
    case .movn: moveIf(operation, .notEqual)
    case .mfhi: copy(RegisterBank.hi, to: operation.destination)
    case .mflo: copy(RegisterBank.lo, to: operation.destination)
    case .mult, .multu: multiply32(operation)
    case .dmult, .dmultu: multiply64(operation)
    case .div: divide(operation, isSigned: true, wide: false)
    case .divu: divide(operation, isSigned: false, wide: false)
    case .ddiv: divide(operation, isSigned: true, wide: true)
    case .ddivu: divide(operation, isSigned: false, wide: true)
    case .mthi: moveToHiLo(operation, RegisterBank.hi)
    case .mtlo: moveToHiLo(operation, RegisterBank.lo)
    // Whatever has no code of its own here is executed by a call back.
    default: emitRare(operation)
    }
  }

  /// The host register that a result is made in: the destination's own, or rax.
  private mutating func result(_ operation: DecodedOperation) -> X86Register {
    X86Register.holding(operation.destination) ?? .rax
  }

  mutating func copy(_ source: UInt8, to target: UInt8) {
    if let host = X86Register.holding(target) {
      load(host, from: source)
    } else {
      store(held(source, in: .rax), to: target)
    }
  }

  mutating func setConstant(_ target: UInt8, _ value: UInt64) {
    let host = X86Register.holding(target) ?? .rax
    assembler.set(host, to: value)
    store(host, to: target)
  }

  /// Writes the code of two operations: one that sets a register to a constant, and one that replaces it by the sum of
  /// it and another register.
  ///
  /// - Parameter index: the place of the second operation.
  /// - Returns: whether the operations are that; otherwise nothing was written.
  mutating func emitSum(
    _ first: DecodedOperation, _ constant: UInt64, _ second: DecodedOperation, _ index: Int
  ) -> Bool {
    guard second.operation == .dadd, second.destination == first.destination,
      let immediate = Int32(exactly: Int64(bitPattern: constant)),
      plan.operations[index].constant == nil
    else { return false }
    var sum = second
    if second.second == first.destination, second.first != first.destination {
      sum.first = second.first
    } else if second.first == first.destination, second.second != first.destination {
      sum.first = second.second
    } else {
      return false
    }
    sum.immediate = immediate
    addImmediate(sum)
    return true
  }

  /// Writes the code of a shift to the left and one back to the right, which extend the low 8, 16 or 32 bits of
  /// a register.
  ///
  /// - Returns: whether the operations are that; otherwise nothing was written.
  mutating func emitExtension(_ first: DecodedOperation, _ second: DecodedOperation) -> Bool {
    guard first.operation == .dsll, second.operation == .dsrl || second.operation == .dsra,
      first.immediate == second.immediate, second.second == first.destination,
      second.destination == first.destination
    else { return false }
    let isSigned = second.operation == .dsra
    let target = result(first)
    switch first.immediate {
    case 32 where !isSigned: load(target, from: first.second, wide: false)
    case 32: assembler.signExtend32(target, held(first.second, in: .rax))
    case 48:
      assembler.registers0F(
        isSigned ? 0xBF : 0xB7, target, held(first.second, in: .rax), wide: isSigned)
    case 56:
      assembler.registers0F(
        isSigned ? 0xBE : 0xB6, target, held(first.second, in: .rax), wide: isSigned, bytes: true)
    default: return false
    }
    store(target, to: first.destination)
    return true
  }

  private mutating func shift32(_ operation: DecodedOperation, _ kind: X86Shift) {
    load(.rax, from: operation.second, wide: false)
    if operation.immediate != 0 {
      assembler.shift(
        kind, .rax, by: UInt8(truncatingIfNeeded: operation.immediate), wide: false)
    }
    let target = result(operation)
    assembler.signExtend32(target, .rax)
    store(target, to: operation.destination)
  }

  private mutating func shift64(_ operation: DecodedOperation, _ kind: X86Shift) {
    let target = result(operation)
    load(target, from: operation.second)
    if operation.immediate != 0 {
      assembler.shift(kind, target, by: UInt8(truncatingIfNeeded: operation.immediate))
    }
    store(target, to: operation.destination)
  }

  /// The processor takes as many bits of the amount as the machine does: 5 for 32 bits, 6 for 64.
  private mutating func shiftVariable(_ operation: DecodedOperation, _ kind: X86Shift, wide: Bool) {
    load(.rcx, from: operation.first, wide: false)
    load(.rax, from: operation.second, wide: wide)
    assembler.shiftByCL(kind, .rax, wide: wide)
    if !wide { assembler.signExtend32(.rax, .rax) }
    store(.rax, to: operation.destination)
  }

  private mutating func combine32(_ operation: DecodedOperation, _ kind: X86Operation) {
    load(.rax, from: operation.first, wide: false)
    if operation.second != 0 { apply(kind, .rax, operation.second, wide: false) }
    let target = result(operation)
    assembler.signExtend32(target, .rax)
    store(target, to: operation.destination)
  }

  private mutating func combine(_ operation: DecodedOperation, _ kind: X86Operation) {
    let (first, second) = (operation.first, operation.second)
    // Anything with register 0 is a copy, but `and`, which gives zero.
    if second == 0, kind != .and { return copy(first, to: operation.destination) }
    if first == 0, kind == .add || kind == .or || kind == .xor {
      return copy(second, to: operation.destination)
    }
    if kind == .and, first == 0 || second == 0 { return setConstant(operation.destination, 0) }
    if second == operation.destination, first != second {
      if kind != .sub, let target = X86Register.holding(second) {
        return apply(kind, target, first)
      }
      // The second operand must still be there when it is used.
      load(.rax, from: first)
      apply(kind, .rax, second)
      return store(.rax, to: operation.destination)
    }
    let target = result(operation)
    load(target, from: first)
    apply(kind, target, second)
    store(target, to: operation.destination)
  }

  private mutating func nor(_ operation: DecodedOperation) {
    load(.rax, from: operation.first)
    if operation.second != 0 { apply(.or, .rax, operation.second) }
    assembler.single(0xF7, 2, .rax)
    store(.rax, to: operation.destination)
  }

  private mutating func compare(_ operation: DecodedOperation, _ condition: X86Condition) {
    apply(.cmp, held(operation.first, in: .rax), operation.second)
    setCondition(condition, operation.destination)
    comparison = (operation.destination, condition)
  }

  private mutating func compareImmediate(_ operation: DecodedOperation, _ condition: X86Condition) {
    assembler.immediate(.cmp, held(operation.first, in: .rax), operation.immediate)
    setCondition(condition, operation.destination)
    comparison = (operation.destination, condition)
  }

  /// Sets an entry to whether a condition holds. Leaves the flags alone.
  mutating func setCondition(_ condition: X86Condition, _ target: UInt8) {
    assembler.byte(0x0F)
    assembler.byte(0x90 | condition.rawValue)
    assembler.byte(0xC0 | X86Register.rcx.low)
    let host = X86Register.holding(target) ?? .rcx
    assembler.registers0F(0xB6, host, .rcx, wide: false)
    store(host, to: target)
  }

  private mutating func addImmediate32(_ operation: DecodedOperation) {
    if operation.first == 0 {
      return setConstant(
        operation.destination, UInt64(bitPattern: Int64(operation.immediate)))
    }
    load(.rax, from: operation.first, wide: false)
    if operation.immediate != 0 {
      assembler.immediate(.add, .rax, operation.immediate, wide: false)
    }
    let target = result(operation)
    assembler.signExtend32(target, .rax)
    store(target, to: operation.destination)
  }

  private mutating func addImmediate(_ operation: DecodedOperation) {
    if operation.first == 0 {
      return setConstant(
        operation.destination, UInt64(bitPattern: Int64(operation.immediate)))
    }
    let target = result(operation)
    if let source = X86Register.holding(operation.first), source != target {
      assembler.address(target, source, operation.immediate)
    } else {
      load(target, from: operation.first)
      assembler.immediate(.add, target, operation.immediate)
    }
    store(target, to: operation.destination)
  }

  private mutating func combineImmediate(_ operation: DecodedOperation, _ kind: X86Operation) {
    let target = result(operation)
    load(target, from: operation.first)
    assembler.immediate(kind, target, operation.immediate)
    store(target, to: operation.destination)
  }

  private mutating func moveIf(_ operation: DecodedOperation, _ condition: X86Condition) {
    load(.rax, from: operation.destination)
    load(.rdx, from: operation.first)
    assembler.test(held(operation.second, in: .rcx))
    assembler.registers0F(0x40 | condition.rawValue, .rax, .rdx)
    store(.rax, to: operation.destination)
  }
}
