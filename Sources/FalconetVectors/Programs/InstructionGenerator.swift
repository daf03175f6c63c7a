import FalconetMachine

/// Makes random code: mostly instructions of a version, in the order that programs have them, with
/// odd ones between.
///
/// Registers 16 to 19 and 29 hold addresses of data, 20 to 23 of code, 24, 25 and 28 instruction
/// words; code rarely overwrites them. Register 6, which has the size of a transfer, holds small
/// numbers, so that programs don't write gigabytes. The others are free.
struct InstructionGenerator {
  let rules: Rules
  var random: SeededGenerator
  /// The code made so far.
  private(set) var words: [UInt32] = []
  private let is64: Bool

  init(_ rules: Rules, random: SeededGenerator) {
    self.rules = rules
    self.random = random
    is64 = rules.wordSize == .bits64
  }

  /// Code of `count` words that is put at `address`.
  mutating func code(_ count: Int, at address: UInt64) -> [UInt32] {
    words = []
    while words.count < count {
      switch random.below(100) {
      case 0..<34: emit(compute())
      case 34..<48: emit(immediate())
      case 48..<60: emit(load())
      case 60..<74: emit(store())
      case 74..<78: emitReservation()
      case 78..<92: emitBranch(at: address &+ UInt64(4 * words.count))
      case 92..<98: emitSystemCall()
      case 98: emitInstructionWord()
      default: emit(random.chance(4) ? UInt32(truncatingIfNeeded: random.next()) : compute())
      }
    }
    return Array(words.prefix(count))
  }

  mutating func emit(_ word: UInt32) { words.append(word) }

  // MARK: Registers

  private static let free: [UInt32] = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15]
  private static let data: [UInt32] = [16, 17, 18, 19, 29]
  private static let codeBases: [UInt32] = [20, 21, 22, 23]
  private static let instructionWords: [UInt32] = [24, 25, 28]

  private mutating func destination() -> UInt32 {
    let any = UInt32(random.below(32))
    return random.chance(50) && any != 6 ? any : random.pick(Self.free)
  }

  private mutating func source() -> UInt32 {
    random.chance(3) ? UInt32(random.below(32)) : random.pick(Self.free)
  }

  /// A register with an address to load from or store to.
  mutating func base() -> UInt32 {
    switch random.below(20) {
    case 0: source()
    case 1...3: random.pick(Self.codeBases)
    default: random.pick(Self.data)
    }
  }

  private mutating func offset() -> Int {
    switch random.below(8) {
    case 0: Int(Int16(truncatingIfNeeded: random.next()))
    case 1: random.below(8192) - 4096
    default: random.below(32) - 8
    }
  }

  // MARK: Single instructions

  private static let functions: [UInt32] = [
    0x00, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0A, 0x0B, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1A,
    0x1B, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B,
  ]
  private static let functions64: [UInt32] = [
    0x14, 0x16, 0x17, 0x1C, 0x1D, 0x1E, 0x1F, 0x2C, 0x2D, 0x2E, 0x2F, 0x38, 0x3A, 0x3B, 0x3C, 0x3E,
    0x3F,
  ]

  /// An instruction on registers. Fields that it does not use are random.
  mutating func compute() -> UInt32 {
    let fields = UInt32(random.below(32)) << 6
    if random.chance(8) {
      var functions: [UInt32] = [0x02, 0x20, 0x21]
      if rules.countLeadingDoublewords { functions += [0x24, 0x25] }
      return Assembly.special2(
        random.pick(functions), rs: source(), rt: source(), rd: destination()) | fields
    }
    let function =
      is64 && random.chance(3) ? random.pick(Self.functions64) : random.pick(Self.functions)
    return Assembly.special(function, rs: source(), rt: source(), rd: destination()) | fields
  }

  private mutating func immediate() -> UInt32 {
    var opcodes: [UInt32] = [0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F]
    if is64 { opcodes += [0x18, 0x19] }
    return Assembly.immediate(
      random.pick(opcodes), rs: source(), rt: destination(), Int(random.next() & 0xFFFF))
  }

  private mutating func load() -> UInt32 {
    var opcodes: [UInt32] = [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26]
    if is64 { opcodes += [0x1A, 0x1B, 0x27, 0x37] }
    return Assembly.immediate(random.pick(opcodes), rs: base(), rt: destination(), offset())
  }

  private mutating func store() -> UInt32 {
    var opcodes: [UInt32] = [0x28, 0x29, 0x2A, 0x2B, 0x2E]
    if is64 { opcodes += [0x2C, 0x2D, 0x3F] }
    let base = base()
    if Self.codeBases.contains(base), random.below(4) != 0 {
      // A whole instruction into code, ahead of the program or behind it.
      return Assembly.immediate(
        0x2B, rs: base, rt: random.pick(Self.instructionWords), 4 * (random.below(32) - 8))
    }
    return Assembly.immediate(random.pick(opcodes), rs: base, rt: source(), offset())
  }

  // MARK: Sequences

  /// `ll` and `sc`, with something between at times.
  private mutating func emitReservation() {
    let hasDoubles = is64 && rules.hasReservations
    let isDouble = hasDoubles && random.chance(3)
    let (base, offset) = (base(), 4 * (random.below(16) - 4) + (random.chance(8) ? 1 : 0))
    emit(Assembly.immediate(isDouble ? 0x34 : 0x30, rs: base, rt: destination(), offset))
    switch random.below(4) {
    case 0: emit(store())
    case 1: emit(Assembly.immediate(0x28, rs: base, rt: source(), offset + random.below(12) - 4))
    default: emit(compute())
    }
    let stays = !random.chance(8)
    let conditional: UInt32 = isDouble == stays && hasDoubles ? 0x3C : 0x38
    emit(
      Assembly.immediate(
        conditional, rs: base, rt: destination(), random.chance(8) ? offset + 4 : offset))
  }

  /// A branch or jump and what stands in its delay slot.
  private mutating func emitBranch(at address: UInt64) {
    let distance = random.chance(12) ? random.below(2048) - 1024 : random.below(40) - 16
    switch random.below(16) {
    case 0...5:
      emit(
        Assembly.immediate(
          random.pick([4, 5] as [UInt32]), rs: source(), rt: source(), distance))
    case 6...7:
      let opcode = random.pick([6, 7] as [UInt32])
      emit(Assembly.immediate(opcode, rs: source(), rt: source(), distance))
    case 8...10:
      let field = random.chance(8) ? UInt32(random.below(32)) : random.pick([0, 1, 0x10, 0x11])
      emit(Assembly.immediate(1, rs: source(), rt: field, distance))
    case 11...12:
      let target = address &+ 4 &* UInt64(bitPattern: Int64(distance))
      emit(Assembly.jump(random.pick([2, 3]), to: target))
    case 13: emit(Assembly.special(0x09, rs: random.pick(Self.codeBases), rd: destination()))
    case 14: emit(Assembly.special(0x08, rs: random.chance(20) ? source() : 31))
    default: emit(Assembly.special(0x08, rs: random.pick(Self.codeBases)))
    }
    emitDelaySlot(at: address &+ 4)
  }

  private mutating func emitDelaySlot(at address: UInt64) {
    switch random.below(32) {
    case 0: emitBranch(at: address)
    case 1: emit(Assembly.syscall)
    case 2: emitReservation()
    case 3: emit(UInt32(truncatingIfNeeded: random.next()))
    case 4...11: emit(store())
    case 12...17: emit(load())
    default: emit(compute())
    }
  }

  /// Puts another instruction into a register, for a store into code.
  private mutating func emitInstructionWord() {
    let word = compute()
    let register = random.pick(Self.instructionWords)
    emit(Assembly.immediate(0x0F, rt: register, Int(word >> 16)))
    emit(Assembly.immediate(0x0D, rs: register, rt: register, Int(word & 0xFFFF)))
  }
}
