/// Executes one decoded operation on the registers of a bank and on memory.
///
/// The engines' own code covers the operations that programs use most; what it doesn't, and the whole
/// of a block without machine code, is executed here. Lock-step tests compare all of it with
/// the plain step.
struct OperationExecutor<Word: MachineWord> {
  let machine: Machine
  let memory: Memory
  let bank: RegisterBank

  /// What executing an operation leads to.
  enum Outcome {
    case next
    /// The operation was not executed: the plain step must.
    case leave
  }

  @inline(__always)
  init(_ machine: Machine) {
    self.machine = machine
    memory = machine.memory
    bank = machine.bank
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
    case .load(let access): write(operation.destination, load(access, address, operation))
    case .store(let access): return store(access, read(operation.second), address)
    case .loadLinked(let access): loadLinked(access, operation, address, step())
    case .storeConditional(let access):
      return storeConditional(access, operation, address, step())
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
