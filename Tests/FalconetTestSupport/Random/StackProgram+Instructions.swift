import FalconetVectors

/// Single instructions.
extension StackProgram {
  func move(_ target: UInt32, _ source: UInt32) -> UInt32 {
    Assembly.special(isWide ? 0x2D : 0x25, rs: source, rt: 0, rd: target)
  }

  func add(_ target: UInt32, _ source: UInt32, _ value: Int) -> UInt32 {
    Assembly.immediate(isWide ? 0x19 : 9, rs: source, rt: target, value)
  }

  mutating func value() -> UInt32 {
    random.chance(12) ? random.pick([0, 16, 18, 29, 30, 31]) : random.pick(Self.values)
  }

  mutating func source() -> UInt32 {
    switch random.below(6) {
    case 0: value()
    case 1: random.pick(Self.aliases)
    case 2: Self.stack
    default: random.pick(Self.stacks)
    }
  }

  mutating func base() -> UInt32 {
    random.chance(3)
      ? random.pick(Self.aliases + Self.data + [18]) : Self.stack
  }

  mutating func distance() -> Int {
    random.pick([
      -8, 8, -16, 16, -32, 32, -64, 64, -0x40, -0x120, 0x120, -4032, 4032, -4096, 4096, 4, -4, 1, 2,
      -32768, 32760, 8 * (random.below(1024) - 512),
    ])
  }

  mutating func offset(_ size: Int) -> Int {
    switch random.below(16) {
    case 0:
      random.pick([64, 0x38, 0x39, 0x3C, 960, 1016, 1020, 1024, 1023, 2040, 4032, 4088, 4096])
    case 1: random.pick([-8, -16, -64, -1024, -4032, -4096, -32768, 32767, 32760])
    case 2: random.below(0x200) - 0x40
    case 3, 4: size * random.below(max(1, 0x180 / size))
    default: size * random.below(64 / size)
    }
  }

  mutating func access(_ base: UInt32) -> UInt32 {
    var operations: [(code: UInt32, size: Int)] = [
      (0x20, 1), (0x24, 1), (0x21, 2), (0x25, 2), (0x23, 4), (0x28, 1), (0x29, 2), (0x2B, 4),
      (0x23, 4), (0x2B, 4), (0x22, 4), (0x2E, 4),
    ]
    if isWide {
      operations += [
        (0x37, 8), (0x3F, 8), (0x37, 8), (0x3F, 8), (0x37, 8), (0x3F, 8), (0x27, 4), (0x1A, 8),
        (0x2D, 8),
      ]
    }
    let operation = random.pick(operations)
    let isStore = 0x28...0x2E ~= operation.code || operation.code == 0x3F
    let register: UInt32 = isStore && random.chance(8) ? random.pick([29, 13, 18]) : value()
    return Assembly.immediate(operation.code, rs: base, rt: register, offset(operation.size))
  }

  /// An instruction that writes the stack pointer, most of the time.
  mutating func change() -> UInt32 {
    let target = random.chance(10) ? random.pick(Self.aliases) : Self.stack
    switch random.below(isTame ? 34 : 24) {
    case 0, 1: return move(target, source())
    case 2, 3: return add(target, source(), distance())
    case 4: return Assembly.immediate(9, rs: source(), rt: target, distance())
    case 5:
      let code: UInt32 = random.pick([10, 11, 12, 13, 14, 15])
      return Assembly.immediate(code, rs: source(), rt: target, random.pick([0, 1, 8, -8, 0x7FF8]))
    case 6, 7:
      var functions: [UInt32] = [
        0x00, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0A, 0x0B, 0x0A, 0x0B, 0x10, 0x12, 0x12, 0x21, 0x23,
        0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x0F,
      ]
      if isWide {
        functions += [0x14, 0x16, 0x17, 0x2C, 0x2D, 0x2E, 0x2F, 0x38, 0x3A, 0x3B, 0x3C, 0x3E, 0x3F]
      }
      return Assembly.special(
        random.pick(functions), rs: source(), rt: random.chance(2) ? value() : source(), rd: target,
        sa: random.chance(2) ? 0 : UInt32(random.below(32)))
    case 8:
      let functions: [UInt32] = [2, 0x20, 0x21] + (isWide ? [0x24, 0x25] : [])
      return Assembly.special2(random.pick(functions), rs: source(), rt: source(), rd: target)
    case 9, 10, 11:
      let base = random.chance(2) ? random.pick(Self.data) : base()
      let code: UInt32 = isWide ? 0x37 : 0x23
      return Assembly.immediate(code, rs: base, rt: target, 8 * random.below(8))
    case 12:
      let codes: [UInt32] =
        [0x20, 0x24, 0x21, 0x25, 0x22, 0x26, 0x23] + (isWide ? [0x27, 0x1A, 0x1B] : [])
      return Assembly.immediate(random.pick(codes), rs: base(), rt: target, offset(4))
    case 13: return linked(isLoad: true, target)
    case 14: return linked(isLoad: false, target)
    case 15:
      // In 64 bits the sum is one of 32.
      return Assembly.special(random.pick([0x20, 0x21, 0x23]), rs: source(), rt: 0, rd: target)
    case 16: return move(target, random.pick(Self.stacks))
    case 17:
      return Assembly.special(
        isWide ? random.pick([0x2D, 0x2F]) : 0x21, rs: Self.stack, rt: value(), rd: target)
    case 18: return Assembly.special(0x24, rs: source(), rt: value(), rd: target)
    default:
      return random.chance(2)
        ? add(Self.stack, Self.stack, distance()) : move(Self.stack, random.pick(Self.stacks))
    }
  }

  mutating func linked(isLoad: Bool, _ target: UInt32) -> UInt32 {
    let isDouble = isWide && random.chance(2)
    let code: UInt32 = isLoad ? (isDouble ? 0x34 : 0x30) : (isDouble ? 0x3C : 0x38)
    return Assembly.immediate(
      code, rs: base(), rt: target, random.chance(12) ? offset(4) : 8 * random.below(8))
  }

  mutating func compute() -> UInt32 {
    random.chance(3)
      ? change()
      : random.chance(2)
        ? Assembly.immediate(9, rs: value(), rt: random.pick(Self.values), random.below(64))
        : Assembly.special(0x25, rs: source(), rd: random.pick(Self.values))
  }

  mutating func slot() -> UInt32 {
    switch random.below(6) {
    case 0, 1: change()
    case 2: access(base())
    case 3: compute()
    default: Assembly.nop
    }
  }
}
