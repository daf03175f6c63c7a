extension Translator {
  /// Writes the end of a block.
  func emit(_ exit: BlockExit) {
    switch exit {
    case .jump(let pc): link(assembler.jump(), to: pc)
    case .leave(let pc): emitExit(.leave, at: pc)
    case .indirect(let register): emitIndirect(register)
    case .branch(let branch):
      link(assembler.jump(emitComparison(branch)), to: branch.taken)
      link(assembler.jump(), to: branch.next)
    }
  }

  /// Compares the operands of a branch.
  ///
  /// - Returns: the condition under which it is taken.
  private func emitComparison(_ branch: BranchExit) -> HostCondition {
    let first = held(branch.first, in: .rax)
    switch branch.condition {
    case .equal, .notEqual:
      if branch.second == 0 {
        assembler.test(first)
      } else {
        apply(.cmp, first, branch.second)
      }
      return branch.condition == .equal ? .equal : .notEqual
    case .notPositive: return emitSignTest(first, .notGreater)
    case .positive: return emitSignTest(first, .greater)
    case .negative: return emitSignTest(first, .negative)
    case .notNegative: return emitSignTest(first, .notNegative)
    case .less, .notLess, .below, .notBelow:
      apply(.cmp, first, branch.second)
      let isSigned = branch.condition == .less || branch.condition == .notLess
      let condition: HostCondition = isSigned ? .less : .below
      setCondition(condition, branch.destination)
      let isInverted = branch.condition == .notLess || branch.condition == .notBelow
      return isInverted ? condition.inverted : condition
    }
  }

  private func emitSignTest(_ register: HostRegister, _ condition: HostCondition) -> HostCondition {
    assembler.test(register)
    return condition
  }

  /// A jump through the table of blocks: place (pc / 4) modulo its size, 16 bytes each.
  private func emitIndirect(_ register: UInt8) {
    load(.rax, from: register)
    assembler.registers(0x8B, .rcx, .rax, wide: false)
    // The place times 4, since the address is.
    assembler.single(0x81, HostOperation.and.number, .rcx, wide: false)
    assembler.int32(Int32((BlockTable.count - 1) << 2))
    assembler.bank(0x8B, .rdx, RegisterBank.table)
    // rdx = rdx + 4 * rcx
    assembler.byte(0x48)
    assembler.byte(0x8D)
    assembler.byte(0x14)
    assembler.byte(0x80 | HostRegister.rcx.low << 3 | HostRegister.rdx.low)
    // Compares rax with the entry's address, and jumps to its code.
    assembler.byte(0x48)
    assembler.byte(0x3B)
    assembler.byte(0x02)
    slowPaths.append(.exitAtRAX(assembler.jump(.notEqual)))
    assembler.byte(0xFF)
    assembler.byte(0x62)
    assembler.byte(8)
  }
}
