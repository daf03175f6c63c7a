import FalconetMachine

/// What must be known of a function before its instructions are followed.
struct FunctionOutline {
  /// The instructions that the function itself jumps to.
  private(set) var labels: Set<UInt64> = []
  private(set) var writtenRegisters: Set<Int> = []

  init(_ function: CodeFunction, in memory: Memory, under rules: Rules) {
    for address in stride(from: function.start, to: function.end, by: 4) {
      let instruction = Instruction(memory.instruction(at: address))
      let operation = Operation(decoding: instruction, under: rules)
      writtenRegisters.insert(operation.destination(of: instruction))
      guard operation.isBranch else { continue }
      let target = BranchTarget(of: instruction, operation, at: address, rules.wordSize)
      if let target = target.address, target >= function.start, target < function.end {
        labels.insert(target)
      }
    }
  }
}

/// Where a branch or jump goes, as far as the instruction tells.
struct BranchTarget {
  /// Nil if a register holds it.
  let address: UInt64?
  /// Whether what follows the delay slot is reached in another way only.
  let isAlways: Bool

  init(
    of instruction: Instruction, _ operation: Operation, at pc: UInt64, _ wordSize: WordSize
  ) {
    let next = pc &+ 4
    switch operation.kind {
    case .jumpRegister(let links):
      address = nil
      isAlways = !links
    case .jump(let links):
      let region = next & (wordSize.mask ^ 0x0FFF_FFFF)
      address = region | UInt64(instruction.target) << 2
      isAlways = !links
    case .branch(.never, _):
      address = nil
      isAlways = false
    case .branch(let condition, _):
      let offset = Int64(operation.immediate(of: instruction))
      address = (next &+ UInt64(bitPattern: offset)) & wordSize.mask
      isAlways = condition == .equal && instruction.rs == instruction.rt
    // No branches.
    case .none, .trap, .systemCall, .register, .fromHiLo, .toHiLo, .immediate, .load, .store,
      .loadLinked, .storeConditional:
      address = nil
      isAlways = false
    }
  }
}
