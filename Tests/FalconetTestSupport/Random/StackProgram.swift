import FalconetMachine

/// Programs that put all sorts of numbers into the stack pointer, by every instruction that writes a register, and
/// access memory through it and its copies.
///
/// Stacks lie in several parts of memory: at the ends of each, in code, at odd addresses, and where no page is. They take
/// turns. Words of data are addresses of stacks, so that loads give some.
package struct StackProgram {
  var random: SeededGenerator
  private let version: StateVersion
  let isWide: Bool
  var words: [UInt32] = []
  private let main: UInt64 = 0x1000
  let functions: [UInt64] = [0x2000, 0x3F00, 0x5180]
  /// Whether stacks are good ones most of the time.
  let isTame: Bool
  /// Whether there are many system calls.
  let callsOften: Bool

  static let stack: UInt32 = 29
  static let link: UInt32 = 31
  static let counter: UInt32 = 12
  static let values: [UInt32] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
  static let aliases: [UInt32] = [13, 14, 15, 30]
  static let data: [UInt32] = [16, 17]
  /// Registers with addresses of stacks, those of code, and those with instructions.
  static let stacks: [UInt32] = [18, 19, 26, 27]
  static let code: [UInt32] = [20, 21, 22, 23]
  static let instructions: [UInt32] = [24, 25, 28]

  /// A random program, the same for the same version and seed.
  package static func image(_ version: StateVersion, seed: UInt64) -> MachineImage {
    var program = StackProgram(version, seed: seed)
    return program.image()
  }

  private init(_ version: StateVersion, seed: UInt64) {
    random = SeededGenerator(version, seed: seed, salt: 0x57AC)
    self.version = version
    isWide = version.wordSize == .bits64
    isTame = random.chance(2)
    callsOften = random.chance(4)
  }

  private mutating func image() -> MachineImage {
    var image = MachineImage(version, at: main)
    let places = (0..<6).map { _ in place() }
    setRegisters(&image, places)
    // Words of data are addresses of stacks.
    for register in Self.data {
      for index in 0..<16 {
        let value = random.chance(6) ? random.next() : random.pick(places)
        image.write(bytes(value), at: image[register: Int(register)] &+ UInt64(8 * index))
      }
    }
    // Some pages around each place, with holes.
    for place in places where !random.chance(4) {
      for distance in -4...4 where distance == 0 || random.chance(3) {
        let page = place &+ UInt64(truncatingIfNeeded: distance << 12)
        image.write(random.bytes(8), at: page & ~7)
      }
      // Above a frame, something else than zeros and addresses.
      if place & 0xFFF < 0xF00 { image.write(random.bytes(64), at: place &+ 64) }
    }
    words = []
    for _ in 0..<(3 + random.below(16)) { item() }
    words += [Assembly.jump(2, to: main), random.chance(2) ? change() : Assembly.nop]
    image.write(words: words + backToMain, at: main)
    for address in functions { image.write(words: function(), at: address) }
    addThreads(&image, places)
    if random.chance(8) { image.state.scalars.step = 0 &- UInt64(1 + random.below(3000)) }
    image.state.scalars.preimageKey[0] = 2
    return image
  }

  private func bytes(_ value: UInt64) -> [UInt8] {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) }
    return isWide ? bytes : Array(bytes[4...] + bytes[4...])
  }

  private var backToMain: [UInt32] {
    [
      Assembly.nop, Assembly.nop, Assembly.nop, Assembly.jump(2, to: main), Assembly.nop,
      Assembly.nop,
    ]
  }

  private mutating func setRegisters(_ image: inout MachineImage, _ places: [UInt64]) {
    for register in Self.values + [Self.counter] {
      image[register: Int(register)] =
        random.pick([
          0, 1, 8, 16, 0x1000, 0xFFFF_FFFF_FFFF_FFF0, UInt64(random.below(4096)), random.next(),
        ])
    }
    for register in Self.aliases + Self.stacks + [Self.stack] {
      image[register: Int(register)] = random.pick(places)
    }
    image[register: 16] = random.pick([0x9000, 0x9FC0, 0x2_0800])
    image[register: 17] = isWide ? random.pick([0xA000, 0x7FFF_FFFF_2000, 1 << 44]) : 0x7FFF_2000
    for register in Self.code + [Self.link] {
      image[register: Int(register)] =
        random.pick(functions + [main]) &+ 4 * UInt64(random.below(6))
    }
    for register in Self.instructions {
      image[register: Int(register)] = UInt64(random.chance(2) ? access(Self.stack) : change())
    }
  }

  /// A place for a stack.
  private mutating func place() -> UInt64 {
    let good: [UInt64] = [0x2_0000, 0x2_0800, 0x2_0FC0, 0x3_0010, 0x2_1008]
    let near: [UInt64] = [
      0x1F80, 0x2F00, 0x3E80, 0x4FC0, 0x5100, 0x5F00, 0x6000, 0x8FC0, 0x9040, 0, 8, 0x40, 0xFC0,
      0xFF8, 0x1000,
    ]
    let wide: [UInt64] = [
      0x7FFF_FFFF_0000, 0x7FFF_FFFF_F000, 0x7FFF_FFFF_FC00, 0x7FFF_FFFF_FBF8, 0x7FFF_FFFF_FFC0,
      0x7FFF_FFFF_FFF8, 1 << 47, 0x7FFF_FF00_0000, 0x7FFF_FF00_0400, 0x7FFF_FEFF_FFF8, 1 << 44,
      (1 << 44) + 0x8000, (1 << 44) + (1 << 40) - 0x40, (1 << 44) - 8, (1 << 40) - 0x40,
      (1 << 40) - 0x1000, 1 << 40, (1 << 40) + 0x7FC0, 1 << 46, .max - 0x3F, .max - 7, 1 << 63,
      0x8000_0000, 0x7FFF_FFC0, 0xFFFF_FFE0, 1 << 32,
    ]
    let narrow: [UInt64] = [
      0x7FFF_F000, 0x7FFF_FFC0, 0x7FFF_FFF8, 0x7FFF_FBF8, 0x8000_0000, 0x8000_7FC0, 0xFFFF_FFC0,
      0xFFFF_FFF8, 0x4000_0000,
    ]
    var place =
      switch random.below(isTame ? 12 : 4) {
      case 0: random.pick(near)
      case 1, 2: random.pick(isWide ? wide : narrow)
      default:
        random.chance(3)
          ? (isWide ? random.pick([0x7FFF_FFFF_8000, 0x7FFF_FFFF_8FC0]) : 0x7FFF_8000)
          : random.pick(good)
      }
    if random.chance(2) { place &+= 8 &* UInt64(truncatingIfNeeded: random.below(64) - 32) }
    if random.chance(10) { place &+= random.pick([1, 2, 4]) }
    return place & version.wordSize.mask
  }

  private mutating func addThreads(_ image: inout MachineImage, _ places: [UInt64]) {
    guard !version.isSingleThreaded, random.chance(2) else { return }
    for id in 1...UInt64(1 + random.below(2)) {
      var other = image.thread
      other.id = id
      for register in Self.stacks + [Self.stack] + Self.aliases {
        other.registers[Int(register)] = random.pick(places)
      }
      other.pc = random.pick(functions + [main])
      other.nextPC = other.pc + 4
      if random.chance(2) {
        image.state.threads.right.append(other)
      } else {
        image.state.threads.left.insert(other, at: 0)
      }
      image.state.scalars.nextThreadID = id + 1
    }
    image.state.scalars.stepsSinceContextSwitch = 100_000 - UInt64(random.below(2000))
  }

  private mutating func function() -> [UInt32] {
    let outer = words
    words = []
    defer { words = outer }
    let frame = 8 * (2 + random.below(20))
    let codes: (store: UInt32, load: UInt32) = isWide ? (0x3F, 0x37) : (0x2B, 0x23)
    let saves = random.chance(2)
    if saves || random.chance(2) { words.append(add(Self.stack, Self.stack, -frame)) }
    if saves {
      words.append(Assembly.immediate(codes.store, rs: Self.stack, rt: Self.link, frame - 8))
    }
    for _ in 0..<random.below(5) { item() }
    if saves {
      words.append(Assembly.immediate(codes.load, rs: Self.stack, rt: Self.link, frame - 8))
    }
    if random.chance(2) {
      words += [Assembly.special(8, rs: Self.link), add(Self.stack, Self.stack, frame)]
    } else {
      words += [
        add(Self.stack, Self.stack, frame), Assembly.special(8, rs: Self.link), slot(),
      ]
    }
    return words + backToMain
  }
}
