import FalconetMachine

extension VectorMaker {
  // MARK: Edges

  /// Each load and store at the edges of pages, of words and of the address space.
  mutating func addMemory() throws {
    for version in StateVersion.allCases {
      let revision = version.newestRevision
      for operation in Operation.allCases
      where operation.row.requirement.holds(under: revision.rules) {
        let isStore =
          switch operation.kind {
          case .load, .loadLinked: false
          case .store, .storeConditional: true
          case .register, .fromHiLo, .toHiLo, .immediate, .jump, .jumpRegister, .branch, .none,
            .trap, .systemCall:
            Bool?.none
          }
        guard let isStore else { continue }
        for number in 0..<2 {
          var random = random(version, Int(operation.rawValue) << 8 | number)
          let addresses = AddressPool(version.wordSize, using: &random)
          var image = MachineImage(version)
          Self.setRegisters(&image, &random)
          var code: [UInt32] = []
          for base in UInt32(16)..<24 {
            let address = addresses.data(using: &random)
            image[register: Int(base)] = address
            if random.chance(2) {
              image.write(Array(Self.page.prefix(16)), at: address &- 8)
            }
            let offset = random.pick([0, 0, 1, 2, 3, 4, 5, 7, 8, -1, -4, -8, 0x7FFF, -0x8000])
            code.append(
              Assembly.immediate(
                UInt32(operation.row.codes.0), rs: base, rt: 8 + UInt32(random.below(6)), offset))
            // What was written is read again.
            if isStore { code.append(Assembly.immediate(0x23, rs: base, rt: 14, offset & ~3)) }
          }
          image.write(words: code + [Assembly.nop], at: 0x1000)
          try add("\(operation)", image, steps: UInt64(code.count))
        }
        if case .store = operation.kind { try addStoresToNewPages(version, operation) }
      }
    }
  }

  /// Stores to pages that there are not yet: at the beginning of memory, of a page and of the last page, by a register
  /// that holds the address, by one that is near it, and by none.
  private mutating func addStoresToNewPages(
    _ version: StateVersion, _ operation: Operation
  ) throws {
    let last = version.wordSize.mask & ~0xFFF
    let stores: [(base: UInt64?, offset: Int)] = [
      (nil, 0), (0, 8), (0x4000, 0), (0x4FF8, 8), (last, 0), (last &- 8, 16), (nil, -16),
    ]
    for (number, first) in stores.enumerated() {
      var image = MachineImage(version)
      image[register: 8] = 0x8123_4567_89AB_CDEF & version.wordSize.mask
      if let base = first.base { image[register: 16] = base }
      let store = Assembly.immediate(
        UInt32(operation.row.codes.0), rs: first.base == nil ? 0 : 16, rt: 8, first.offset)
      // A jump ends a block.
      let code = [store, Assembly.jump(2, to: 0x1008), Assembly.nop, store, Assembly.nop]
      image.write(words: code, at: 0x1000)
      try add("\(operation) to a new page, \(number)", image, steps: UInt64(code.count))
    }
    // By each register, since an engine may keep some of them elsewhere than others.
    var image = MachineImage(version)
    image[register: 8] = 0x8123_4567_89AB_CDEF & version.wordSize.mask
    let bases = (UInt32(1)..<32).filter { $0 != 8 }
    for base in bases { image[register: Int(base)] = UInt64(base) << 16 }
    let code = bases.map {
      Assembly.immediate(UInt32(operation.row.codes.0), rs: $0, rt: 8, 0)
    }
    image.write(words: code + [Assembly.nop], at: 0x1000)
    try add("\(operation) to new pages by each register", image, steps: UInt64(code.count))
  }

  // MARK: Reservations

  private static let word = Assembly.immediate(0x30, rs: 16, rt: 12, 0)
  private static let conditional = Assembly.immediate(0x38, rs: 16, rt: 13, 0)
  private static let double = Assembly.immediate(0x34, rs: 16, rt: 12, 0)
  private static let doubleConditional = Assembly.immediate(0x3C, rs: 16, rt: 13, 0)

  private static let between: [(name: String, words: [UInt32])] = [
    ("nothing", []),
    ("sw to it", [Assembly.immediate(0x2B, rs: 16, rt: 9, 0)]),
    ("sw beside it", [Assembly.immediate(0x2B, rs: 16, rt: 9, 4)]),
    ("sw to the next doubleword", [Assembly.immediate(0x2B, rs: 16, rt: 9, 8)]),
    ("sb to it", [Assembly.immediate(0x28, rs: 16, rt: 9, 3)]),
    ("swl", [Assembly.immediate(0x2A, rs: 16, rt: 9, 1)]),
    ("swr", [Assembly.immediate(0x2E, rs: 16, rt: 9, 1)]),
    ("another sc", [Assembly.immediate(0x38, rs: 16, rt: 14, 8)]),
    ("another ll", [Assembly.immediate(0x30, rs: 16, rt: 14, 8)]),
    ("lw", [Assembly.immediate(0x23, rs: 16, rt: 14, 0)]),
    ("a system call", [Assembly.syscall]),
  ]

  /// Pairs of linked loads and conditional stores, with something between them.
  mutating func addReservations() throws {
    for version in StateVersion.allCases {
      let is64 = version.wordSize == .bits64
      var pairs = [("ll, sc", Self.word, Self.conditional)]
      if is64 {
        pairs += [
          ("lld, scd", Self.double, Self.doubleConditional),
          ("ll, scd", Self.word, Self.doubleConditional),
          ("lld, sc", Self.double, Self.conditional),
        ]
      }
      for (pair, load, store) in pairs {
        for (name, words) in Self.between {
          var image = reserving(version, [load] + words + [store, store])
          try add("\(pair), between \(name)", image, steps: UInt64(words.count + 3))
          image[register: 16] += 4
          try add("\(pair), between \(name), 4 on", image, steps: UInt64(words.count + 3))
        }
        for offset: UInt64 in [1, 2, 7] {
          var image = reserving(version, [load, store])
          image[register: 16] += offset
          try add("\(pair), \(offset) on", image, steps: 2)
        }
        try addReservationsElsewhere(version, pair, load, store)
      }
      guard !version.isSingleThreaded else { continue }
      for status in UInt8(0)..<4 {
        for owner in UInt64(0)..<2 {
          for distance: UInt64 in [0, 4, 8] {
            for (name, store) in pairs.map({ ($0.0, $0.2) }).prefix(2) {
              var image = reserving(version, [store])
              image.state.scalars.reservation = Reservation(
                status: status, address: 0x2000 + distance, owner: owner)
              try add(
                "\(name): status \(status), owner \(owner), \(distance) on", image, steps: 1)
            }
          }
        }
      }
    }
  }

  /// Reservations that begin where an engine may not expect them: in a slot, and in a stack frame whose accesses it
  /// has checked.
  private mutating func addReservationsElsewhere(
    _ version: StateVersion, _ pair: String, _ load: UInt32, _ store: UInt32
  ) throws {
    let write = Assembly.immediate(0x2B, rs: 16, rt: 9, 0)
    // What follows the slot is a block, which ends with a jump.
    var image = reserving(
      version,
      [
        load, Assembly.nop, write, write, store, store, Assembly.jump(2, to: 0x1020), Assembly.nop,
      ])
    image.thread.nextPC = 0x1008
    try add("\(pair), from a slot", image, steps: 7)
    // Each part is a block of its own.
    let frame = (0..<6).map { Assembly.immediate(0x2B, rs: 29, rt: 9, 4 * $0) }
    var code: [UInt32] = []
    for part in [frame, frame, [load], frame, [store], frame, [load], [store]] {
      code += part
      code += [Assembly.jump(2, to: 0x1000 + 4 * UInt64(code.count + 2)), Assembly.nop]
    }
    image = reserving(version, code)
    for (name, place) in [
      ("", 0x5_0800), (" high up", (version.wordSize.mask >> 17 & ~0xFFF) + 0x800),
    ]
      as [(String, UInt64)]
    {
      image[register: 29] = place
      image[register: 16] = place + 8
      try add("\(pair), in a frame\(name)", image, steps: UInt64(code.count))
    }
  }

  private func reserving(_ version: StateVersion, _ code: [UInt32]) -> MachineImage {
    var image = MachineImage(version, code: code + [Assembly.nop])
    image[register: 16] = 0x2000
    image[register: 9] = 0x1122_3344
    image[register: 13] = 0x8765_4321
    image[register: 14] = 0x99
    image[register: 2] = version.wordSize == .bits32 ? 4162 : 5023
    image.write(Array(Self.page.prefix(32)), at: 0x2000)
    return image
  }
}
