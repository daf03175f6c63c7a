import FalconetMachine

/// An instruction as assemblers write it, with the names of registers that `inspect` shows.
package enum Disassembly {
  /// The text of an instruction.
  ///
  /// - Parameters:
  ///   - pc: its address, which targets of branches are counted from.
  ///   - rules: what the machine takes it for.
  package static func text(_ instruction: Instruction, at pc: UInt64, under rules: Rules) -> String
  {
    if instruction.bits == 0 { return "nop" }
    let operation = Operation(decoding: instruction, under: rules)
    let operands = operands(of: instruction, operation, at: pc, rules.wordSize)
    return ([mnemonic(of: operation, instruction)] + (operands.isEmpty ? [] : [operands]))
      .joined(separator: " ")
  }

  private static func mnemonic(of operation: Operation, _ instruction: Instruction) -> String {
    switch operation {
    case .unknown, .branchNever: return ".word"
    case .sllFill: return "sll"
    case .sllvFill: return "sllv"
    // Each of the others has the name of its case.
    default:
      let row = operation.row
      let isSecond =
        row.codes.0 != row.codes.1
        && row.space?.code(of: instruction) == row.codes.1
      // The second code is that of the form that assemblers call unsigned.
      return isSecond ? "\(operation)u" : "\(operation)"
    }
  }

  private static func name(_ register: Int) -> String { Registers.names[register] }

  private static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  private static func operands(
    of instruction: Instruction, _ operation: Operation, at pc: UInt64, _ wordSize: WordSize
  ) -> String {
    let (rs, rt, rd) = (name(instruction.rs), name(instruction.rt), name(instruction.rd))
    let kind = operation.kind
    let value = operation.immediate(of: instruction)
    switch kind {
    case .none: return hex(UInt64(instruction.bits))
    case .trap, .systemCall: return ""
    case .register(let form):
      switch operation {
      case .sync: return ""
      case .clz, .clo, .dclz, .dclo: return "\(rd),\(rs)"
      case .sllv, .sllvFill, .srlv, .srav, .dsllv, .dsrlv, .dsrav: return "\(rd),\(rt),\(rs)"
      // The rest have their operands in the order of the fields.
      default: break
      }
      switch form {
      // The mnemonic says that 32 are added.
      case .amount, .amountPlus32: return "\(rd),\(rt),\(instruction.shiftAmount)"
      case .signed, .unsigned, .upper: return "\(rd),\(rs),\(rt)"
      }
    case .fromHiLo: return rd
    case .toHiLo: return operation == .mthi || operation == .mtlo ? rs : "\(rs),\(rt)"
    case .immediate(.upper): return "\(rt),\(hex(UInt64(instruction.immediate)))"
    case .immediate(.unsigned): return "\(rt),\(rs),\(hex(UInt64(instruction.immediate)))"
    case .immediate(.signed), .immediate(.amount), .immediate(.amountPlus32):
      return "\(rt),\(rs),\(value)"
    case .load, .store, .loadLinked, .storeConditional: return "\(rt),\(value)(\(rs))"
    case .jump:
      let region = (pc &+ 4) & wordSize.mask & ~0x0FFF_FFFF
      return hex(region | UInt64(UInt32(bitPattern: value)))
    case .jumpRegister(let links): return links && instruction.rd != 31 ? "\(rd),\(rs)" : rs
    case .branch(.never, _): return hex(UInt64(instruction.bits))
    case .branch(let condition, _):
      let target = hex((pc &+ 4 &+ UInt64(bitPattern: Int64(value))) & wordSize.mask)
      switch condition {
      case .equal, .notEqual: return "\(rs),\(rt),\(target)"
      case .notPositive, .positive, .negative, .notNegative, .never: return "\(rs),\(target)"
      }
    }
  }
}
