/// Accesses to parts of unaligned values.
///
/// If parts make up whole values, each value is one access. Every other part is a call of code that executes it in the
/// usual cases, and calls back in all others. So is each part of values that take a slow path.
extension X86Emitter {
  /// Writes the code of unaligned values, if some are accessed from the operation at an index on.
  ///
  /// - Returns: how many operations that are; nil if there are none.
  mutating func emitUnaligned(at index: Int) -> Int? {
    guard hasFlatPart, let values = UnalignedValues(operations, at: index),
      values.isStore || !checksLoads
    else { return nil }
    let register = held(values.base, in: .rdx)
    if let base = Self.base(plan.operations[index].access) {
      emit(values, base: base)
      return values.count
    }
    var jumps = X86Jumps()
    if !values.isStore, values.low >= 0, values.high < margin {
      // If the register's value is flat, all that is so little above it lies in the same part or in its margin.
      assembler.bank(0x85, register, RegisterBank.outside1)
      jumps.append(assembler.jump(.notEqual))
    } else {
      assembler.address(.rax, register, values.low)
      assembler.bank(0x85, .rax, RegisterBank.outside1)
      jumps.append(assembler.jump(.notEqual))
    }
    if values.isStore {
      assembler.address(.rcx, .rax, values.high - values.low)
      for byte in [X86Register.rax, .rcx] {
        emitFlagCheck(of: byte)
        jumps.append(assembler.jump(.notEqual))
      }
    }
    emit(values, base: .r12)
    // The slow path comes back with something else in rax.
    accumulator = nil
    slowPaths.append(.unaligned(jumps, values, back: assembler.position))
    return values.count
  }

  /// Accesses each value as a whole. The register that addresses are counted from is held in rdx, if it has no host
  /// register of its own.
  private mutating func emit(_ values: UnalignedValues, base: X86Register) {
    var isHeld = true
    for place in values.indices {
      let operation = operations[place]
      switch operation.operation.kind {
      case .load(let access) where access.isLeftPart:
        let index = isHeld ? holder(of: values) : held(values.base, in: .rdx)
        isHeld = true
        let target = X86Register.holding(operation.destination) ?? .rax
        emitRead(access, target, base: base, index: index, displacement: operation.immediate)
        store(target, to: operation.destination)
      case .store(let access) where access.isLeftPart:
        let index = isHeld ? holder(of: values) : held(values.base, in: .rdx)
        isHeld = true
        emitWrite(
          access, held(operation.second, in: .rax), base: base, index: index,
          displacement: operation.immediate)
      // The right part of one of the values.
      case .load, .store: break
      // What is computed in between.
      default:
        emit(operation, .own)
        isHeld = false
      }
    }
    // The flags of a comparison in between are gone.
    comparison = nil
  }

  private func holder(of values: UnalignedValues) -> X86Register {
    X86Register.holding(values.base) ?? .rdx
  }

  /// Accesses the parts of values one after the other, if they are not in the stack's range.
  mutating func emitParts(of values: UnalignedValues) {
    var inRange: Int?
    if let outside = emitRangeCheck(values, held(values.base, in: .rdx)) {
      emit(values, base: .r13)
      inRange = assembler.jump()
      assembler.patchHere(outside)
    }
    for place in values.indices { emit(operations[place], .own) }
    if let inRange { assembler.patchHere(inRange) }
    comparison = nil
  }

  // MARK: Single parts

  /// The kinds of parts, in the places of their thunks.
  static let parts = [AccessKind.wordLeft, .wordRight, .doubleLeft, .doubleRight]
    .flatMap { [(access: $0, isStore: false), (access: $0, isStore: true)] }

  /// An access to part of a value. Only a call back looks at what is watched.
  mutating func emitPart(_ operation: DecodedOperation, _ access: AccessKind, isStore: Bool) {
    guard isStore || !checksLoads,
      let thunk = Self.parts.firstIndex(where: { $0 == (access, isStore) })
    else { return emitRare(operation) }
    load(.rax, from: operation.first)
    if operation.immediate != 0 { assembler.immediate(.add, .rax, operation.immediate) }
    load(.rdx, from: operation.second)
    assembler.call(partThunks[thunk])
    assembler.test(.rcx, wide: false)
    let rare = assembler.jump(.notEqual)
    if !isStore { store(.rax, to: operation.destination) }
    // The call back leaves something else in rax.
    accumulator = nil
    slowPaths.append(.rare(rare, operation, back: assembler.position))
  }

  /// Takes an address in rax and the register's value in rdx. Leaves in rax what a load makes of it, and 0 in ecx. If
  /// nothing was done, another number is in ecx. Keeps all other registers but rdx.
  mutating func emitPartThunk(_ access: AccessKind, isStore: Bool) -> Int {
    let place = assembler.position
    var away: [Int] = []
    assembler.bank(0x85, .rax, RegisterBank.outside1)
    let outside = assembler.jump(.notEqual)
    if isStore {
      assembler.move(.rcx, .rax)
      emitFlagCheck(of: .rcx)
      away.append(assembler.jump(.notEqual))
    }
    assembler.registers(X86Operation.add.opcode, .rax, .r12)
    let body = assembler.position
    if isStore { emitPartStore(access) } else { emitPartLoad(access) }
    assembler.set(.rcx, to: 0)
    assembler.ret()
    assembler.patchHere(outside)
    // A part may begin at any byte.
    away += emitWindowCheck(.byte, scratch: .rcx)
    if isStore {
      assembler.move(.rcx, .rax)
      emitFlagCheck(of: .rcx, of: RegisterBank.windowFlags)
      away.append(assembler.jump(.notEqual))
    }
    emitWindowHit()
    assembler.bank(X86Operation.add.opcode, .rax, RegisterBank.windowBase)
    assembler.jump(to: body)
    emitRefusal(away)
    assembler.align()
    return place
  }

  /// Takes in rax the host's address, whose low bits are the guest's. Leaves there the host's address of the unit that
  /// holds it, and in cl how many bits of the unit are not of the part.
  private mutating func emitUnit(_ access: AccessKind) {
    assembler.registers(0x8B, .rcx, .rax, wide: false)
    if !access.isLeftPart { assembler.single(0xF7, 2, .rcx, wide: false) }
    // Shifts take no more bits of the amount than those inside of the unit.
    assembler.shift(.left, .rcx, by: 3, wide: false)
    assembler.immediate(.and, .rax, -Int32(access.size))
  }

  private mutating func emitPartLoad(_ access: AccessKind) {
    if access == .wordRight { return emitRightWordLoad() }
    let (isLeft, wide) = (access.isLeftPart, access.size == 8)
    emitUnit(access)
    assembler.indexed(0x0F38F0, .rax, base: .rax, index: .rsp, wide: wide)
    // The part goes to its end of the register, and the register's other bits stay.
    assembler.rotateByCL(left: !isLeft, .rdx, wide: wide)
    assembler.shiftByCL(left: isLeft, .rax, from: .rdx, wide: wide)
    if !wide { assembler.signExtend32(.rax, .rax) }
  }

  /// A part that is all of the word is sign-extended. With any other, the register's upper half stays, as the bits
  /// above the part do.
  private mutating func emitRightWordLoad() {
    assembler.registers(0x8B, .rcx, .rax, wide: false)
    assembler.immediate(.and, .rcx, 3, wide: false)
    assembler.immediate(.and, .rax, -4)
    assembler.indexed(0x0F38F0, .rax, base: .rax, index: .rsp, wide: false)
    assembler.immediate(.cmp, .rcx, 3, wide: false)
    let whole = assembler.jump(.equal)
    // The bits of the part.
    assembler.shift(.left, .rcx, by: 3, wide: false)
    assembler.immediate(.add, .rcx, 8, wide: false)
    assembler.shift(.left, .rax, by: 32)
    assembler.rotateByCL(left: false, .rdx)
    assembler.shiftByCL(left: true, .rdx, from: .rax)
    assembler.move(.rax, .rdx)
    let end = assembler.jump()
    assembler.patchHere(whole)
    assembler.signExtend32(.rax, .rax)
    assembler.patchHere(end)
  }

  private mutating func emitPartStore(_ access: AccessKind) {
    let (isLeft, wide) = (access.isLeftPart, access.size == 8)
    emitUnit(access)
    assembler.push(.rsi)
    assembler.indexed(0x0F38F0, .rsi, base: .rax, index: .rsp, wide: wide)
    assembler.rotateByCL(left: isLeft, .rsi, wide: wide)
    assembler.shiftByCL(left: !isLeft, .rdx, from: .rsi, wide: wide)
    assembler.indexed(0x0F38F1, .rdx, base: .rax, index: .rsp, wide: wide)
    assembler.pop(.rsi)
  }
}
