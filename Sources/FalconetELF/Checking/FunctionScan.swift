import FalconetMachine

/// What one function's instructions show.
struct FunctionScan {
  /// An instruction that the version does not have.
  struct Unsupported {
    var address: UInt64
    var instruction: Instruction
  }

  /// A place where a system call is made, here or in the function that is called.
  struct SystemCallSite {
    var address: UInt64
    /// The number, if it can be seen.
    var number: StaticValue
  }

  /// A call of a function whose argument matters.
  struct WatchedCall {
    /// The function that is called.
    var function: UInt64
    var argument: StaticValue
  }

  fileprivate(set) var watchedCalls: [WatchedCall] = []
  fileprivate(set) var unsupported: [Unsupported] = []
  fileprivate(set) var systemCalls: [SystemCallSite] = []
  /// Where the function jumps to outside itself. May repeat, as ``addresses`` may.
  fileprivate(set) var targets: [UInt64] = []
  /// Addresses that the function makes or loads from, outside the stack.
  fileprivate(set) var addresses: [UInt64] = []
}

/// Follows the instructions of one function in the order they stand.
struct FunctionScanner {
  private var result = FunctionScan()
  private let function: CodeFunction
  private let memory: Memory
  private let decoder: InstructionDecoder
  private let wordSize: WordSize
  /// Functions that make a system call whose number is given to them, and where it is.
  private let wrappers: [UInt64: Set<ArgumentPlace>]
  private let watched: [UInt64: ArgumentPlace]
  private var state: StaticState

  /// - Parameters:
  ///   - wrappers: by the address of the function.
  ///   - watched: by the address of a function, the argument of its calls to note.
  ///   - globalPointer: what register 28 holds, if that is known.
  static func scan(
    _ function: CodeFunction, in memory: Memory, _ decoder: InstructionDecoder,
    wrappers: [UInt64: Set<ArgumentPlace>], watched: [UInt64: ArgumentPlace],
    globalPointer: UInt64?
  ) -> FunctionScan {
    let outline = FunctionOutline(function, in: memory, decoder)
    var scanner = FunctionScanner(
      function: function, memory: memory, decoder: decoder, wordSize: memory.wordSize,
      wrappers: wrappers, watched: watched,
      state: StaticState(
        writtenRegisters: outline.writtenRegisters, globalPointer: globalPointer))
    scanner.scan(labels: outline.labels)
    return scanner.result
  }

  private mutating func scan(labels: [Bool]) {
    /// A branch whose delay slot is next.
    var pending: (address: UInt64, instruction: Instruction, operation: Operation)?
    for address in stride(from: function.start, to: function.end, by: 4) {
      if address != function.start, labels[Int((address - function.start) / 4)] { state.forget() }
      let instruction = Instruction(memory.instruction(at: address))
      let row = decoder[instruction]
      let operation = row.operation
      switch row.kind {
      case .none where instruction.isUnconditionalTrap: break
      case .none, .branch(.never, _):
        result.unsupported.append(
          FunctionScan.Unsupported(address: address, instruction: instruction))
      case .systemCall:
        result.systemCalls.append(
          FunctionScan.SystemCallSite(address: address, number: state[2]))
        state.forgetAfterSystemCall()
      // These take effect after their delay slot.
      case .jump, .jumpRegister, .branch: break
      case .trap, .register, .fromHiLo, .toHiLo, .immediate, .load, .store, .loadLinked,
        .storeConditional:
        execute(instruction, operation)
      }
      if let branch = pending {
        finish(branch.address, branch.instruction, branch.operation)
        pending = nil
      }
      if row.kind.isBranch { pending = (address, instruction, operation) }
    }
  }

  private mutating func execute(_ instruction: Instruction, _ operation: Operation) {
    if operation.readsWord, case .constant(let address) = state.address(instruction) {
      record(address)
    }
    state.execute(instruction, operation)
    switch operation {
    case .addi, .daddi, .ori:
      if case .constant(let value) = state[instruction.rt] { record(value) }
    // No other instruction completes an address that code makes from constants.
    default: break
    }
  }

  private func constant(of register: Int) -> UInt64? {
    guard case .constant(let value) = state[register] else { return nil }
    return value & wordSize.mask
  }

  /// Small numbers are no addresses of programs.
  private mutating func record(_ address: UInt64) {
    let address = address & wordSize.mask
    if address >= 4096 { result.addresses.append(address) }
  }

  /// What a branch does after its delay slot.
  private mutating func finish(
    _ address: UInt64, _ instruction: Instruction, _ operation: Operation
  ) {
    let target = BranchTarget(of: instruction, operation, at: address, wordSize)
    let jumpsToRegister = operation == .jr || operation == .jalr
    if let target = target.address ?? (jumpsToRegister ? constant(of: instruction.rs) : nil),
      target < function.start || target >= function.end
    {
      result.targets.append(target)
      if let place = watched[target] {
        result.watchedCalls.append(
          FunctionScan.WatchedCall(function: target, argument: state.argument(at: place)))
      }
      for place in wrappers[target] ?? [] {
        result.systemCalls.append(
          FunctionScan.SystemCallSite(address: address, number: state.argument(at: place)))
      }
    }
    if operation.links { state.forgetAfterCall() } else if target.isAlways { state.forget() }
  }
}

extension Instruction {
  /// Whether it is `teq` of a register with itself: a trap on every MIPS machine, which compilers put
  /// where execution must not come, as they do `break`.
  fileprivate var isUnconditionalTrap: Bool { opcode == 0 && function == 0x34 && rs == rt }
}

extension Operation {
  fileprivate var readsWord: Bool { self == .lw || self == .ld || self == .lwu }
}
