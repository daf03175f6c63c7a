/// Accesses that look into the ``StackRange`` first, since they are likely in the window: see ``WindowForesight``.
extension X86Emitter {
  /// Whether there are accesses that look into the range first.
  var expectsWindow: Bool { checksRange && !checksLoads }

  /// Whether the operation that is being written likely accesses the window.
  func isLikelyInWindow(_ operation: DecodedOperation) -> Bool {
    expectsWindow && foresight.points(operation.first, before: index)
  }

  /// A load that is likely in the range.
  mutating func emitRangedLoad(
    _ operation: DecodedOperation, _ access: AccessKind, thunk: Int, _ target: X86Register
  ) {
    let address = emitAddress(operation)
    let jumps = emitRangeTest(address, access)
    emitRead(access, target, base: .r13, index: address)
    store(target, to: operation.destination)
    slowPaths.append(
      .rangedLoad(
        jumps, address, access, thunk: thunk, operation.destination, back: assembler.position))
  }

  /// A store that is likely in the range, whose pages are directly writable.
  mutating func emitRangedStore(
    _ operation: DecodedOperation, _ access: AccessKind, thunk: Int
  ) {
    let address = emitAddress(operation)
    let jumps = emitRangeTest(address, access)
    let value = held(operation.second, in: .rdx)
    emitWrite(access, value, base: .r13, index: address)
    slowPaths.append(
      .rangedStore(
        jumps, address, access, thunk: thunk, operation, back: assembler.position))
  }

  /// Jumps away if the address in a register, which keeps it, is not in the range or no multiple of the access's size.
  private mutating func emitRangeTest(_ address: X86Register, _ access: AccessKind) -> X86Jumps {
    if access.size == 8 {
      assembler.move(.rcx, address)
      return X86Jumps(emitRangeTest(.rcx))
    }
    var jumps = X86Jumps()
    if access.size > 1 {
      assembler.testLowByte(address, UInt8(access.size - 1))
      jumps.append(assembler.jump(.notEqual))
    }
    assembler.move(.rcx, address)
    jumps.append(emitRangeTest(.rcx, isMultiple: true))
    return jumps
  }

  /// Goes on with a load that is not in the range. It may well be flat.
  mutating func emitFlatLoad(
    _ address: X86Register, _ access: AccessKind, thunk: Int, _ destination: UInt8, back: Int
  ) {
    assembler.bank(0x85, address, Self.outside(access))
    let away = assembler.jump(.notEqual)
    let target = X86Register.holding(destination) ?? .rax
    emitRead(access, target, base: .r12, index: address)
    store(target, to: destination)
    assembler.jump(to: back)
    assembler.patchHere(away)
    emitLoadCall(X86Address(address), thunk: thunk, destination, back: back)
  }

  /// The same for a store.
  mutating func emitFlatStore(
    _ address: X86Register, _ access: AccessKind, thunk: Int, _ operation: DecodedOperation,
    back: Int
  ) {
    assembler.bank(0x85, address, Self.outside(access))
    var jumps = X86Jumps(assembler.jump(.notEqual))
    assembler.move(.rcx, address)
    emitFlagCheck(of: .rcx)
    jumps.append(assembler.jump(.notEqual))
    emitWrite(access, held(operation.second, in: .rdx), base: .r12, index: address)
    assembler.jump(to: back)
    assembler.patchHere(jumps)
    emitStoreCall(X86Address(address), thunk: thunk, operation, back: back)
  }
}
