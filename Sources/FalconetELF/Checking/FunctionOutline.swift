import FalconetMachine

/// What must be known of a function before its instructions are followed.
struct FunctionOutline {
  /// Of each instruction, whether the function itself jumps to it.
  private(set) var labels: [Bool]
  /// A bit for each register that an instruction writes.
  private(set) var writtenRegisters: UInt32 = 0

  init(_ function: CodeFunction, in memory: Memory, _ decoder: InstructionDecoder) {
    labels = [Bool](repeating: false, count: Int((function.end - function.start) / 4))
    for address in stride(from: function.start, to: function.end, by: 4) {
      let instruction = Instruction(memory.instruction(at: address))
      let row = decoder[instruction]
      writtenRegisters |= 1 << UInt32(row.fields.destination(of: instruction))
      guard row.kind.isBranch else { continue }
      let target = BranchTarget(of: instruction, row.operation, at: address, memory.wordSize)
      if let target = target.address, target >= function.start, target < function.end {
        labels[Int((target - function.start) / 4)] = true
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
