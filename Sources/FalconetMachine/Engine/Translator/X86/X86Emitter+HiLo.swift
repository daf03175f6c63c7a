/// What writes HI and LO: see ``RegisterBank``.
extension X86Emitter {
  mutating func multiply32(_ operation: DecodedOperation) {
    let isSigned = operation.operation == .mult
    load(.rax, from: operation.first, wide: false)
    load(.rcx, from: operation.second, wide: false)
    if isSigned {
      assembler.signExtend32(.rax, .rax)
      assembler.signExtend32(.rcx, .rcx)
    }
    assembler.registers0F(0xAF, .rax, .rcx)
    assembler.signExtend32(.rcx, .rax)
    store(.rcx, to: RegisterBank.lo)
    assembler.shift(.arithmeticRight, .rax, by: 32)
    store(.rax, to: RegisterBank.hi)
    clearDestination(operation)
  }

  mutating func multiply64(_ operation: DecodedOperation) {
    load(.rax, from: operation.first)
    let second = held(operation.second, in: .rcx)
    assembler.single(0xF7, operation.operation == .dmult ? 5 : 4, second)
    store(.rdx, to: RegisterBank.hi)
    store(.rax, to: RegisterBank.lo)
    clearDestination(operation)
  }

  /// A division. The call back divides by 0 and, since the result may not fit, by −1.
  mutating func divide(_ operation: DecodedOperation, isSigned: Bool, wide: Bool) {
    load(.rax, from: operation.first, wide: wide)
    load(.rcx, from: operation.second, wide: wide)
    let rare: Int
    if isSigned {
      assembler.address(.rdx, .rcx, 1)
      assembler.immediate(.cmp, .rdx, 1, wide: wide)
      rare = assembler.jump(.notAbove)
      assembler.signExtendIntoRDX(wide: wide)
      assembler.single(0xF7, 7, .rcx, wide: wide)
    } else {
      assembler.test(.rcx, wide: wide)
      rare = assembler.jump(.equal)
      assembler.set(.rdx, to: 0)
      assembler.single(0xF7, 6, .rcx, wide: wide)
    }
    if !wide {
      assembler.signExtend32(.rdx, .rdx)
      assembler.signExtend32(.rax, .rax)
    }
    store(.rdx, to: RegisterBank.hi)
    store(.rax, to: RegisterBank.lo)
    clearDestination(operation)
    // What comes back has something else in rax.
    accumulator = nil
    slowPaths.append(.rare(rare, operation, back: assembler.position))
  }

  mutating func moveToHiLo(_ operation: DecodedOperation, _ entry: UInt8) {
    copy(operation.first, to: entry)
    clearDestination(operation)
  }

  /// Operations on HI and LO set the register of their destination field to zero.
  private mutating func clearDestination(_ operation: DecodedOperation) {
    if operation.destination != RegisterBank.discarded { setConstant(operation.destination, 0) }
  }
}
