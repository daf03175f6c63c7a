import FalconetMachine

/// What an instruction computes from.
package struct Operands {
  /// The registers that it reads, in the order of its text, each once.
  package private(set) var registers: [Int] = []
  package private(set) var readsHi = false
  package private(set) var readsLo = false

  package init(of instruction: Instruction, under rules: Rules) {
    let operation = Operation(decoding: instruction, under: rules)
    let (rs, rt, rd) = (instruction.rs, instruction.rt, instruction.rd)
    switch operation.kind {
    case .none, .trap, .systemCall, .jump, .branch(.never, _): break
    case .register(.amount), .register(.amountPlus32): add(rt)
    case .register(.signed), .register(.unsigned), .register(.upper):
      switch operation {
      case .sync: break
      case .clz, .clo, .dclz, .dclo: add(rs)
      case .sllv, .sllvFill, .srlv, .srav, .dsllv, .dsrlv, .dsrav: add(rt, rs)
      // The result stays what it was if the condition does not hold.
      case .movz, .movn: add(rd, rs, rt)
      // The rest compute from both.
      default: add(rs, rt)
      }
    case .fromHiLo:
      readsHi = operation == .mfhi
      readsLo = !readsHi
    case .toHiLo:
      add(rs)
      if operation != .mthi, operation != .mtlo { add(rt) }
    case .immediate(.upper): break
    case .immediate(.signed), .immediate(.unsigned), .immediate(.amount),
      .immediate(.amountPlus32):
      add(rs)
    case .load(let access):
      switch access {
      // The other part of the register stays.
      case .wordLeft, .wordRight, .doubleLeft, .doubleRight: add(rt)
      case .byte, .half, .word, .double, .byteUnsigned, .halfUnsigned, .wordUnsigned: break
      }
      add(rs)
    case .loadLinked, .jumpRegister: add(rs)
    case .store, .storeConditional: add(rt, rs)
    case .branch(.equal, _), .branch(.notEqual, _): add(rs, rt)
    case .branch(.notPositive, _), .branch(.positive, _), .branch(.negative, _),
      .branch(.notNegative, _):
      add(rs)
    }
  }

  private mutating func add(_ registers: Int...) {
    for register in registers where !self.registers.contains(register) {
      self.registers.append(register)
    }
  }

  /// The names of what it reads, and a thread's values. Register 0 is left out if it is 0, which it is but in states
  /// that somebody made up.
  package func values(in thread: ThreadState) -> [(name: String, value: UInt64)] {
    var result = registers.filter { $0 != 0 || thread.registers[0] != 0 }.map {
      (name: Registers.names[$0], value: thread.registers[$0])
    }
    if readsHi { result.append(("hi", thread.hi)) }
    if readsLo { result.append(("lo", thread.lo)) }
    return result
  }
}
