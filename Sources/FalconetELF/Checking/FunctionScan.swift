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

  private(set) var watchedCalls: [WatchedCall] = []
  private(set) var unsupported: [Unsupported] = []
  private(set) var systemCalls: [SystemCallSite] = []
  /// Where the function jumps to outside itself.
  private(set) var targets: Set<UInt64> = []
  /// Addresses that the function makes or loads from, outside the stack.
  private(set) var addresses: Set<UInt64> = []

  private let function: CodeFunction
  private let memory: Memory
  private let rules: Rules
  /// Functions that make a system call whose number is given to them, and where it is.
  private let wrappers: [UInt64: Set<ArgumentPlace>]
  private let watched: [UInt64: ArgumentPlace]
  private var state: StaticState

  /// - Parameters:
  ///   - wrappers: by the address of the function.
  ///   - watched: by the address of a function, the argument of its calls to note.
  ///   - globalPointer: what register 28 holds, if known.
  init(
    _ function: CodeFunction, in memory: Memory, under rules: Rules,
    wrappers: [UInt64: Set<ArgumentPlace>], watched: [UInt64: ArgumentPlace],
    globalPointer: UInt64?
  ) {
    self.watched = watched
    self.function = function
    self.memory = memory
    self.rules = rules
    self.wrappers = wrappers
    let code = FunctionOutline(function, in: memory, under: rules)
    state = StaticState(
      writtenRegisters: code.writtenRegisters, globalPointer: globalPointer)
    scan(labels: code.labels)
  }

  private mutating func scan(labels: Set<UInt64>) {
    /// A branch whose delay slot is next.
    var pending: (address: UInt64, instruction: Instruction, operation: Operation)?
    for address in stride(from: function.start, to: function.end, by: 4) {
      if address != function.start, labels.contains(address) { state.forget() }
      let instruction = Instruction(memory.instruction(at: address))
      let operation = Operation(decoding: instruction, under: rules)
      switch operation.kind {
      case .none where instruction.isUnconditionalTrap: break
      case .none, .branch(.never, _):
        unsupported.append(Unsupported(address: address, instruction: instruction))
      case .systemCall:
        systemCalls.append(SystemCallSite(address: address, number: state[2]))
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
      if operation.isBranch { pending = (address, instruction, operation) }
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
    return value & rules.wordSize.mask
  }

  /// Small numbers are no addresses of programs.
  private mutating func record(_ address: UInt64) {
    let address = address & rules.wordSize.mask
    if address >= 4096 { addresses.insert(address) }
  }

  /// What a branch does after its delay slot.
  private mutating func finish(
    _ address: UInt64, _ instruction: Instruction, _ operation: Operation
  ) {
    let target = BranchTarget(of: instruction, operation, at: address, rules.wordSize)
    let jumpsToRegister = operation == .jr || operation == .jalr
    if let target = target.address ?? (jumpsToRegister ? constant(of: instruction.rs) : nil),
      target < function.start || target >= function.end
    {
      targets.insert(target)
      if let place = watched[target] {
        watchedCalls.append(
          WatchedCall(function: target, argument: state.argument(at: place)))
      }
      for place in wrappers[target] ?? [] {
        systemCalls.append(
          SystemCallSite(address: address, number: state.argument(at: place)))
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
  fileprivate var readsWord: Bool { [.lw, .ld, .lwu].contains(self) }
}
