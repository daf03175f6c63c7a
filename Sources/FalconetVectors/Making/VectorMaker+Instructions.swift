import FalconetMachine

extension VectorMaker {
  // MARK: Rows

  /// Each row of the instruction table, in each version that has it.
  mutating func addInstructions() throws {
    for version in StateVersion.allCases {
      let revision = version.newestRevision
      for operation in Operation.allCases {
        guard operation.row.space != nil, operation.row.requirement.holds(under: revision.rules)
        else { continue }
        var random = random(version, Int(operation.rawValue))
        var program = RowProgram(
          operation, revision, seed: random.next(), instances: 20, immediates: Self.immediates)
        var image = try program.image()
        let number = image[register: 2]
        Self.setRegisters(&image, &random)
        for register in RowProgram.bases {
          image[register: Int(register)] = RowProgram.data
        }
        image[register: 2] = number
        image.write(Self.page, at: RowProgram.data)
        try add("\(operation)", image, steps: UInt64(program.words.count))
      }
    }
    for version in StateVersion.allCases { try addDivisions(version) }
    try addStrangeInstructions()
  }

  /// Divisions of each operand class by each, but by zero.
  private mutating func addDivisions(_ version: StateVersion) throws {
    let values: [Int64] = [7, -7, 1, -1, .min, .max, 1 << 31, -1 << 31]
    let divisions: [(name: String, code: UInt32, isWide: Bool)] = [
      ("div", 0x1A, false), ("divu", 0x1B, false), ("ddiv", 0x1E, true), ("ddivu", 0x1F, true),
    ]
    let registers = (0..<UInt32(values.count)).map { 16 + $0 }
    for division in divisions where !division.isWide || version.wordSize == .bits64 {
      var random = random(version, 2000 + Int(division.code))
      let store: UInt32 = version.wordSize == .bits64 ? 0x3F : 0x2B
      var code: [UInt32] = []
      for first in registers {
        for second in registers {
          // The next division replaces the results, so they are stored.
          let place = 16 * (code.count / 5)
          code += [
            Assembly.special(division.code, rs: first, rt: second), Assembly.special(0x12, rd: 8),
            Assembly.special(0x10, rd: 9), Assembly.immediate(store, rs: 24, rt: 8, place),
            Assembly.immediate(store, rs: 24, rt: 9, place + 8),
          ]
        }
      }
      var image = MachineImage(version, code: code + [Assembly.nop])
      Self.setRegisters(&image, &random)
      image[register: 24] = 0x4000
      for (register, value) in zip(registers, values) {
        // Divisions of 32 bits get the smallest and the largest of 32 bits: the lower half of others may be zero.
        let word = division.isWide ? value : Int64(Int32(clamping: value))
        image[register: Int(register)] = UInt64(bitPattern: word) & version.wordSize.mask
      }
      try add("\(division.name) of operand classes", image, steps: UInt64(code.count))
    }
  }

  private static let immediates: [UInt32] = [
    0, 1, 2, 4, 7, 8, 0x3F, 0x40, 0x7C0, 0x7FFF, 0x8000, 0x8001, 0xFFF8, 0xFFFC, 0xFFFF, 0x1234,
  ]

  /// Words that are no instruction, or have something in fields that should be zero.
  private mutating func addStrangeInstructions() throws {
    for version in StateVersion.allCases {
      for number in 0..<24 {
        var random = random(version, 1000 + number)
        let (rs, rt, rd) = (UInt32(8), UInt32(9), UInt32(10))
        let word =
          switch number % 4 {
          case 0: UInt32(random.below(64)) << 26 | rs << 21 | rt << 16 | 8
          case 1: Assembly.special(UInt32(random.below(64)), rs: rs, rt: rt, rd: rd, sa: 3)
          case 2: Assembly.special2(UInt32(random.below(64)), rs: rs, rt: rt, rd: rd)
          default: Assembly.immediate(1, rs: rs, rt: UInt32(random.below(32)), 2)
          }
        var image = MachineImage(version, code: [word, Assembly.nop, Assembly.nop, Assembly.nop])
        Self.setRegisters(&image, &random)
        image[register: 2] = version.wordSize == .bits32 ? 4020 : 5038
        image[register: 8] = 0x1008
        try add("word 0x" + String(word, radix: 16), image, steps: 4)
      }
      // Register 0 is a register like others until something writes to it.
      var image = MachineImage(
        version, code: [Assembly.special(0x21, rs: 0, rt: 0, rd: 9), Assembly.set(0, to: 7)])
      image[register: 0] = 5
      try add("register 0", image, steps: 2)
    }
  }

  // MARK: Delay slots

  /// Each branch and jump, taken and not, with each sort of instruction in its slot.
  mutating func addDelaySlots() throws {
    for version in StateVersion.allCases {
      let rules = version.newestRevision.rules
      for operation in Operation.allCases where operation.row.requirement.holds(under: rules) {
        guard let branch = Self.branch(operation) else { continue }
        for (number, slot) in Self.slots.enumerated() {
          var random = random(version, Int(operation.rawValue) << 8 | number)
          var code = [branch, slot.word, Assembly.set(11, to: 1), Assembly.set(11, to: 2)]
          code += [Assembly.set(11, to: 3), Assembly.set(11, to: 4), Assembly.nop, Assembly.nop]
          var image = MachineImage(version, code: code)
          Self.setRegisters(&image, &random)
          image[register: 2] = version.wordSize == .bits32 ? 4020 : 5038
          image[register: 8] = 0x1010
          image[register: 16] = 0x2000
          image.write(Array(Self.page.prefix(64)), at: 0x2000)
          try add("\(operation), then \(slot.name)", image, steps: 4)
        }
      }
      try addComparisons(version)
      // A thread in a slot: the next instruction is anywhere.
      for next: UInt64 in [0x1000, 0x1008, 0x1002, version.wordSize.mask - 3] {
        var image = MachineImage(
          version, code: [Assembly.set(9, to: 1), Assembly.jump(2, to: 0x1000), Assembly.nop])
        image.thread.nextPC = next
        try add("next 0x" + String(next, radix: 16), image, steps: 4)
      }
    }
  }

  /// Comparisons with a branch on what comes out right behind, which engines execute as one.
  private mutating func addComparisons(_ version: StateVersion) throws {
    for (name, word) in [
      ("slt", Assembly.special(0x2A, rs: 8, rt: 9, rd: 10)),
      ("sltu", Assembly.special(0x2B, rs: 8, rt: 9, rd: 10)),
      ("slti", Assembly.immediate(0x0A, rs: 8, rt: 10, -2)),
      ("sltiu", Assembly.immediate(0x0B, rs: 8, rt: 10, 5)),
    ] {
      for branch: UInt32 in [4, 5] {
        var random = random(version, Int(word >> 26) << 16 | Int(word & 0x3F) << 8 | Int(branch))
        var code: [UInt32] = []
        for number in 0..<10 {
          code += [
            Assembly.special(0x25, rs: 16 + UInt32(random.below(8)), rd: 8),
            Assembly.special(0x25, rs: 16 + UInt32(random.below(8)), rd: 9), word,
            number % 3 == 0
              ? Assembly.immediate(branch, rs: 0, rt: 10, 2)
              : Assembly.immediate(branch, rs: 10, rt: 0, 2),
            Assembly.immediate(9, rs: 11, rt: 11, 1), Assembly.immediate(9, rs: 12, rt: 12, 1),
          ]
        }
        var image = MachineImage(version, code: code + [Assembly.nop])
        Self.setRegisters(&image, &random)
        try add("\(name), then \(branch == 4 ? "beq" : "bne")", image, steps: 56)
      }
      // The branch may compare with any register.
      for (other, value) in [(1, 1), (1, 0), (10, 1), (9, 5)] as [(UInt32, UInt64)] {
        // An engine may take a comparison and a branch as one if the slot is empty. The sum says which branches were
        // taken.
        var code: [UInt32] = []
        for branch: UInt32 in [4, 5] {
          for (rs, rt) in [(10, other), (other, 10)] as [(UInt32, UInt32)] {
            for first: UInt32 in [16, 17] {
              code += [
                Assembly.special(0x25, rs: first, rd: 8), word,
                Assembly.immediate(branch, rs: rs, rt: rt, 2), Assembly.nop,
                Assembly.immediate(9, rs: 12, rt: 12, 1 << (code.count / 5)),
              ]
            }
          }
        }
        var image = MachineImage(version, code: code + [Assembly.nop])
        (image[register: 16], image[register: 17], image[register: 9]) = (3, 7, 5)
        image[register: Int(other)] = value
        try add("\(name), with register \(other), \(value)", image, steps: 36)
      }
    }
  }

  private static let slots: [(name: String, word: UInt32)] = [
    ("addiu", Assembly.immediate(9, rs: 8, rt: 8, 4)),
    ("mult", Assembly.special(0x18, rs: 8, rt: 9)),
    ("lw", Assembly.immediate(0x23, rs: 16, rt: 8, 4)),
    ("sw to the target", Assembly.immediate(0x2B, rs: 8, rt: 9, 0)),
    ("lwl", Assembly.immediate(0x22, rs: 16, rt: 31, 1)),
    ("ll", Assembly.immediate(0x30, rs: 16, rt: 12, 0)),
    ("sc", Assembly.immediate(0x38, rs: 16, rt: 12, 0)),
    ("syscall", Assembly.syscall),
    ("j", Assembly.jump(2, to: 0x1014)),
    ("beq", Assembly.immediate(4, rs: 0, rt: 0, 2)),
    ("break", Assembly.stop),
  ]

  /// A branch or a jump to an instruction behind its slot, or nil.
  private static func branch(_ operation: Operation) -> UInt32? {
    guard let space = operation.row.space else { return nil }
    let code = UInt32(operation.row.codes.0)
    switch operation.kind {
    case .jumpRegister: return Assembly.special(code, rs: 8, rd: 31)
    case .jump: return Assembly.jump(code, to: 0x1010)
    case .branch:
      return space == .registerImmediate
        ? Assembly.immediate(1, rs: 9, rt: code, 3)
        : Assembly.immediate(code, rs: 9, rt: code >= 6 ? 0 : 10, 3)
    case .register, .fromHiLo, .toHiLo, .immediate, .load, .store, .loadLinked, .storeConditional,
      .none, .trap, .systemCall:
      return nil
    }
  }
}
