import FalconetMachine

/// Registers and stack slots on the way through a function's instructions, in the order they stand,
/// as far as they are constants, addresses, or what the caller gave. Knows moves, loads and stores on
/// the stack, and how addresses and small numbers are made; all else is unknown.
struct StaticState {
  private static let stackPointer = 29
  private static let globalPointer = 28
  private static let argumentRegisters = 4...11

  private var registers = InlineArray<32, StaticValue>(repeating: .unknown)
  /// What is in the frame, by distance from the stack pointer at the function's entry.
  private var slots: [Int64: StaticValue] = [:]
  /// The lowest the stack pointer was: where it is in the function's body.
  private var frame: Int64 = 0
  /// Argument registers that no instruction of the function writes, a bit each.
  private let lasting: UInt32
  /// Registers that calling conventions preserve over calls, a bit each: 16 to 23 and 28 to 30.
  private static let preserved: UInt32 = 0x70FF_0000

  private let globalPointerValue: StaticValue

  /// The state at a function's entry.
  ///
  /// - Parameters:
  ///   - writtenRegisters: those that an instruction of the function writes, a bit each.
  ///   - globalPointer: what register 28 holds in all of the program, if that is known.
  init(writtenRegisters: UInt32, globalPointer: UInt64?) {
    globalPointerValue = globalPointer.map { .constant($0) } ?? .unknown
    registers[Self.globalPointer] = globalPointerValue
    lasting = 0x0FF0 & ~writtenRegisters
    for index in Self.argumentRegisters { registers[index] = .argument(.register(index)) }
    registers[0] = .constant(0)
    registers[Self.stackPointer] = .stackAddress(0)
  }

  subscript(register: Int) -> StaticValue {
    get { registers[register] }
    set {
      // However the global pointer is made, it is the same everywhere.
      if register == Self.globalPointer {
        registers[register] = globalPointerValue
      } else if register != 0 {
        registers[register] = newValue
      }
    }
  }

  /// What a function that is called here finds at a place.
  func argument(at place: ArgumentPlace) -> StaticValue {
    switch place {
    case .register(let index): return registers[index]
    case .stack(let offset):
      guard case .stackAddress(let pointer) = registers[Self.stackPointer] else { return .unknown }
      return slot(at: pointer &+ offset)
    }
  }

  private func slot(at offset: Int64) -> StaticValue {
    if let known = slots[offset] { return known }
    return offset > 0 ? .argument(.stack(offset)) : .unknown
  }

  /// At an instruction that is jumped to, nothing is known but that the frame is there.
  mutating func forget() {
    for index in 1..<32 where lasting >> UInt32(index) & 1 == 0 { registers[index] = .unknown }
    registers[Self.stackPointer] = .stackAddress(frame)
    registers[Self.globalPointer] = globalPointerValue
    forgetSlots()
  }

  private mutating func forgetSlots() {
    if !slots.isEmpty { slots.removeAll(keepingCapacity: slots.count < 64) }
  }

  /// A call leaves the registers that calling conventions preserve.
  mutating func forgetAfterCall() {
    for index in 1..<32 where Self.preserved >> UInt32(index) & 1 == 0 {
      registers[index] = .unknown
    }
    forgetSlots()
  }

  mutating func forgetAfterSystemCall() {
    registers[2] = .unknown
    registers[7] = .unknown
  }

  /// The address that a load or store uses.
  func address(_ instruction: Instruction) -> StaticValue {
    registers[instruction.rs].adding(Int64(Int16(bitPattern: instruction.immediate)))
  }

  /// Executes one instruction that is neither a branch nor a system call.
  mutating func execute(_ instruction: Instruction, _ operation: Operation) {
    let immediate = Int64(Int16(bitPattern: instruction.immediate))
    switch operation {
    case .addi, .daddi:
      self[instruction.rt] = registers[instruction.rs].adding(immediate)
      if instruction.rt == Self.stackPointer, case .stackAddress(let now) = registers[29] {
        frame = min(frame, now)
      }
    case .lui: self[instruction.rt] = .constant(UInt64(bitPattern: immediate << 16))
    case .ori:
      if case .constant(let value) = registers[instruction.rs] {
        self[instruction.rt] = .constant(value | UInt64(instruction.immediate))
      } else {
        self[instruction.rt] = instruction.immediate == 0 ? registers[instruction.rs] : .unknown
      }
    case .add, .dadd: self[instruction.rd] = combine(instruction, &+)
    case .or: self[instruction.rd] = combine(instruction, |)
    // Shifts by nothing, which 64-bit code extends signs with.
    case .sll where instruction.shiftAmount == 0, .sllFill where instruction.shiftAmount == 0:
      self[instruction.rd] = registers[instruction.rt]
    case .sllv where instruction.rs == 0, .sllvFill where instruction.rs == 0:
      self[instruction.rd] = registers[instruction.rt]
    // By which 64-bit code makes addresses of four parts.
    case .dsll, .dsll32:
      let amount = UInt64(instruction.shiftAmount) + (operation == .dsll32 ? 32 : 0)
      if case .constant(let value) = registers[instruction.rt] {
        self[instruction.rd] = .constant(value << amount)
      } else {
        self[instruction.rd] = .unknown
      }
    case .lw, .ld:
      if case .stackAddress(let offset) = address(instruction) {
        self[instruction.rt] = slot(at: offset)
      } else {
        self[instruction.rt] = .unknown
      }
    case .sw, .sd:
      if case .stackAddress(let offset) = address(instruction) {
        slots[offset] = registers[instruction.rt]
      }
    // Of all else only is known which register it writes.
    default: self[operation.destination(of: instruction)] = .unknown
    }
  }

  private func combine(
    _ instruction: Instruction, _ operation: (UInt64, UInt64) -> UInt64
  ) -> StaticValue {
    switch (registers[instruction.rs], registers[instruction.rt]) {
    case (let value, .constant(0)), (.constant(0), let value): value
    case (.constant(let left), .constant(let right)): .constant(operation(left, right))
    default: .unknown
    }
  }
}
