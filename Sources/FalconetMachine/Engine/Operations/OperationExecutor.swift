/// Executes one decoded operation on the registers of a bank and on memory.
///
/// The engines' own code covers the operations that programs use most. All others are executed here, and so is the
/// whole of a block without machine code. Lock-step tests compare all of it with the plain step.
///
/// Safety: it does not retain the machine and its memory, which would take longer than most operations. The
/// machine owns the engine that uses an executor, and so outlives it.
struct OperationExecutor<Word: MachineWord> {
  private let machineReference: Unmanaged<Machine>
  private let memoryReference: Unmanaged<Memory>
  let bank: RegisterBank

  /// What executing an operation leads to.
  enum Outcome {
    case next
    /// The operation was not executed: the plain step must.
    case leave
  }

  @inline(__always)
  init(_ machine: Machine) {
    machineReference = .passUnretained(machine)
    memoryReference = .passUnretained(machine.memory)
    bank = machine.bank
  }

  @inline(__always)
  private func withMachine<Result>(_ body: (Machine) -> Result) -> Result {
    machineReference._withUnsafeGuaranteedRef(body)
  }

  @inline(__always)
  private func withMemory<Result>(_ body: (Memory) -> Result) -> Result {
    memoryReference._withUnsafeGuaranteedRef(body)
  }

  @inline(__always)
  func read(_ index: UInt8) -> Word { Word(truncatingIfNeeded: bank[index]) }

  @inline(__always)
  func write(_ index: UInt8, _ value: Word) {
    bank[index] = UInt64(truncatingIfNeeded: value.signed)
  }

  /// Executes an operation.
  ///
  /// - Parameter step: the number of the step, counted from the program's start.
  @inline(__always)
  func execute(_ operation: DecodedOperation, step: @autoclosure () -> UInt64) -> Outcome {
    let first = read(operation.first)
    let address = first &+ Word(truncatingIfNeeded: operation.immediate)
    switch operation.operation.kind {
    case .register, .fromHiLo, .toHiLo, .immediate: return compute(operation, first)
    case .load(let access):
      if isReadWatched(access, address) { return .leave }
      write(operation.destination, load(access, address, operation))
    case .store(let access): return store(access, read(operation.second), address)
    case .loadLinked(let access):
      if isReadWatched(access, address) { return .leave }
      write(operation.destination, loadLinked(access.size, address, step()))
    case .storeConditional(let access):
      guard
        let succeeds = storeConditional(access.size, read(operation.second), address, step())
      else { return .leave }
      write(operation.destination, succeeds ? 1 : 0)
    case .none, .trap, .systemCall, .jump, .jumpRegister, .branch: return .leave
    }
    return .next
  }

  @inline(__always)
  private func compute(_ operation: DecodedOperation, _ first: Word) -> Outcome {
    let effect = Computation.effect(
      operation.operation, first, read(operation.second), operation.immediate,
      hi: read(RegisterBank.hi), lo: read(RegisterBank.lo))
    switch effect {
    case .result(let value): write(operation.destination, value)
    case .hiLo(let hi, let lo):
      write(RegisterBank.hi, hi)
      write(RegisterBank.lo, lo)
      write(operation.destination, 0)
    case .nothing: break
    case .divisionByZero, .notComputed: return .leave
    }
    return .next
  }
}

extension OperationExecutor {
  /// What a load puts into its register.
  @inline(__always)
  func load(_ access: AccessKind, _ address: Word, _ operation: DecodedOperation) -> Word {
    switch access {
    case .byte: Word(truncatingIfNeeded: load(Int8.self, address))
    case .byteUnsigned: Word(load(UInt8.self, address))
    case .half: Word(truncatingIfNeeded: load(Int16.self, address))
    case .halfUnsigned: Word(load(UInt16.self, address))
    case .word: Word(extending: load(UInt32.self, address))
    case .wordUnsigned: Word(load(UInt32.self, address))
    case .double: load(Word.self, address)
    case .wordLeft, .wordRight, .doubleLeft, .doubleRight:
      SubWord.load(
        access, from: load(Word.self, address), at: address, into: read(operation.second))
    }
  }

  @inline(__always)
  func store(_ access: AccessKind, _ value: Word, _ address: Word) -> Outcome {
    switch access {
    case .byte, .byteUnsigned: store(UInt8(truncatingIfNeeded: value), address)
    case .half, .halfUnsigned: store(UInt16(truncatingIfNeeded: value), address)
    case .word, .wordUnsigned: store(value.low32, address)
    case .double: store(value, address)
    case .wordLeft, .wordRight, .doubleLeft, .doubleRight:
      store(
        SubWord.store(access, of: value, into: load(Word.self, address), at: address), address)
    }
  }

  /// Whether a load might read watched bytes, so that the plain step must execute it.
  @inline(__always)
  private func isReadWatched(_ access: AccessKind, _ address: Word) -> Bool {
    UInt64(address) &- bank[RegisterBank.readStart] < bank[RegisterBank.readSize]
      && isCovered(access.size, UInt64(address))
  }

  @inline(never)
  private func isCovered(_ count: Int, _ address: UInt64) -> Bool {
    withMemory { $0.watches.coversLoad(address, count) }
  }

  /// The value at an address, whose bits inside the value are ignored.
  @inline(__always)
  func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, _ address: Word
  ) -> Value {
    let address = UInt64(address)
    let offset = Int(address & 0xFFF) & ~(MemoryLayout<Value>.size &- 1)
    return Value(
      bigEndian: withMemory { $0.readPage(address).load(fromByteOffset: offset, as: Value.self) })
  }

  /// Writes a value at an address, whose bits inside the value are ignored.
  @inline(__always)
  func store<Value: FixedWidthInteger & BitwiseCopyable>(
    _ value: Value, _ address: Word
  ) -> Outcome {
    let address = UInt64(address)
    let offset = Int(address & 0xFFF) & ~(MemoryLayout<Value>.size &- 1)
    guard let page = withMemory({ $0.writablePage(address) }) else {
      return storeElsewhere(value, address, offset)
    }
    page.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    return .next
  }

  /// A store to a page that is not directly writable: it may have watched bytes or the reserved word, or this is its
  /// first write. Stores into code are left to the plain step, so that no engine changes what it is executing. So are
  /// stores to watched bytes.
  @inline(never)
  private func storeElsewhere<Value: FixedWidthInteger & BitwiseCopyable>(
    _ value: Value, _ address: UInt64, _ offset: Int
  ) -> Outcome {
    withMachine { machine in
      let memory = machine.memory
      if let page = memory.pageBesideWatches(address, MemoryLayout<Value>.size) {
        page.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
        return .next
      }
      guard !memory.isLeftToPlainStep(address, MemoryLayout<Value>.size),
        let page = memory.preparePage(address)
      else { return .leave }
      let word = address & Word.size.addressMask
      if machine.rules.hasReservations,
        machine.state.scalars.reservation.covers(wordAt: word, in: Word.size)
      {
        // Page 0 is guarded from here on. A block may have checked it before.
        guard !memory.hasPage(0) else { return .leave }
        machine.state.scalars.reservation = Reservation()
        machine.statistics.note(.reservationEnded, step: 0, activeThread: 0)
        memory.guardPage(of: 0)
      }
      page.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
      return .next
    }
  }

  /// `ll` and `lld`, which load 4 and 8 bytes, in the step with this number.
  ///
  /// - Returns: what is loaded.
  func loadLinked(_ size: Int, _ address: Word, _ step: UInt64) -> Word {
    let isDouble = size == 8
    withMachine { machine in
      guard machine.rules.hasReservations else { return }
      let reservation = Reservation(
        status: Reservation.status(size), address: UInt64(address),
        owner: machine.withThread { $0.id })
      machine.reserve(reservation, step)
    }
    return isDouble ? load(Word.self, address) : Word(extending: load(UInt32.self, address))
  }

  /// `sc` and `scd`, which store 4 and 8 bytes, in the step with this number.
  ///
  /// - Returns: whether the value is stored; nil if the plain step must find out.
  func storeConditional(_ size: Int, _ value: Word, _ address: Word, _ step: UInt64) -> Bool? {
    let isDouble = size == 8
    return withMachine { machine in
      let memory = machine.memory
      let thread = machine.withThread { $0.id }
      // A machine without reservations always stores.
      let keeps = machine.rules.hasReservations
      let reservation = Reservation(
        status: Reservation.status(size), address: UInt64(address), owner: thread)
      let succeeds = !keeps || machine.state.scalars.reservation == reservation
      if succeeds {
        guard
          let page = memory.pageWithoutReservation(UInt64(address))
            ?? preparedPage(size, UInt64(address), memory)
        else { return nil }
        machine.state.scalars.reservation = Reservation()
        let offset = Int(UInt64(address) & 0xFFC)
        if isDouble {
          page.storeBytes(of: value.bigEndian, toByteOffset: offset & ~7, as: Word.self)
        } else {
          page.storeBytes(of: value.low32.bigEndian, toByteOffset: offset, as: UInt32.self)
        }
      }
      if keeps {
        machine.statistics.note(
          .storeConditional(thread: thread, succeeded: succeeds), step: step, activeThread: 0)
      }
      return succeeds
    }
  }

  /// The page that `sc` stores to if more than the reservation keeps it from being directly writable.
  @inline(never)
  private func preparedPage(_ size: Int, _ address: UInt64, _ memory: Memory)
    -> UnsafeMutableRawPointer?
  {
    guard !memory.isLeftToPlainStep(address, size), let page = memory.preparePage(address)
    else { return nil }
    memory.guardPage(of: 0)
    return page
  }
}
