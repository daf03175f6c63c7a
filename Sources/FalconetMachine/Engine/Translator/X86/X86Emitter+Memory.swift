extension X86Emitter {
  /// The place of an access's thunk; nil for an access of part of a value, see ``parts``.
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

  /// The entry with the bits that a flat address of an access has none of.
  static func outside(_ access: AccessKind) -> UInt8 {
    switch access {
    case .byte, .byteUnsigned: RegisterBank.outside1
    case .half, .halfUnsigned: RegisterBank.outside2
    case .word, .wordUnsigned, .wordLeft, .wordRight: RegisterBank.outside4
    case .double, .doubleLeft, .doubleRight: RegisterBank.outside8
    }
  }

  /// Computes an address, and jumps away if it is not flat or no multiple of the access's size. If the register's value
  /// is little below the address, that is looked at instead.
  ///
  /// - Returns: the address, by rax or by the register that the operation names, and the jump.
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
    let address = emitAddress(operation)
    assembler.bank(0x85, address, Self.outside(access))
    return (X86Address(address), assembler.jump(.notEqual))
  }

  /// Computes an address.
  ///
  /// - Returns: rax, or the register that the operation names.
  mutating func emitAddress(_ operation: DecodedOperation) -> X86Register {
    if operation.first == 0 {
      assembler.set(.rax, to: UInt64(bitPattern: Int64(operation.immediate)))
    } else if let host = X86Register.holding(operation.first) {
      if operation.immediate == 0 { return host }
      assembler.address(.rax, host, operation.immediate)
    } else {
      load(.rax, from: operation.first)
      if operation.immediate != 0 { assembler.immediate(.add, .rax, operation.immediate) }
    }
    return .rax
  }

  /// A load.
  mutating func emitLoad(
    _ operation: DecodedOperation, _ access: AccessKind, _ plan: AccessPlan.Access
  ) {
    guard let thunk = Self.thunk(of: access) else {
      return emitPart(operation, access, isStore: false)
    }
    let target = X86Register.holding(operation.destination) ?? .rax
    if let base = Self.base(plan) {
      let index = held(operation.first, in: .rax)
      emitRead(access, target, base: base, index: index, displacement: operation.immediate)
      return store(target, to: operation.destination)
    }
    if case .constant(let address) = plan, isFlat(address, access), !checksLoads {
      assembler.set(.rax, to: address)
      emitRead(access, target, base: .r12)
      return store(target, to: operation.destination)
    }
    if isLikelyInWindow(operation) {
      return emitRangedLoad(operation, access, thunk: thunk, target)
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

  /// What the addresses of accesses that need no check of their own are counted from.
  static func base(_ plan: AccessPlan.Access) -> X86Register? {
    switch plan {
    case .covered: .r12
    case .framed: .r13
    case .own, .constant: nil
    }
  }

  /// Jumps away if an address is near bytes whose reads are watched.
  mutating func emitReadCheck(_ address: X86Register) -> Int {
    assembler.move(.rcx, address)
    assembler.bank(X86Operation.sub.opcode, .rcx, RegisterBank.readStart)
    assembler.bank(X86Operation.cmp.opcode, .rcx, RegisterBank.readSize)
    return assembler.jump(.below)
  }

  /// Reads the value at `base + index + displacement`. May use rax.
  mutating func emitRead(
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

  /// A store.
  mutating func emitStore(
    _ operation: DecodedOperation, _ access: AccessKind, _ plan: AccessPlan.Access
  ) {
    guard let thunk = Self.thunk(of: access) else {
      return emitPart(operation, access, isStore: true)
    }
    if let base = Self.base(plan) {
      let index = held(operation.first, in: .rax)
      return emitWrite(
        access, held(operation.second, in: .rdx), base: base, index: index,
        displacement: operation.immediate)
    }
    if isLikelyInWindow(operation) { return emitRangedStore(operation, access, thunk: thunk) }
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

  /// Compares the flags of a flat address's page with those of a page that is directly writable. The register that held
  /// the address holds another number then.
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
  mutating func emitWrite(
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
}
