/// `ll`, `sc` and the like. A block calls code that executes them in the usual case, see ``OpenLink``, and calls back
/// in all others. Both leave the registers where they are.
extension X86Emitter {
  /// The operations, in the places of their thunks.
  static let linked = Operation.allCases.compactMap {
    (operation) -> (operation: Operation, access: AccessKind, isLoad: Bool)? in
    if case .loadLinked(let access) = operation.kind { return (operation, access, true) }
    if case .storeConditional(let access) = operation.kind { return (operation, access, false) }
    return nil
  }

  mutating func emitLoadLinked(_ operation: DecodedOperation) {
    // The call back does not look at what is watched.
    guard !checksLoads, let thunk = thunk(of: operation) else { return emitRare(operation) }
    emitOperands(operation)
    assembler.call(thunk)
    store(.rax, to: operation.destination)
  }

  mutating func emitStoreConditional(_ operation: DecodedOperation) {
    guard let thunk = thunk(of: operation) else { return emitRare(operation) }
    emitOperands(operation)
    load(.rdx, from: operation.second)
    assembler.call(thunk)
    assembler.test(.rax)
    slowPaths.append(.leave(assembler.jump(.negative), remaining: operation.remaining))
    store(.rax, to: operation.destination)
  }

  private func thunk(of operation: DecodedOperation) -> Int? {
    Self.linked.firstIndex { $0.operation == operation.operation }.map { linkedThunks[$0] }
  }

  /// Puts the address into rax, and the steps of the budget from this one on into rcx.
  private mutating func emitOperands(_ operation: DecodedOperation) {
    load(.rax, from: operation.first)
    if operation.immediate != 0 { assembler.immediate(.add, .rax, operation.immediate) }
    assembler.address(.rcx, .r14, Int32(operation.remaining))
  }

  /// Takes an address in rax, maybe a value in rdx, and the steps in rcx. Leaves in rax what a call back returns. Keeps
  /// all other registers but rcx and rdx.
  mutating func emitLinkedThunk(_ access: AccessKind, isLoad: Bool) -> Int {
    let place = assembler.position
    if isLoad { emitOpening(access) } else { emitUse(access) }
    let function: CallBack.Linked = isLoad ? CallBack.loadLinked : CallBack.storeConditional
    emitCallBack(
      UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)),
      number: UInt8(access.size))
    assembler.align()
    return place
  }

  /// An `ll` of a flat address, a multiple of its size, in a page that is directly writable and not of the stack's range,
  /// while code may reserve. Else it changes nothing but rdx.
  private mutating func emitOpening(_ access: AccessKind) {
    assembler.bank(0x85, .rax, Self.outside(access))
    var away = [assembler.jump(.notEqual)]
    // Compares the entry with a number. The operation's number stands in the place of a register's.
    assembler.bank(0x83, .rdi, RegisterBank.openLink)
    assembler.byte(UInt8(OpenLink.none))
    away.append(assembler.jump(.notEqual))
    assembler.move(.rdx, .rax)
    emitFlagCheck(of: .rdx)
    away.append(assembler.jump(.notEqual))
    assembler.bank(X86Operation.sub.opcode, .rdx, RegisterBank.stackFlags)
    assembler.bank(X86Operation.cmp.opcode, .rdx, RegisterBank.stackPages)
    away.append(assembler.jump(.below))
    assembler.bank(X86Operation.add.opcode, .rdx, RegisterBank.stackFlags)
    emitFlags(at: .rdx, [.directlyWritable, .reserved])
    assembler.bank(X86Operation.sub.opcode, .rcx, RegisterBank.longestReservation)
    assembler.bank(0x89, .rcx, RegisterBank.openLinkSteps)
    assembler.address(.rdx, .rax, Int32(OpenLink.status(access.size)))
    assembler.bank(0x89, .rdx, RegisterBank.openLink)
    emitRead(access, .rax, base: .r12)
    assembler.ret()
    for jump in away { assembler.patchHere(jump) }
  }

  /// An `sc` that uses the open reservation, not further from its `ll` than another was before. Else it changes nothing.
  private mutating func emitUse(_ access: AccessKind) {
    let status = Int32(OpenLink.status(access.size))
    // Numbers of the other size would be those of addresses beside.
    assembler.testLowByte(.rax, UInt8(access.size - 1))
    let unaligned = assembler.jump(.notEqual)
    assembler.immediate(.add, .rax, status)
    assembler.bank(X86Operation.cmp.opcode, .rax, RegisterBank.openLink)
    let other = assembler.jump(.notEqual)
    assembler.bank(X86Operation.cmp.opcode, .rcx, RegisterBank.openLinkSteps)
    let further = assembler.jump(.less)
    emitWrite(access, .rdx, base: .r12, displacement: -status)
    assembler.shift(.right, .rax, by: 12)
    assembler.bank(X86Operation.add.opcode, .rax, RegisterBank.flags)
    emitFlags(at: .rax, .directlyWritable)
    assembler.set(.rax, to: OpenLink.none)
    assembler.bank(0x89, .rax, RegisterBank.openLink)
    // Adds 1 to the entry. The operation's number stands in the place of a register's.
    assembler.bank(0xFF, .rax, RegisterBank.linkedStores)
    assembler.set(.rax, to: 1)
    assembler.ret()
    assembler.patchHere(other)
    assembler.patchHere(further)
    assembler.immediate(.sub, .rax, status)
    assembler.patchHere(unaligned)
  }

  /// Sets the flags of a page at the address in a register.
  private mutating func emitFlags(at address: X86Register, _ flags: PageFlags) {
    assembler.byte(0xC6)
    assembler.byte(address.low)
    assembler.byte(flags.rawValue)
  }
}
