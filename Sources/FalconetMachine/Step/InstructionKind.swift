/// What sort of instruction an operation is: where its operands and its result are.
package enum InstructionKind: Sendable, Equatable {
  /// No instruction.
  case none
  case trap
  case systemCall
  /// Computes from rs, rt and a shift amount; result in rd.
  case register(ImmediateForm)
  /// Moves HI or LO to rd.
  case fromHiLo
  /// Writes HI, LO or both, and 0 to rd.
  case toHiLo
  /// Computes from rs and an immediate; result in rt.
  case immediate(ImmediateForm)
  /// Reads memory into rt.
  case load(AccessKind)
  /// Writes rt to memory.
  case store(AccessKind)
  /// Reads memory into rt, and reserves it.
  case loadLinked(AccessKind)
  /// Writes rt to memory if the reservation holds; whether it did in rt.
  case storeConditional(AccessKind)
  /// Jumps to a place in its 256 MiB. Has a delay slot, as all that follow.
  case jump(links: Bool)
  /// Jumps to the address in rs; a link goes to rd.
  case jumpRegister(links: Bool)
  case branch(BranchCondition, links: Bool)
}

/// Which bits of an instruction are its immediate operand, and how they are extended to 32 bits.
package enum ImmediateForm: Sendable, Equatable {
  /// The lower half, sign-extended.
  case signed
  /// The lower half, zero-extended.
  case unsigned
  /// The lower half as the upper half of a word.
  case upper
  /// The shift amount.
  case amount
  /// The shift amount and 32.
  case amountPlus32
}

/// Which bytes of a memory word an instruction reads or writes.
package enum AccessKind: Sendable, Equatable {
  case byte, half, word, double
  /// Loads that extend with zeros.
  case byteUnsigned, halfUnsigned, wordUnsigned
  /// The part of an unaligned value that lies in the aligned one that holds the address.
  case wordLeft, wordRight, doubleLeft, doubleRight

  /// Bytes of the aligned value that holds the address.
  @inline(__always) var size: Int {
    switch self {
    case .byte, .byteUnsigned: 1
    case .half, .halfUnsigned: 2
    case .word, .wordUnsigned, .wordLeft, .wordRight: 4
    case .double, .doubleLeft, .doubleRight: 8
    }
  }
}

/// When a branch is taken.
package enum BranchCondition: Sendable, Equatable {
  /// rs and rt hold the same, or not.
  case equal, notEqual
  /// Of rs as a signed number.
  case notPositive, positive, negative, notNegative
  case never
}

extension InstructionKind {
  /// Whether the instruction has a delay slot.
  @inline(__always) package var isBranch: Bool {
    switch self {
    case .jump, .jumpRegister, .branch: true
    case .none, .trap, .systemCall, .register, .fromHiLo, .toHiLo, .immediate, .load, .store,
      .loadLinked, .storeConditional:
      false
    }
  }

  /// Whether the instruction reads and writes only registers, memory and the thread's place, unless it panics. A store
  /// may also end a reservation.
  @inline(__always) var isOrdinary: Bool {
    switch self {
    case .register, .fromHiLo, .toHiLo, .immediate, .load, .store, .jump, .jumpRegister, .branch:
      true
    case .none, .trap, .systemCall, .loadLinked, .storeConditional: false
    }
  }

  /// Whether the instruction leaves a return address.
  @inline(__always) package var links: Bool {
    switch self {
    case .jump(let links), .jumpRegister(let links), .branch(_, let links): links
    case .none, .trap, .systemCall, .register, .fromHiLo, .toHiLo, .immediate, .load, .store,
      .loadLinked, .storeConditional:
      false
    }
  }
}

extension Operation {
  @inline(__always) package var kind: InstructionKind { row.kind }

  /// Whether the instruction has a delay slot.
  @inline(__always) package var isBranch: Bool { kind.isBranch }

  /// Whether the instruction leaves a return address.
  package var links: Bool { kind.links }

  /// The register that the instruction writes its result or its link to, 0 for none.
  @inline(__always) package func destination(of instruction: Instruction) -> Int {
    InstructionFields(kind).destination(of: instruction)
  }

  /// The immediate operand in 32 bits: see ``InstructionFields/immediate(of:)``.
  @inline(__always) package func immediate(of instruction: Instruction) -> Int32 {
    InstructionFields(kind).immediate(of: instruction)
  }
}
