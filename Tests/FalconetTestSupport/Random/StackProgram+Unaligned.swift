import FalconetVectors

/// Values that are accessed by their parts, as `ldl` and `ldr` do.
extension StackProgram {
  /// Some values by one register, in several orders, with all that may come in between.
  mutating func unaligned() {
    let (base, isStore) = (base(), random.chance(2))
    if random.chance(8) {
      words.append(Assembly.immediate(0x30, rs: base, rt: value(), unalignedOffset() & ~3))
    }
    if random.chance(2) {
      // Something else than zeros and addresses.
      for _ in 0..<(1 + random.below(3)) {
        words.append(
          Assembly.immediate(
            isWide && random.chance(2) ? 0x3F : 0x2B, rs: base, rt: random.pick(Self.instructions),
            unalignedOffset() & ~3))
      }
    }
    var values: [[UInt32]] = []
    for _ in 0..<(1 + random.below(random.chance(4) ? 10 : 4)) {
      var parts = parts(base, isStore: isStore)
      if random.chance(2) { parts.reverse() }
      values.append(parts)
    }
    if random.chance(12) { values.append(parts(random.pick(Self.aliases), isStore: isStore)) }
    if random.chance(12) { values.append(parts(base, isStore: !isStore)) }
    var parts =
      switch random.below(4) {
      case 0: values.map { $0[0] } + values.map { $0[1] }
      case 1: values.map { $0[0] } + values.reversed().map { $0[1] }
      default: values.flatMap { $0 }
      }
    for _ in 0..<(random.chance(2) ? random.below(4) : 0) {
      let place = random.below(parts.count + 1)
      parts.insert(random.chance(6) ? access(self.base()) : betweenParts(), at: place)
    }
    if random.chance(16) { parts.swapAt(random.below(parts.count), random.below(parts.count)) }
    if random.chance(16) { parts.remove(at: random.below(parts.count)) }
    let last = random.chance(6) ? parts.popLast() : nil
    words += parts
    if let last {
      words += [Assembly.immediate(random.pick([4, 5]), rs: value(), rt: 0, 1), last]
    }
    if random.chance(8) {
      words.append(Assembly.immediate(0x38, rs: base, rt: value(), unalignedOffset() & ~3))
    }
  }

  /// The two parts of a value, most of the time.
  private mutating func parts(_ base: UInt32, isStore: Bool) -> [UInt32] {
    let isDouble = isWide && random.chance(2)
    let (left, right): (UInt32, UInt32) =
      switch (isDouble, isStore) {
      case (false, false): (0x22, 0x26)
      case (false, true): (0x2A, 0x2E)
      case (true, false): (0x1A, 0x1B)
      case (true, true): (0x2C, 0x2D)
      }
    let register: UInt32 =
      switch random.below(16) {
      case 0: base
      case 1: random.pick([0, 29, 13, 18, 31])
      default: value()
      }
    let offset = unalignedOffset()
    let last = (isDouble ? 7 : 3) + (random.chance(24) ? random.pick([-1, 1]) : 0)
    return [
      Assembly.immediate(left, rs: base, rt: register, offset),
      Assembly.immediate(
        right, rs: base, rt: random.chance(24) ? value() : register, offset + last),
    ]
  }

  private mutating func unalignedOffset() -> Int {
    switch random.below(8) {
    case 0: random.pick([-1, -3, -7, -8, 0xFFC, 0xFFD, 0xFF9, 0x1000, 0x7FF8, 0x7FF1, -0x8000])
    case 1: random.below(0x1010)
    case 2: 0xF80 + random.below(0x100)
    case 3: random.below(0x200) - 0x100
    default: random.below(128)
    }
  }

  /// Most of it is nothing but a computation.
  private mutating func betweenParts() -> UInt32 {
    switch random.below(4) {
    case 0: compute()
    case 1:
      Assembly.immediate(
        random.pick([10, 11, 12, 13, 14, 15]), rs: value(), rt: random.pick(Self.values),
        random.below(64))
    default: Assembly.immediate(9, rs: value(), rt: random.pick(Self.values), random.below(64))
    }
  }
}
