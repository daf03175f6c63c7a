/// The code that slow paths of all blocks call.
extension X86Emitter {
  /// The loads and stores that have thunks, in their places.
  private static let loads = thunked {
    if case .load(let access) = $0.kind { access } else { nil }
  }
  private static let stores = thunked {
    if case .store(let access) = $0.kind { access } else { nil }
  }

  private static func thunked(
    _ access: (Operation) -> AccessKind?
  ) -> [(operation: Operation, access: AccessKind)] {
    Operation.allCases
      .compactMap { operation in access(operation).map { (operation: operation, access: $0) } }
      .filter { thunk(of: $0.access) != nil }
      .sorted { (thunk(of: $0.access) ?? 0) < (thunk(of: $1.access) ?? 0) }
  }

  /// Writes the code that slow paths call.
  mutating func emitThunks() {
    loadThunks = Self.loads.map { emitLoadThunk($0.operation, $0.access) }
    checkedLoadThunks = Self.loads.map { emitCheckedLoadThunk($0.access) }
    storeThunks = Self.stores.map { emitStoreThunk($0.operation, $0.access) }
    partThunks = Self.parts.map { emitPartThunk($0.access, isStore: $0.isStore) }
    rareThunk = emitRareThunk()
    coverThunk = emitCoverThunk()
    wholeThunks = Self.wholeChecks.map { emitWholeThunk($0.alignment, $0.isStored) }
    systemCallThunk = emitSystemCallThunk()
    linkedThunks = Self.linked.map { emitLinkedThunk($0.access, isLoad: $0.isLoad) }
  }

  /// Jumps away if rax is not an address in the window that is a multiple of its size.
  mutating func emitWindowCheck(_ access: AccessKind, scratch: X86Register) -> [Int] {
    var away: [Int] = []
    if access.size > 1 {
      assembler.testLowByte(.rax, UInt8(access.size - 1))
      away.append(assembler.jump(.notEqual))
    }
    assembler.move(scratch, .rax)
    assembler.bank(X86Operation.sub.opcode, scratch, RegisterBank.windowStart)
    assembler.bank(X86Operation.cmp.opcode, scratch, RegisterBank.windowSize)
    away.append(assembler.jump(.notBelow))
    return away
  }

  /// Counts an access that code could expect in the window.
  mutating func emitWindowHit() {
    // Adds 1 to the entry. The operation's number stands in the place of a register's.
    assembler.bank(0xFF, .rax, RegisterBank.windowHits)
  }

  /// Loads the value at the address in rax into rax. Keeps all registers but rcx and rdx.
  private mutating func emitLoadThunk(_ operation: Operation, _ access: AccessKind) -> Int {
    let place = assembler.position
    let away = emitWindowCheck(access, scratch: .rdx)
    emitWindowHit()
    assembler.bank(0x8B, .rdx, RegisterBank.windowBase)
    emitRead(access, .rax, base: .rdx)
    assembler.ret()
    for jump in away { assembler.patchHere(jump) }
    assembler.set(.rdx, to: UInt64(operation.rawValue))
    let function: CallBack.Load = CallBack.load
    emitCallBack(UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
    assembler.align()
    return place
  }

  /// Loads the value at the address in rax into rax, and sets ecx to 0. If the load needs more than that, it sets ecx
  /// to another number. Keeps all registers but rcx and rdx.
  private mutating func emitCheckedLoadThunk(_ access: AccessKind) -> Int {
    let place = assembler.position
    assembler.bank(0x85, .rax, Self.outside(access))
    let outside = assembler.jump(.notEqual)
    var leaves = [emitTableCheck(access, WatchTable.loadBit)]
    emitRead(access, .rax, base: .r12)
    assembler.set(.rcx, to: 0)
    assembler.ret()
    assembler.patchHere(outside)
    leaves += emitWindowCheck(access, scratch: .rdx)
    let far = emitReadCheck(.rax)
    assembler.bank(0x8B, .rdx, RegisterBank.windowBase)
    let read = assembler.position
    emitRead(access, .rax, base: .rdx)
    assembler.set(.rcx, to: 0)
    assembler.ret()
    assembler.patchHere(far)
    leaves.append(emitTableCheck(access, WatchTable.loadBit))
    assembler.bank(0x8B, .rdx, RegisterBank.windowBase)
    assembler.jump(to: read)
    emitRefusal(leaves)
    assembler.align()
    return place
  }

  /// Returns from a thunk that did nothing, and says so in ecx.
  mutating func emitRefusal(_ jumps: [Int]) {
    for jump in jumps { assembler.patchHere(jump) }
    assembler.set(.rcx, to: 1)
    assembler.ret()
  }

  /// Jumps away if an access at the address in rax may be watched.
  private mutating func emitTableCheck(_ access: AccessKind, _ bit: (Int) -> UInt8) -> Int {
    assembler.registers(0x8B, .rcx, .rax, wide: false)
    assembler.immediate(.and, .rcx, 0xFFF, wide: false)
    assembler.bank(X86Operation.add.opcode, .rcx, RegisterBank.watchTable)
    // Tests a bit of the byte at rcx.
    assembler.byte(0xF6)
    assembler.byte(X86Register.rcx.low)
    assembler.byte(bit(access.size))
    return assembler.jump(.notEqual)
  }

  /// Stores the value in rdx at the address in rax. If the store is left to the plain step, the code goes on behind the
  /// jump that follows the call. Keeps all registers but rax, rcx and rdx.
  private mutating func emitStoreThunk(_ operation: Operation, _ access: AccessKind) -> Int {
    let place = assembler.position
    let away = emitWindowCheck(access, scratch: .rcx)
    assembler.move(.rcx, .rax)
    emitFlagCheck(of: .rcx, of: RegisterBank.windowFlags)
    let guarded = assembler.jump(.notEqual)
    emitWindowHit()
    let write = assembler.position
    assembler.bank(0x8B, .rcx, RegisterBank.windowBase)
    emitWrite(access, .rdx, base: .rcx)
    assembler.ret()
    // What is left is a store beside watched bytes, or a case for the call back.
    for jump in away { assembler.patchHere(jump) }
    assembler.bank(0x85, .rax, Self.outside(access))
    var leaves = [assembler.jump(.notEqual)]
    assembler.registers(0x8B, .rcx, .rax)
    emitFlagCheck(of: .rcx, .writableBesideWatches)
    leaves.append(assembler.jump(.notEqual))
    leaves.append(emitTableCheck(access, WatchTable.storeBit))
    emitWrite(access, .rdx, base: .r12)
    assembler.ret()
    // The same in the window.
    assembler.patchHere(guarded)
    assembler.move(.rcx, .rax)
    emitFlagCheck(of: .rcx, of: RegisterBank.windowFlags, .writableBesideWatches)
    leaves.append(assembler.jump(.notEqual))
    leaves.append(emitTableCheck(access, WatchTable.storeBit))
    assembler.jump(to: write)
    for jump in leaves { assembler.patchHere(jump) }
    assembler.set(.rcx, to: UInt64(operation.rawValue))
    let function: CallBack.Store = CallBack.store
    emitCallBack(
      UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)), mayFail: true)
    assembler.align()
    return place
  }

  /// Has the ``StackRange`` cover as many bytes as rdx says, from the address in rax on, and sets r13 for them. If it
  /// can't, the code goes on behind the jump that follows the call. Keeps all other registers but rax, rcx and rdx.
  private mutating func emitCoverThunk() -> Int {
    let place = assembler.position
    let function: CallBack.Cover = CallBack.cover
    emitCallBack(
      UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)), mayFail: true)
    assembler.align()
    return place
  }

  /// Calls a function with the owner, rax, rdx, rcx and maybe a number, and returns. If the function may fail, and its
  /// result is not 0, it returns behind the jump that follows. Keeps the pinned registers.
  mutating func emitCallBack(_ function: UInt, number: UInt8? = nil, mayFail: Bool = false) {
    let kept: [X86Register] = [.rsi, .rdi, .r8, .r9, .r10, .r11]
    for register in kept { assembler.push(register) }
    assembler.bank(0x8B, .rdi, RegisterBank.owner)
    assembler.move(.rsi, .rax)
    if let number { assembler.set(.r8, to: UInt64(number)) }
    emitFunctionCall(function)
    for register in kept.reversed() { assembler.pop(register) }
    // The stack's range may have moved.
    assembler.bank(0x8B, .r13, RegisterBank.stackBase)
    var failed: Int?
    if mayFail {
      assembler.test(.rax, wide: false)
      failed = assembler.jump(.notEqual)
    }
    assembler.ret()
    guard let failed else { return }
    assembler.patchHere(failed)
    assembler.returnBehindJump()
  }

  /// Calls a function of the host, for which the stack is a multiple of 16.
  mutating func emitFunctionCall(_ function: UInt) {
    assembler.move(.rax, .rsp)
    assembler.immediate(.and, .rsp, -16)
    assembler.push(.rax)
    assembler.push(.rax)
    assembler.call(function: function)
    // Loads rsp from where it points to.
    for byte in [0x48, 0x8B, 0x24, 0x24] as [UInt8] { assembler.byte(byte) }
  }

  /// Executes the ``PackedOperation`` in rdx. Sets eax to 0, or to another number if the operation is left to the plain
  /// step. The registers are in the bank meanwhile.
  private mutating func emitRareThunk() -> Int {
    let place = assembler.position
    savePinned()
    assembler.bank(0x8B, .rdi, RegisterBank.owner)
    assembler.move(.rsi, .rdx)
    assembler.move(.rdx, .r14)
    let function: CallBack.Rare = CallBack.rare
    emitFunctionCall(UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
    loadPinned()
    assembler.ret()
    assembler.align()
    return place
  }
}
