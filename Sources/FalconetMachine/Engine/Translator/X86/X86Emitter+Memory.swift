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

  /// The place of an access's thunk; nil for an access of part of a value, which has none.
  static func thunk(of access: AccessKind) -> Int? {
    switch access {
    case .byte: 0
    case .half: 1
    case .word: 2
    case .double: 3
    case .byteUnsigned: 4
    case .halfUnsigned: 5
    case .wordUnsigned: 6
    case .wordLeft, .wordRight, .doubleLeft, .doubleRight: nil
    }
  }

  /// The entry with the bits that an address of the fast path has none of.
  private static func outside(_ access: AccessKind) -> UInt8 {
    switch access {
    case .byte, .byteUnsigned: RegisterBank.outside1
    case .half, .halfUnsigned: RegisterBank.outside2
    case .word, .wordUnsigned, .wordLeft, .wordRight: RegisterBank.outside4
    case .double, .doubleLeft, .doubleRight: RegisterBank.outside8
    }
  }

  /// Computes an address, and jumps away if it is not one of the fast path.
  ///
  /// - Returns: where it is, in rax or the address's own register, and the jump.
  private mutating func emitAddress(
    _ operation: DecodedOperation, _ access: AccessKind
  ) -> (address: X86Address, away: Int) {
    let displacement = operation.immediate
    // A multiple of the size above a flat address that is one.
    if displacement > 0, displacement & Int32(access.size - 1) == 0, operation.first != 0,
      displacement + Int32(access.size) <= margin, !checksLoads
    {
      let register = held(operation.first, in: .rax)
      assembler.bank(0x85, register, Self.outside(access))
      return (X86Address(register, displacement), assembler.jump(.notEqual))
    }
    var address = X86Register.rax
    if operation.first == 0 {
      assembler.set(.rax, to: UInt64(bitPattern: Int64(operation.immediate)))
    } else if let host = X86Register.holding(operation.first) {
      if operation.immediate == 0 {
        address = host
      } else {
        assembler.address(.rax, host, operation.immediate)
      }
    } else {
      load(.rax, from: operation.first)
      if operation.immediate != 0 { assembler.immediate(.add, .rax, operation.immediate) }
    }
    assembler.bank(0x85, address, Self.outside(access))
    return (X86Address(address), assembler.jump(.notEqual))
  }

  /// A load. One without a thunk is executed by a call back.
  mutating func emitLoad(
    _ operation: DecodedOperation, _ access: AccessKind, _ plan: AccessPlan.Access
  ) {
    guard let thunk = Self.thunk(of: access) else { return emitRare(operation) }
    let target = X86Register.holding(operation.destination) ?? .rax
    if case .covered(let place) = plan {
      let index = held(operation.first, in: .rax)
      emitRead(
        access, target, base: base(of: place), index: index, displacement: operation.immediate)
      return store(target, to: operation.destination)
    }
    if case .constant(let address) = plan, isFlat(address, access), !checksLoads {
      assembler.set(.rax, to: address)
      emitRead(access, target, base: .r12)
      return store(target, to: operation.destination)
    }
    let (address, away) = emitAddress(operation, access)
    let near = checksLoads ? emitReadCheck(address.register) : nil
    emitRead(
      access, target, base: .r12, index: address.register, displacement: address.displacement)
    store(target, to: operation.destination)
    let back = assembler.position
    slowPaths.append(
      near.map { .checkedLoad(away, $0, address.register, thunk: thunk, operation, back: back) }
        ?? .load(away, address, thunk: thunk, operation.destination, back: back))
  }

  /// Whether an access to an address takes the fast path.
  private func isFlat(_ address: UInt64, _ access: AccessKind) -> Bool {
    address & (outside | UInt64(access.size - 1)) == 0
  }

  /// What the addresses of neighbours are counted from.
  private func base(of place: Int) -> X86Register {
    self.plan.neighbours[place].isStack ? .r13 : .r12
  }

  /// Jumps away if an address is near bytes whose reads are watched.
  private mutating func emitReadCheck(_ address: X86Register) -> Int {
    assembler.move(.rcx, address)
    assembler.bank(X86Operation.sub.opcode, .rcx, RegisterBank.readStart)
    assembler.bank(X86Operation.cmp.opcode, .rcx, RegisterBank.readSize)
    return assembler.jump(.below)
  }

  /// Reads the value at `base + index + displacement`. May use rax.
  private mutating func emitRead(
    _ access: AccessKind, _ target: X86Register, base: X86Register, index: X86Register = .rax,
    displacement: Int32 = 0
  ) {
    func read(_ opcode: UInt32, _ target: X86Register, wide: Bool) {
      assembler.indexed(
        opcode, target, base: base, index: index, displacement: displacement, wide: wide)
    }
    switch access {
    case .byte: read(0x0FBE, target, wide: true)
    case .byteUnsigned: read(0x0FB6, target, wide: false)
    case .half, .halfUnsigned:
      read(0x0FB7, .rax, wide: false)
      // Swaps the two bytes.
      assembler.byte(0x66)
      assembler.single(0xC1, 0, .rax, wide: false)
      assembler.byte(8)
      assembler.registers0F(access == .half ? 0xBF : 0xB7, target, .rax, wide: access == .half)
    case .word, .wordLeft, .wordRight:
      read(0x0F38F0, .rax, wide: false)
      assembler.signExtend32(target, .rax)
    case .wordUnsigned: read(0x0F38F0, target, wide: false)
    case .double, .doubleLeft, .doubleRight: read(0x0F38F0, target, wide: true)
    }
  }

  /// A store. One without a thunk is executed by a call back.
  mutating func emitStore(
    _ operation: DecodedOperation, _ access: AccessKind, _ plan: AccessPlan.Access
  ) {
    guard let thunk = Self.thunk(of: access) else { return emitRare(operation) }
    if case .covered(let place) = plan {
      let index = held(operation.first, in: .rax)
      return emitWrite(
        access, held(operation.second, in: .rdx), base: base(of: place), index: index,
        displacement: operation.immediate)
    }
    let (address, away) = emitAddress(operation, access)
    assembler.set(.rcx, to: address)
    emitFlagCheck(of: .rcx)
    let guarded = assembler.jump(.notEqual)
    let value = held(operation.second, in: .rdx)
    emitWrite(
      access, value, base: .r12, index: address.register, displacement: address.displacement)
    slowPaths.append(
      .store(away, guarded, address, thunk: thunk, operation, back: assembler.position))
  }

  /// Compares the flags of the page of a flat address with those of one that is directly writable. The register
  /// that holds the address holds another number after it.
  mutating func emitFlagCheck(
    of address: X86Register, _ flags: PageFlags = .directlyWritable
  ) {
    emitFlagCheck(of: address, of: RegisterBank.flags, flags)
  }

  /// The same with flags at an address that an entry holds.
  mutating func emitFlagCheck(
    of address: X86Register, of entry: UInt8, _ flags: PageFlags = .directlyWritable
  ) {
    assembler.shift(.right, address, by: 12)
    assembler.bank(X86Operation.add.opcode, address, entry)
    // Compares the byte at the address with a number.
    assembler.byte(0x80)
    assembler.byte(0x38 | address.low)
    assembler.byte(flags.rawValue)
  }

  /// Writes a value at `base + index + displacement`.
  private mutating func emitWrite(
    _ access: AccessKind, _ value: X86Register, base: X86Register, index: X86Register = .rax,
    displacement: Int32 = 0
  ) {
    func write(
      _ opcode: UInt32, wide: Bool = false, halfWord: Bool = false, bytes: Bool = false
    ) {
      assembler.indexed(
        opcode, value, base: base, index: index, displacement: displacement, wide: wide,
        halfWord: halfWord, bytes: bytes)
    }
    switch access {
    case .byte, .byteUnsigned: write(0x88, bytes: true)
    case .half, .halfUnsigned: write(0x0F38F1, halfWord: true)
    case .word, .wordUnsigned, .wordLeft, .wordRight: write(0x0F38F1)
    case .double, .doubleLeft, .doubleRight: write(0x0F38F1, wide: true)
    }
  }

  /// An operation that a call back executes.
  mutating func emitRare(_ operation: DecodedOperation) {
    assembler.set(.rdx, to: PackedOperation(operation).bits)
    assembler.call(rareThunk)
    assembler.test(.rax, wide: false)
    slowPaths.append(.leave(assembler.jump(.notEqual), remaining: operation.remaining))
  }

  // MARK: Thunks

  /// Writes the code that slow paths call.
  mutating func emitThunks() {
    loadThunks = Self.loads.map { emitLoadThunk($0.operation, $0.access) }
    checkedLoadThunks = Self.loads.map { emitCheckedLoadThunk($0.access) }
    storeThunks = Self.stores.map { emitStoreThunk($0.operation, $0.access) }
    rareThunk = emitRareThunk()
    coverThunk = emitCoverThunk()
    wholeThunks = Self.wholeChecks.map { emitWholeThunk($0.alignment, $0.isStored) }
    systemCallThunk = emitSystemCallThunk()
    linkedThunks = Self.linked.map { emitLinkedThunk($0.access, isLoad: $0.isLoad) }
  }

  /// Jumps away if rax is not an address in the window that is a multiple of its size.
  private mutating func emitWindowCheck(_ access: AccessKind, scratch: X86Register) -> [Int] {
    var away: [Int] = []
    if access.size > 1 {
      assembler.byte(0xA8)
      assembler.byte(UInt8(access.size - 1))
      away.append(assembler.jump(.notEqual))
    }
    assembler.move(scratch, .rax)
    assembler.bank(X86Operation.sub.opcode, scratch, RegisterBank.windowStart)
    assembler.bank(X86Operation.cmp.opcode, scratch, RegisterBank.windowSize)
    away.append(assembler.jump(.notBelow))
    return away
  }

  /// From the address in rax to the value in rax. Keeps all registers but rcx and rdx.
  private mutating func emitLoadThunk(_ operation: Operation, _ access: AccessKind) -> Int {
    let place = assembler.position
    let away = emitWindowCheck(access, scratch: .rdx)
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

  /// From the address in rax to the value in rax and 0 in ecx, or another number in ecx if the load needs
  /// more than that. Keeps all registers but rcx and rdx.
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
    for jump in leaves { assembler.patchHere(jump) }
    assembler.set(.rcx, to: 1)
    assembler.ret()
    assembler.align()
    return place
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

  /// From an address in rax and a count in rdx: has the ``StackRange`` cover them, which r13 goes with. If it can't, the
  /// code goes on behind the jump that follows the call. Keeps all other registers but rax, rcx and rdx.
  private mutating func emitCoverThunk() -> Int {
    let place = assembler.position
    let function: CallBack.Cover = CallBack.cover
    emitCallBack(
      UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)), mayFail: true)
    assembler.align()
    return place
  }

  /// Calls a function with the owner, rax, rdx, rcx and maybe a number, and returns, behind the jump that follows if the
  /// result is not 0 and the function may fail. Keeps the pinned registers.
  mutating func emitCallBack(_ function: UInt, number: UInt8? = nil, mayFail: Bool = false) {
    // Six registers and the return address: 8 more make the stack a multiple of 16.
    let kept: [X86Register] = [.rsi, .rdi, .r8, .r9, .r10, .r11]
    for register in kept { assembler.push(register) }
    assembler.immediate(.sub, .rsp, 8)
    assembler.bank(0x8B, .rdi, RegisterBank.owner)
    assembler.move(.rsi, .rax)
    if let number { assembler.set(.r8, to: UInt64(number)) }
    assembler.call(function: function)
    assembler.immediate(.add, .rsp, 8)
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

  /// From a ``PackedOperation`` in rdx to 0 in eax, or another number if the operation is left to
  /// the plain step. The registers are in the bank meanwhile.
  private mutating func emitRareThunk() -> Int {
    let place = assembler.position
    assembler.immediate(.sub, .rsp, 8)
    savePinned()
    assembler.bank(0x8B, .rdi, RegisterBank.owner)
    assembler.move(.rsi, .rdx)
    assembler.move(.rdx, .r14)
    let function: CallBack.Rare = CallBack.rare
    assembler.call(function: UInt(bitPattern: unsafeBitCast(function, to: UnsafeRawPointer.self)))
    loadPinned()
    assembler.immediate(.add, .rsp, 8)
    assembler.ret()
    assembler.align()
    return place
  }
}
