import FalconetMachine

extension VectorMaker {
  /// Arguments that calls treat in different ways.
  private static let arguments: [UInt64] = [
    0, 1, 2, 3, 4, 5, 6, 7, 9, 16, 100, 128, 129, 0x80, 0xFFF, 0x1000, 0x1001, 0x2000, 0x2003,
    0x2FFD, 0x5_0F00, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 40, .max,
  ]

  /// Each row of the system call table, and numbers that there are not, with odd arguments.
  mutating func addSystemCalls() throws {
    for version in StateVersion.allCases {
      var idle: [UInt64] = []
      for row in SystemCallRow.all {
        guard let number = row.number(version.wordSize) else { continue }
        let isThere = row.requirement.holds(under: version.newestRevision.rules)
        if isThere, row.call == .noOperation, row.requirement != .processControl,
          number <= UInt64(UInt16.max)
        {
          idle.append(number)
          continue
        }
        for sample in 0..<(row.call == .noOperation || !isThere ? 1 : 3) {
          try addCalls("\(row.name)", version, number, 6, Int(number & 0xFFFF) << 4 | sample)
        }
      }
      for start in stride(from: 0, to: idle.count, by: 12) {
        try addIdle(version, Array(idle[start..<min(start + 12, idle.count)]), start)
      }
      let base: UInt64 = version.wordSize == .bits32 ? 4000 : 5000
      for number in [0, base - 1, base + 399, base + 5000, 1 << 31, .max, base | 1 << 32] {
        try addCalls(
          "number \(number)", version, number, 1, 0x10000 | Int(truncatingIfNeeded: number & 0xFFF))
      }
      try addLongWrites(version)
      try addSmallArguments(version)
    }
  }

  /// Calls whose arguments have few meanings, with each of them. The results are kept in memory.
  private mutating func addSmallArguments(_ version: StateVersion) throws {
    let is64 = version.wordSize == .bits64
    let calls: [(name: String, number: UInt16, first: [UInt16], second: [UInt16])] = [
      ("fcntl", is64 ? 5070 : 4055, [0, 1, 2, 3, 4, 5, 6, 7, 100], [1, 3, 2]),
      ("eventfd2", is64 ? 5284 : 4325, [0, 1], [0, 1, 0x80, 0x81, 0x800]),
      ("mmap", is64 ? 5009 : 4090, [0, 0x1000], [0, 1, 0x1000, 0x1001]),
      ("clock_gettime", is64 ? 5222 : 4263, [0, 1, 2], [0x3000, 0x3004, 0x2FFC]),
    ]
    for (name, number, first, second) in calls {
      var code: [UInt32] = []
      var place = 0
      for (first, second) in first.flatMap({ first in second.map { (first, $0) } }) {
        code += Self.call(number, [(4, first), (5, second)])
        for result: UInt32 in [2, 7] {
          code.append(Assembly.immediate(0x2B, rs: 16, rt: result, place))
          place += 4
        }
      }
      var random = random(version, 0x40000 | Int(number))
      var image = MachineImage(version, code: code + [Assembly.nop])
      Self.setRegisters(&image, &random)
      image[register: 16] = 0x2000
      image.state.scalars.heap = version.addressSpace.heapStart
      try add("\(name), each meaning", image, steps: UInt64(code.count))
    }
  }

  /// Output and hints that lie in several pages.
  private mutating func addLongWrites(_ version: StateVersion) throws {
    let write = Numbers(version).write
    for (name, descriptor, start) in [
      ("output", 1, 0x2FF0), ("errors", 2, 0x2801), ("hint", 4, 0x2FFD),
    ] as [(String, UInt16, UInt16)] {
      var random = random(version, 0x30000 | Int(descriptor))
      let code = Self.call(write, [(4, descriptor), (5, start), (6, 4 + 4200)])
      var image = MachineImage(version, code: code + [Assembly.nop])
      Self.setRegisters(&image, &random)
      for page in 2...4 as ClosedRange<UInt64> {
        image.write(Self.page.map { $0 ^ UInt8(page) }, at: page << 12)
      }
      // The length of the hint, 4200.
      image.write([0, 0, 0x10, 0x68], at: UInt64(start))
      try add("\(name) in several pages", image, steps: UInt64(code.count))
    }
    try addHintWithGaps(version)
  }

  /// A hint of 24 pages, most of which do not exist, in two writes.
  private mutating func addHintWithGaps(_ version: StateVersion) throws {
    let write = Numbers(version).write
    let code =
      [Assembly.special(0x25, rs: 8, rd: 6)] + Self.call(write, [(4, 4), (5, 0x2000)])
      + Self.call(write, [(4, 4), (5, 0x2100), (6, 20)])
    var image = MachineImage(version, code: code + [Assembly.nop])
    image[register: 8] = 0x1_8000
    for page: UInt64 in [2, 5, 6, 9, 0xC, 0x11, 0x18] {
      image.write(Self.page.prefix(300).map { $0 ^ UInt8(page) }, at: page << 12)
    }
    // Its length: what both write without these four bytes.
    image.write([0, 1, 0x80, 0x10], at: 0x2000)
    try add("hint with gaps", image, steps: UInt64(code.count))
  }

  /// Calls of one number with arguments at random.
  private mutating func addCalls(
    _ name: String, _ version: StateVersion, _ number: UInt64, _ count: Int, _ sample: Int
  ) throws {
    var random = random(version, sample)
    var code: [UInt32] = []
    for _ in 0..<count {
      for register in UInt32(4)..<8 {
        // Small sizes only: a transfer of gigabytes is no test.
        let source = register == 6 ? random.below(4) : random.below(16)
        code.append(Assembly.special(0x25, rs: 8 + UInt32(source), rd: register))
      }
      code += [Assembly.special(0x25, rs: 24, rd: 2), Assembly.syscall]
    }
    var image = MachineImage(version, code: code + [Assembly.nop])
    Self.setRegisters(&image, &random)
    for register in 8..<12 { image[register: register] = random.pick([0, 1, 3, 4, 5, 8, 9, 16]) }
    for register in 12..<24 { image[register: register] = random.pick(Self.arguments) }
    image[register: 24] = number
    image.state.scalars.heap = version.addressSpace.heapStart
    image.write(Array(Self.page.prefix(64)), at: 0x2000)
    if random.chance(3) {
      image.state.scalars.reservation = Reservation(status: 1, address: 0x2000, owner: 0)
    }
    if version.isSingleThreaded { image.state.scalars.reservation = Reservation() }
    try add("\(name), \(sample & 15)", image, steps: UInt64(code.count))
  }

  /// Calls that do nothing.
  private mutating func addIdle(
    _ version: StateVersion, _ numbers: [UInt64], _ start: Int
  ) throws {
    var random = random(version, 0x20000 | start)
    let code = numbers.flatMap { [Assembly.set(2, to: UInt16($0)), Assembly.syscall] }
    var image = MachineImage(version, code: code + [Assembly.nop])
    Self.setRegisters(&image, &random)
    try add("calls that do nothing, from \(numbers[0])", image, steps: UInt64(code.count))
  }
}
