/// What a run stops for before its last step.
package struct StopConditions: Sendable, Equatable {
  /// Addresses of instructions, multiples of 4.
  package var addresses: Set<UInt64> = []
  /// Bytes that an instruction or a system call is about to write.
  package var writes: [WatchedRange] = []
  /// Bytes that an instruction is about to read. The engine's loads compare their addresses with them.
  package var reads: [WatchedRange] = []
  /// Whether each system call is a stop.
  package var systemCalls = false
  /// Whether the run stops once another thread is active.
  package var threadSwitches = false

  package init() {}
}

/// Why ``Machine/run(until:stoppingFor:skipsFirst:)`` came back.
package enum ObservedStop: Sendable, Equatable {
  /// The step that it was to stop at is reached.
  case step
  case exited
  /// ``Machine/shouldInterrupt`` said so.
  case interrupted
  /// The next step executes the instruction at an address of ``StopConditions/addresses``.
  case address
  /// The next step reads or writes watched bytes.
  case access(GuestAccess)
  /// The last step, a system call, wrote a word with watched bytes at an address.
  case systemCallWrote(UInt64)
  /// The next step executes a system call.
  case systemCall
  /// The last step made another thread active.
  case threadSwitch
}

/// Bytes that one step reads or writes.
package struct GuestAccess: Sendable, Equatable {
  package var range: WatchedRange
  package var isWrite: Bool

  package init(range: WatchedRange, isWrite: Bool) {
    self.range = range
    self.isWrite = isWrite
  }

  /// The first eight bytes, or all if they are fewer, as a number.
  ///
  /// - Parameter bytes: eight bytes from the start on.
  package func firstBytes(of bytes: UInt64) -> UInt64 {
    let others = 7 - min(range.last - range.start, 7)
    return bytes >> (8 * others)
  }
}

extension Machine {
  /// Executes until `target` steps are executed in all, or until a condition holds.
  ///
  /// Between stops the engine executes: addresses end its blocks, and it leaves accesses to watched bytes to
  /// the plain step.
  ///
  /// - Parameter skipsFirst: whether conditions on the first step are passed over, which a run that goes on
  ///   from such a stop needs.
  package func run(
    until target: UInt64, stoppingFor conditions: StopConditions, skipsFirst: Bool
  ) throws(MachineError) -> ObservedStop {
    check = nil
    stopAddresses = conditions.addresses
    watch(writes: conditions.writes, reads: conditions.reads)
    return switch rules.wordSize {
    case .bits32: try run(UInt32.self, target, conditions, skipsFirst)
    case .bits64: try run(UInt64.self, target, conditions, skipsFirst)
    }
  }

  private func watch(writes: [WatchedRange], reads: [WatchedRange]) {
    memory.watch(writes: writes, reads: reads)
    bank.describeWatches(memory)
    blockEngine?.setLoadChecks(!reads.isEmpty)
  }

  private func run<Word: MachineWord>(
    _ word: Word.Type, _ target: UInt64, _ conditions: StopConditions, _ skipsFirst: Bool
  ) throws(MachineError) -> ObservedStop {
    lastReadOffset = nil
    var skips = skipsFirst
    while !state.scalars.exited {
      guard step < target else { return .step }
      turns &+= 1
      if turns == 0, shouldInterrupt() { return .interrupted }
      // What it is to pass over might be in the middle of a block.
      if !skips, let engine = preparedEngine() {
        engine.runActiveThread(to: target)
        guard step < target else { return .step }
      }
      if !skips, let stop = stop(before: conditions) { return stop }
      skips = false
      let thread = state.activeThread?.id
      _ = memory.takeWatchedStore()
      lastReadOffset = nil
      let isCall = !conditions.writes.isEmpty && nextKind == .systemCall
      try plainStep(word)
      if isCall, let address = memory.takeWatchedStore() { return .systemCallWrote(address) }
      if conditions.threadSwitches, state.activeThread?.id != thread { return .threadSwitch }
    }
    return .exited
  }

  /// Has engines execute everything again, after runs that stopped for conditions.
  package func forgetStops() {
    stopAddresses = []
    watch(writes: [], reads: [])
  }

  /// The condition that holds for the next step.
  private func stop(before conditions: StopConditions) -> ObservedStop? {
    guard isInstructionNext else { return nil }
    if !conditions.addresses.isEmpty, let pc = state.activeThread?.pc,
      conditions.addresses.contains(pc)
    {
      return .address
    }
    if !conditions.writes.isEmpty || !conditions.reads.isEmpty, let access = nextAccess {
      let ranges = access.isWrite ? conditions.writes : conditions.reads
      if ranges.contains(where: { $0.overlaps(access.range) }) { return .access(access) }
    }
    if conditions.systemCalls, nextKind == .systemCall { return .systemCall }
    return nil
  }

  /// Whether the next step executes an instruction of the active thread, and is no step of the scheduler.
  package var isInstructionNext: Bool {
    guard !state.scalars.exited, let thread = state.activeThread else { return false }
    if rules.threading == .single { return true }
    if rules.threading == .blockingFutex {
      let none = ThreadState.noFutex(rules.wordSize)
      guard state.scalars.wakeup == none, thread.futexAddress == none else { return false }
    }
    return !thread.exited && state.scalars.stepsSinceContextSwitch < Step<UInt64, Machine>.quantum
  }

  /// What sort of instruction the next step executes; nil if it executes none.
  private var nextKind: InstructionKind? {
    guard isInstructionNext, let pc = state.activeThread?.pc, pc & 3 == 0 else { return nil }
    return decoder[Instruction(memory.load32(pc))].kind
  }

  /// What the system call of the next step is; nil if it executes none.
  package var nextSystemCall: SystemCall? {
    guard nextKind == .systemCall, let thread = state.activeThread else { return nil }
    return SystemCall(number: thread.registers[2], under: rules)
  }

  /// The bytes that the next step's load, store or `write` accesses; nil if it accesses none, or is another
  /// system call.
  package var nextAccess: GuestAccess? {
    guard let kind = nextKind, let thread = state.activeThread else { return nil }
    let instruction = Instruction(memory.load32(thread.pc))
    let offset = UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: instruction.immediate)))
    let address = (thread.registers[instruction.rs] &+ offset) & rules.wordSize.mask
    switch kind {
    case .load(let access), .loadLinked(let access):
      return GuestAccess(range: access.range(at: address), isWrite: false)
    case .store(let access):
      return GuestAccess(range: access.range(at: address), isWrite: true)
    case .storeConditional(let access):
      let reservation = Reservation(
        status: Reservation.status(access.size), address: address, owner: thread.id)
      guard !rules.hasReservations || state.scalars.reservation == reservation else { return nil }
      return GuestAccess(range: access.range(at: address), isWrite: true)
    case .systemCall:
      guard nextSystemCall == .write, thread.registers[6] > 0 else { return nil }
      return GuestAccess(
        range: WatchedRange(thread.registers[5], count: thread.registers[6]), isWrite: false)
    case .none, .trap, .register, .fromHiLo, .toHiLo, .immediate, .jump, .jumpRegister, .branch:
      return nil
    }
  }
}

extension AccessKind {
  /// The bytes that an instruction with this address accesses.
  fileprivate func range(at address: UInt64) -> WatchedRange {
    let mask = UInt64(size - 1)
    let start = address & ~mask
    return switch self {
    case .byte, .byteUnsigned, .half, .halfUnsigned, .word, .wordUnsigned, .double:
      WatchedRange(start, count: UInt64(size))
    case .wordLeft, .doubleLeft: WatchedRange(address, count: UInt64(size) - (address & mask))
    case .wordRight, .doubleRight: WatchedRange(start, count: (address & mask) + 1)
    }
  }
}
