/// An operation in 64 bits, as translated code hands it over.
struct PackedOperation {
  let bits: UInt64

  init(bits: UInt64) { self.bits = bits }

  /// Packs an operation that is executed by a call back; its immediate has at most 16 bits.
  init(_ operation: DecodedOperation) {
    bits =
      UInt64(operation.operation.rawValue) | UInt64(operation.destination) << 8
      | UInt64(operation.first) << 16 | UInt64(operation.second) << 24
      | UInt64(operation.remaining) << 32
      | UInt64(UInt16(truncatingIfNeeded: operation.immediate)) << 40
  }

  var operation: DecodedOperation {
    func byte(_ position: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: bits >> position) }
    return DecodedOperation(
      operation: Operation(rawValue: byte(0)) ?? .unknown, destination: byte(8), first: byte(16),
      second: byte(24), remaining: byte(32),
      immediate: Int32(Int16(truncatingIfNeeded: bits >> 40)))
  }
}

/// The functions that translated code calls.
///
/// Safety: the first argument is the ``RegisterBank/owner`` of the code that is running: a translator,
/// which is alive since ``Translator/enter(_:_:budget:)`` is on the stack.
enum CallBack {
  typealias Load = @convention(c) (UnsafeRawPointer, UInt64, UInt64) -> UInt64
  typealias Store = @convention(c) (UnsafeRawPointer, UInt64, UInt64, UInt64) -> UInt64
  typealias Cover = @convention(c) (UnsafeRawPointer, UInt64, UInt64) -> UInt64
  typealias Linked =
    @convention(c) (UnsafeRawPointer, UInt64, UInt64, UInt64, UInt64) -> UInt64
  typealias SystemCall = @convention(c) (UnsafeRawPointer, UInt64, UInt64) -> Int64
  typealias Rare = @convention(c) (UnsafeRawPointer, UInt64, UInt64) -> UInt64

  /// What a load of this operation's number gives at an address.
  static let load: Load = { owner, address, number in
    Unmanaged<EngineCore>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef { $0.load(at: address, number) }
  }

  /// Stores a value at an address: 0, or 1 if the plain step must.
  static let store: Store = { owner, address, value, number in
    Unmanaged<EngineCore>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef { $0.store(value, at: address, number) ? 0 : 1 }
  }

  /// Has the ``StackRange`` cover some bytes from an address on: 0, or 1 if it can't.
  static let cover: Cover = { owner, address, count in
    Unmanaged<EngineCore>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef { $0.stack.cover(address, count) ? 0 : 1 }
  }

  /// What `ll` or `lld` loads from an address. The third argument is not used. The fourth is how many steps of the
  /// budget are left from this one on, and the last how many bytes are loaded.
  static let loadLinked: Linked = { owner, address, _, steps, size in
    Unmanaged<EngineCore>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef { $0.loadLinked(address, steps, Int(size)) }
  }

  /// Stores a value at an address by `sc` or `scd`, with the arguments of ``loadLinked``: the result, or −1 if the
  /// plain step must.
  static let storeConditional: Linked = { owner, address, value, steps, size in
    Unmanaged<EngineCore>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef { $0.storeConditional(value, address, steps, Int(size)) }
  }

  /// Executes the system call at an address. Gets how many steps of the budget are left, and returns how many are left
  /// then, or a ``SystemCallOutcome``.
  static let systemCall: SystemCall = { owner, pc, steps in
    Unmanaged<EngineCore>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef { $0.systemCall(at: pc, steps: steps) }
  }

  /// Executes an operation: 0, or 1 if the plain step must.
  static let rare: Rare = { owner, bits, budget in
    Unmanaged<EngineCore>.fromOpaque(owner)
      ._withUnsafeGuaranteedRef {
        $0.takeReservations()
        return $0.execute(PackedOperation(bits: bits).operation, budget: budget) ? 0 : 1
      }
  }
}

extension EngineCore {
  /// What a load gives, sign-extended as registers are.
  fileprivate func load(at address: UInt64, _ number: UInt64) -> UInt64 {
    bank[RegisterBank.callBackAddress] = address
    let operation = DecodedOperation(
      operation: Operation(rawValue: UInt8(truncatingIfNeeded: number)) ?? .unknown,
      destination: RegisterBank.callBackValue, first: RegisterBank.callBackAddress, second: 0,
      immediate: 0)
    _ = execute(operation, budget: 0)
    return bank[RegisterBank.callBackValue]
  }

  /// Stores a value, or says that the plain step must.
  fileprivate func store(_ value: UInt64, at address: UInt64, _ number: UInt64) -> Bool {
    takeReservations()
    bank[RegisterBank.callBackAddress] = address
    bank[RegisterBank.callBackValue] = value
    let operation = DecodedOperation(
      operation: Operation(rawValue: UInt8(truncatingIfNeeded: number)) ?? .unknown,
      destination: RegisterBank.discarded, first: RegisterBank.callBackAddress,
      second: RegisterBank.callBackValue, immediate: 0)
    return execute(operation, budget: 0)
  }

  fileprivate func loadLinked(_ address: UInt64, _ steps: UInt64, _ size: Int) -> UInt64 {
    switch memory.wordSize {
    case .bits32: loadLinked(UInt32.self, address, steps, size)
    case .bits64: loadLinked(UInt64.self, address, steps, size)
    }
  }

  @inline(__always)
  private func loadLinked<Word: MachineWord>(
    _ word: Word.Type, _ address: UInt64, _ steps: UInt64, _ size: Int
  ) -> UInt64 {
    let address = Word(truncatingIfNeeded: address)
    takeReservations()
    defer {
      stack.exclude(UInt64(address))
      admitReservations()
    }
    let value = withMachine {
      OperationExecutor<Word>($0).loadLinked(size, address, step(steps))
    }
    return UInt64(truncatingIfNeeded: value.signed)
  }

  fileprivate func storeConditional(
    _ value: UInt64, _ address: UInt64, _ steps: UInt64, _ size: Int
  ) -> UInt64 {
    switch memory.wordSize {
    case .bits32: storeConditional(UInt32.self, value, address, steps, size)
    case .bits64: storeConditional(UInt64.self, value, address, steps, size)
    }
  }

  @inline(__always)
  private func storeConditional<Word: MachineWord>(
    _ word: Word.Type, _ value: UInt64, _ address: UInt64, _ steps: UInt64, _ size: Int
  ) -> UInt64 {
    takeReservations()
    defer { admitReservations() }
    let succeeds = withMachine {
      OperationExecutor<Word>($0).storeConditional(
        size, Word(truncatingIfNeeded: value),
        Word(truncatingIfNeeded: address), step(steps))
    }
    guard let succeeds else { return .max }
    return succeeds ? 1 : 0
  }
}
