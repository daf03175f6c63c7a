/// Decodes guest instructions into blocks: the one front end of both engines.
///
/// Safety: 4096 bytes are readable at `page`, and at what `nextPage` returns. Offsets into them are below 4096 and
/// multiples of 4.
struct BlockDecoder {
  private let decoder: InstructionDecoder
  private let mask: UInt64
  /// Instructions in this range are left to the plain step.
  var stopRange: Range<UInt64>?
  /// Instructions at these addresses too.
  var stopAddresses: Set<UInt64> = []
  /// Whether loads into register 0 have operations: someone may watch what they read.
  var keepsLoads = false
  private let memory = OperationList.memory()
  /// Decoded last. Its operations are those of the decoder, so that it lives no longer.
  private(set) var block: Block

  init(rules: Rules, stopRange: Range<UInt64>?) {
    decoder = InstructionDecoder(rules)
    mask = rules.wordSize.mask
    self.stopRange = stopRange
    block = Block(pc: 0, operations: OperationList(in: memory), exit: .leave(0))
  }

  /// Decodes the block at an address into ``block``.
  ///
  /// - Parameters:
  ///   - pc: the address, a multiple of 4.
  ///   - page: the 4096 bytes of the page that holds it.
  ///   - nextPage: is called if the last instruction of the page is a branch, with the address of its delay slot. Returns
  ///     the bytes of the slot's page, or nil if the branch is left to the plain step.
  /// - Returns: whether there is one; false if the first instruction is left to the plain step.
  mutating func decode(
    at pc: UInt64, page: UnsafeRawPointer, nextPage: (UInt64) -> UnsafeRawPointer? = { _ in nil }
  ) -> Bool {
    block.pc = pc
    block.length = 0
    block.returnAddress = nil
    block.operations.removeAll()
    let hasStops = stopRange != nil || !stopAddresses.isEmpty
    let base = pc & ~0xFFF
    var offset = Int(pc & 0xFFF)
    while true {
      let here = (base &+ UInt64(offset)) & mask
      if offset == 4096 || block.length >= Block.longest {
        block.exit = .jump(here)
        break
      }
      let (instruction, row) = decoded(page, offset)
      let isStop = hasStops && self.isStop(here)
      guard row.kind.isExecuted, !isStop else {
        let isSystemCall = row.kind == .systemCall && stopRange == nil && !isStop
        block.exit = isSystemCall ? .systemCall(here) : .leave(here)
        break
      }
      let operation = DecodedOperation(instruction, row)
      if row.kind.isBranch {
        let slot = (here &+ 4) & mask
        if !(hasStops && self.isStop(slot)),
          let slotPage = offset < 4092 ? page : nextPage(slot),
          endWithBranch(operation, row.kind, decoded(slotPage, Int(slot & 0xFFF)), at: here)
        {
          block.length += 2
        } else {
          block.exit = .leave(here)
        }
        break
      }
      if hasEffect(operation, row.kind) { append(operation) }
      block.length += 1
      offset += 4
    }
    block.operations.countDown(from: UInt8(truncatingIfNeeded: block.length))
    return block.length > 0
  }

  private typealias Decoded = (instruction: Instruction, row: InstructionDecoder.Row)

  @inline(__always)
  private func decoded(_ page: UnsafeRawPointer, _ offset: Int) -> Decoded {
    let instruction = Instruction(
      UInt32(bigEndian: page.load(fromByteOffset: offset, as: UInt32.self)))
    return (instruction, decoder[instruction])
  }

  /// Whether the instruction at an address is left to the plain step, whatever it is.
  @inline(never)
  private func isStop(_ address: UInt64) -> Bool {
    stopRange?.contains(address) == true || stopAddresses.contains(address)
  }

  /// Whether an operation of some kind does anything: a load or a result that goes to register 0 does not, unless loads
  /// are watched.
  @inline(__always)
  private func hasEffect(_ operation: DecodedOperation, _ kind: InstructionKind) -> Bool {
    if kind.hasOtherEffect || operation.destination != RegisterBank.discarded { return true }
    return keepsLoads && kind.isLoad
  }

  /// Adds an operation at the current position, which ``decode(at:page:nextPage:)`` turns into the steps that
  /// remain.
  @inline(__always)
  private mutating func append(_ operation: DecodedOperation) {
    var operation = operation
    operation.remaining = UInt8(truncatingIfNeeded: block.length)
    block.operations.append(operation)
  }

  /// Ends the block with a branch and its delay slot.
  ///
  /// The delay slot's operation comes first. So the branch's operands are copied if it changes
  /// them, and the link is written after it, which nobody sees if it doesn't touch that register.
  ///
  /// - Returns: whether the two could be put this way; otherwise nothing was added.
  private mutating func endWithBranch(
    _ branch: DecodedOperation, _ kind: InstructionKind, _ slot: Decoded, at here: UInt64
  ) -> Bool {
    guard slot.row.kind.fitsDelaySlot else { return false }
    let delay = DecodedOperation(slot.instruction, slot.row)
    var link: DecodedOperation?
    if kind.links {
      let value = Int32(truncatingIfNeeded: here &+ 8)
      guard UInt64(bitPattern: Int64(value)) & mask == (here &+ 8) & mask else { return false }
      if branch.destination != RegisterBank.discarded {
        guard !delay.touches(branch.destination) else { return false }
        link = .set(branch.destination, to: value)
        if branch.destination == Block.linkRegister {
          block.returnAddress = UInt64(bitPattern: Int64(value)) & mask
        }
      }
    }
    let slotStart = block.operations.count
    var (first, second) = (branch.first, branch.second)
    if first != 0, delay.writes(first) || link?.writes(first) == true {
      append(.move(first, to: RegisterBank.firstCopy))
      first = RegisterBank.firstCopy
    }
    if second != 0, delay.writes(second) || link?.writes(second) == true {
      append(.move(second, to: RegisterBank.secondCopy))
      second = RegisterBank.secondCopy
    }
    if hasEffect(delay, slot.row.kind) { append(delay) }
    if let link { append(link) }
    let isBare = block.operations.count == slotStart
    block.exit = exit(branch, kind, first, second, at: here, canFuse: isBare)
    return true
  }

  private mutating func exit(
    _ branch: DecodedOperation, _ kind: InstructionKind, _ first: UInt8, _ second: UInt8,
    at pc: UInt64, canFuse: Bool
  ) -> BlockExit {
    let distance = UInt64(bitPattern: Int64(branch.immediate))
    let taken = (pc &+ 4 &+ distance) & mask
    let next = (pc &+ 8) & mask
    func branchExit(_ condition: BranchExit.Condition) -> BlockExit {
      .branch(
        BranchExit(condition: condition, first: first, second: second, taken: taken, next: next))
    }
    switch kind {
    case .jump:
      let region = (pc &+ 4) & mask & ~0x0FFF_FFFF
      return .jump(region | UInt64(UInt32(bitPattern: branch.immediate)))
    case .jumpRegister: return .indirect(first)
    case .branch(let condition, _):
      switch condition {
      case .equal where branch.first == branch.second: return .jump(taken)
      case .notEqual where branch.first == branch.second: return .jump(next)
      case .equal: return (canFuse ? fused(branch, taken, next) : nil) ?? branchExit(.equal)
      case .notEqual: return (canFuse ? fused(branch, taken, next) : nil) ?? branchExit(.notEqual)
      case .notPositive: return branchExit(.notPositive)
      case .positive: return branchExit(.positive)
      case .negative: return branchExit(.negative)
      case .notNegative: return branchExit(.notNegative)
      case .never: return .jump(next)
      }
    // Those that are no branches end no block this way.
    case .none, .trap, .systemCall, .register, .fromHiLo, .toHiLo, .immediate, .load, .store,
      .loadLinked, .storeConditional:
      return .jump(next)
    }
  }

  /// A comparison right before, and a branch on its result, in one.
  private mutating func fused(
    _ branch: DecodedOperation, _ taken: UInt64, _ next: UInt64
  ) -> BlockExit? {
    guard let last = block.operations.last, Int(last.remaining) == block.length - 1,
      last.operation == .slt || last.operation == .sltu,
      // What an exit writes, no plan of the block's operations knows of.
      last.destination != FramePlan.stackPointer,
      branch.first == last.destination && branch.second == 0
        || branch.second == last.destination && branch.first == 0
    else { return nil }
    block.operations.removeLast()
    let isBelow = last.operation == .sltu
    let condition: BranchExit.Condition =
      branch.operation == .bne ? (isBelow ? .below : .less) : (isBelow ? .notBelow : .notLess)
    return .branch(
      BranchExit(
        condition: condition, first: last.first, second: last.second,
        destination: last.destination, taken: taken, next: next))
  }
}

/// Instructions that are executed one after the other, up to a branch with its delay slot, an
/// instruction that is left to the plain step, or the end of their page. Only a delay slot may lie on the next page.
struct Block {
  /// The most steps that a block takes.
  static let longest = 240
  /// The most operations that it has: an instruction has one at most, and a branch may have two copies and a link beside.
  static let mostOperations = longest + 4

  /// The address of the first instruction.
  var pc: UInt64
  /// Steps that executing all of it takes.
  var length = 0
  /// What is done, in order. Instructions without effect have no operation, and a delay slot comes
  /// before its branch.
  var operations: OperationList
  var exit: BlockExit
  /// If it ends with a call, where the function returns to.
  var returnAddress: UInt64?
  /// The register that holds it.
  static let linkRegister: UInt8 = 31
}

/// How a block ends.
enum BlockExit {
  /// At an address that is known.
  case jump(UInt64)
  case branch(BranchExit)
  /// At the address in a register.
  case indirect(UInt8)
  /// At an address whose instruction is left to the plain step.
  case leave(UInt64)
  /// At the address of a system call, which an engine may execute itself, by ``EngineCore/systemCall(at:steps:)``.
  case systemCall(UInt64)

  /// Whether a block that leaves a return address calls this way.
  var isCall: Bool {
    switch self {
    case .jump, .indirect: true
    case .branch, .leave, .systemCall: false
    }
  }
}

/// The end of a block that goes one of two ways.
struct BranchExit {
  enum Condition: UInt8, CaseIterable {
    case equal, notEqual
    /// Of the first operand, signed, against zero.
    case notPositive, positive, negative, notNegative
    /// First operand below second, signed and unsigned: a comparison and a branch on it. The result
    /// of the comparison goes to `destination`.
    case less, notLess, below, notBelow
  }

  var condition: Condition
  var first: UInt8
  var second: UInt8
  var destination = RegisterBank.discarded
  /// Where it goes if the condition holds.
  var taken: UInt64
  /// Where it goes otherwise.
  var next: UInt64
}
