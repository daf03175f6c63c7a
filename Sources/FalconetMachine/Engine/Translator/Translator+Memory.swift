extension Translator {
  /// The place of a load's or store's thunk.
  static func thunk(of operation: Operation) -> Int {
    switch operation {
    case .lb, .sb: 0
    case .lh, .sh: 1
    case .lw, .sw: 2
    case .ld, .sd: 3
    case .lbu: 4
    case .lhu: 5
    default: 6
    }
  }

  /// The loads and stores that have thunks, in their places.
  private static let loads: [Operation] = [.lb, .lh, .lw, .ld, .lbu, .lhu, .lwu]
  private static let stores: [Operation] = [.sb, .sh, .sw, .sd]

  private static func size(of operation: Operation) -> Int32 {
    switch operation {
    case .lb, .lbu, .sb: 1
    case .lh, .lhu, .sh: 2
    case .lw, .lwu, .sw: 4
    default: 8
    }
  }

  /// The entry with the bits that an address of the fast path has none of.
  private static func outside(_ operation: Operation) -> UInt8 {
    switch size(of: operation) {
    case 1: RegisterBank.outside1
    case 2: RegisterBank.outside2
    case 4: RegisterBank.outside4
    default: RegisterBank.outside8
    }
  }

  /// Computes an address into rax, and jumps away where it is not one of the fast path.
  private func emitAddress(_ operation: DecodedOperation) -> Int {
    if operation.first == 0 {
      assembler.set(.rax, to: UInt64(bitPattern: Int64(operation.immediate)))
    } else if let host = HostRegister.holding(operation.first) {
      assembler.address(.rax, host, operation.immediate)
    } else {
      load(.rax, from: operation.first)
      if operation.immediate != 0 { assembler.immediate(.add, .rax, operation.immediate) }
    }
    assembler.bank(0x85, .rax, Self.outside(operation.operation))
    return assembler.jump(.notEqual)
  }

  func emitLoad(_ operation: DecodedOperation) {
    let away = emitAddress(operation)
    let target = HostRegister.holding(operation.destination) ?? .rax
    emitRead(operation.operation, target, base: .r12)
    store(target, to: operation.destination)
    slowPaths.append(
      .load(away, operation.operation, operation.destination, back: assembler.position))
  }

  /// Reads the value at `base + rax`.
  private func emitRead(_ operation: Operation, _ target: HostRegister, base: HostRegister) {
    switch operation {
    case .lb: assembler.indexed([0x0F, 0xBE], target, base: base, index: .rax)
    case .lbu: assembler.indexed([0x0F, 0xB6], target, base: base, index: .rax, wide: false)
    case .lh, .lhu:
      assembler.indexed([0x0F, 0xB7], .rax, base: base, index: .rax, wide: false)
      // Swaps the two bytes.
      assembler.byte(0x66)
      assembler.single(0xC1, 0, .rax, wide: false)
      assembler.byte(8)
      assembler.registers0F(operation == .lh ? 0xBF : 0xB7, target, .rax, wide: operation == .lh)
    case .lw:
      assembler.indexed([0x0F, 0x38, 0xF0], .rax, base: base, index: .rax, wide: false)
      assembler.signExtend32(target, .rax)
    case .lwu: assembler.indexed([0x0F, 0x38, 0xF0], target, base: base, index: .rax, wide: false)
    default: assembler.indexed([0x0F, 0x38, 0xF0], target, base: base, index: .rax)
    }
  }

  func emitStore(_ operation: DecodedOperation) {
    let away = emitAddress(operation)
    assembler.registers(0x8B, .rcx, .rax)
    assembler.shift(.right, .rcx, by: 12)
    emitFlagCheck(base: .r13)
    let notFree = assembler.jump(.notEqual)
    let value = held(operation.second, in: .rdx)
    emitWrite(operation.operation, value, base: .r12)
    slowPaths.append(.store(away, notFree, operation, back: assembler.position))
  }

  /// Compares the flags at `base + rcx` with those of a free page.
  private func emitFlagCheck(base: HostRegister) {
    assembler.indexed([0x80], HostRegister.rdi, base: base, index: .rcx, wide: false)
    assembler.byte(PageFlags.free.rawValue)
  }

  /// Writes a value at `base + rax`.
  private func emitWrite(_ operation: Operation, _ value: HostRegister, base: HostRegister) {
    switch operation {
    case .sb: assembler.indexed([0x88], value, base: base, index: .rax, wide: false, bytes: true)
    case .sh:
      assembler.indexed(
        [0x0F, 0x38, 0xF1], value, base: base, index: .rax, wide: false, halfWord: true)
    case .sw: assembler.indexed([0x0F, 0x38, 0xF1], value, base: base, index: .rax, wide: false)
    default: assembler.indexed([0x0F, 0x38, 0xF1], value, base: base, index: .rax)
    }
  }

  /// An operation that a call back executes.
  func emitRare(_ operation: DecodedOperation) {
    assembler.set(.rdx, to: PackedOperation(operation).bits)
    assembler.call(rareThunk)
    assembler.test(.rax, wide: false)
    slowPaths.append(.leave(assembler.jump(.notEqual), remaining: operation.remaining))
  }

  // MARK: Thunks

  /// Writes the code that slow paths call.
  func emitThunks() {
    loadThunks = Self.loads.map(emitLoadThunk)
    storeThunks = Self.stores.map(emitStoreThunk)
    rareThunk = emitRareThunk()
  }

  /// Jumps away where rax is not an address in the window that is a multiple of its size, and loads
  /// what is added to it to get the host's into rdx where it is.
  private func emitWindowCheck(_ operation: Operation, scratch: HostRegister) -> [Int] {
    var away: [Int] = []
    if Self.size(of: operation) > 1 {
      assembler.byte(0xA8)
      assembler.byte(UInt8(Self.size(of: operation) - 1))
      away.append(assembler.jump(.notEqual))
    }
    assembler.move(scratch, .rax)
    assembler.bank(HostOperation.sub.opcode, scratch, RegisterBank.windowStart)
    assembler.bank(HostOperation.cmp.opcode, scratch, RegisterBank.windowSize)
    away.append(assembler.jump(.notBelow))
    return away
  }

  /// From the address in rax to the value in rax. Keeps all registers but rcx and rdx.
  private func emitLoadThunk(_ operation: Operation) -> Int {
    let place = assembler.position
    let away = emitWindowCheck(operation, scratch: .rdx)
    assembler.bank(0x8B, .rdx, RegisterBank.windowBase)
    emitRead(operation, .rax, base: .rdx)
    assembler.ret()
    for jump in away { assembler.patchHere(jump) }
    assembler.set(.rdx, to: UInt64(operation.rawValue))
    let function: TranslatorCallBack.Load = TranslatorCallBack.load
    emitCallBack(UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
    assembler.align()
    return place
  }

  /// From the address in rax and the value in rdx to 0 in eax, or another number where the store is
  /// left to the plain step. Keeps all registers but rcx and rdx.
  private func emitStoreThunk(_ operation: Operation) -> Int {
    let place = assembler.position
    let away = emitWindowCheck(operation, scratch: .rcx)
    assembler.move(.rcx, .rax)
    assembler.shift(.right, .rcx, by: 12)
    assembler.push(.rdx)
    assembler.bank(0x8B, .rdx, RegisterBank.windowFlags)
    emitFlagCheck(base: .rdx)
    assembler.pop(.rdx)
    let notFree = assembler.jump(.notEqual)
    assembler.bank(0x8B, .rcx, RegisterBank.windowBase)
    emitWrite(operation, .rdx, base: .rcx)
    assembler.set(.rax, to: 0)
    assembler.ret()
    for jump in away + [notFree] { assembler.patchHere(jump) }
    assembler.set(.rcx, to: UInt64(operation.rawValue))
    let function: TranslatorCallBack.Store = TranslatorCallBack.store
    emitCallBack(UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
    assembler.align()
    return place
  }

  /// Calls a function with the owner, rax, rdx and rcx, and returns. Keeps the pinned registers.
  private func emitCallBack(_ function: UInt) {
    // Six registers and the return address: 8 more make the stack a multiple of 16.
    let kept: [HostRegister] = [.rsi, .rdi, .r8, .r9, .r10, .r11]
    for register in kept { assembler.push(register) }
    assembler.immediate(.sub, .rsp, 8)
    assembler.bank(0x8B, .rdi, RegisterBank.owner)
    assembler.move(.rsi, .rax)
    assembler.call(function: function)
    assembler.immediate(.add, .rsp, 8)
    for register in kept.reversed() { assembler.pop(register) }
    assembler.ret()
  }

  /// From a ``PackedOperation`` in rdx to 0 in eax, or another number where the operation is left to
  /// the plain step. The registers are in the bank meanwhile.
  private func emitRareThunk() -> Int {
    let place = assembler.position
    assembler.immediate(.sub, .rsp, 8)
    savePinned()
    assembler.bank(0x8B, .rdi, RegisterBank.owner)
    assembler.move(.rsi, .rdx)
    assembler.move(.rdx, .r14)
    let function: TranslatorCallBack.Rare = TranslatorCallBack.rare
    assembler.call(function: UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
    loadPinned()
    assembler.immediate(.add, .rsp, 8)
    assembler.ret()
    assembler.align()
    return place
  }
}
