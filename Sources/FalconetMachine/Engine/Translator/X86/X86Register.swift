/// The general registers of x86-64, by their number in instructions, and what they are for in
/// translated code.
enum X86Register: UInt8 {
  /// Scratch: addresses and results. Guest addresses are in it when the run ends.
  case rax = 0
  /// Scratch: shift amounts, table places.
  case rcx = 1
  /// Scratch: values to store.
  case rdx = 2
  /// The register bank, at ``X86Assembler/bankBias``.
  case rbx = 3
  /// The host's stack.
  case rsp = 4
  case rbp = 5
  case rsi = 6
  case rdi = 7
  case r8 = 8
  case r9 = 9
  case r10 = 10
  case r11 = 11
  /// The flat part of guest memory.
  case r12 = 12
  /// What addresses in the ``StackRange`` are counted from: flat memory, or the window.
  case r13 = 13
  /// The budget: the steps that may be executed after the current block.
  case r14 = 14
  case r15 = 15

  /// The low three bits of the number, which instructions hold beside a prefix bit.
  @inline(__always) var low: UInt8 { rawValue & 7 }
  @inline(__always) var isHigh: Bool { rawValue >= 8 }

  /// The guest registers that ``holding(_:)`` has host registers for.
  static let pinned: [(guest: UInt8, host: X86Register)] = (0..<32).compactMap { guest in
    holding(guest).map { (guest, $0) }
  }

  /// The host register that holds an entry of the bank, if one does. While translated code runs, host registers hold
  /// those that the compilers' calling conventions and code use most.
  @inline(__always)
  static func holding(_ guest: UInt8) -> X86Register? {
    switch guest {
    case 29: .rsi
    case 1: .rdi
    case 2: .rbp
    case 3: .r8
    case 4: .r9
    case 5: .r10
    case 6: .r11
    case 31: .r15
    // The others are in the bank.
    default: nil
    }
  }
}

/// Conditions of jumps and the like, by their number in instructions.
enum X86Condition: UInt8 {
  case below = 2
  case notBelow = 3
  case equal = 4
  case notEqual = 5
  case notAbove = 6
  case negative = 8
  case notNegative = 9
  case less = 12
  case notLess = 13
  case notGreater = 14
  case greater = 15
  /// Unsigned.
  case above = 7

  /// The opposite condition.
  var inverted: X86Condition { X86Condition(rawValue: rawValue ^ 1) ?? self }
}

/// Two-operand operations of x86-64: the opcode of the form `register = register op operand`, and the
/// number of the form with an immediate.
enum X86Operation {
  case add, or, and, sub, xor, cmp

  var opcode: UInt8 {
    switch self {
    case .add: 0x03
    case .or: 0x0B
    case .and: 0x23
    case .sub: 0x2B
    case .xor: 0x33
    case .cmp: 0x3B
    }
  }

  var number: UInt8 { opcode >> 3 }
}

/// Shifts, by their number in instructions.
enum X86Shift: UInt8 {
  case left = 4
  case right = 5
  case arithmeticRight = 7
}

/// A guest address as a host register's value and what is added to it.
struct X86Address {
  let register: X86Register
  let displacement: Int32

  init(_ register: X86Register, _ displacement: Int32 = 0) {
    self.register = register
    self.displacement = displacement
  }
}

/// At most three jumps that go to the same place, without memory of their own.
struct X86Jumps {
  private var jumps = (0, 0, 0)
  private var count = 0

  init() {}

  init(_ jump: Int) { append(jump) }

  /// - Precondition: there are less than three.
  mutating func append(_ jump: Int) {
    switch count {
    case 0: jumps.0 = jump
    case 1: jumps.1 = jump
    default: jumps.2 = jump
    }
    count += 1
  }

  /// Calls `body` with each.
  func each(_ body: (Int) -> Void) {
    if count > 0 { body(jumps.0) }
    if count > 1 { body(jumps.1) }
    if count > 2 { body(jumps.2) }
  }
}
