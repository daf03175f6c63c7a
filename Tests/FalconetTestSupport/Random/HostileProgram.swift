import FalconetMachine

/// Programs that do what an engine takes for granted that programs don't.
///
/// They overwrite code that is about to run, in the page of a stack frame too. They call into the middle of functions
/// and return to where nobody called from. Addresses wrap around, stacks lie across the ends of memory's parts, and a
/// load overwrites the register that the next access has its address from.
package struct HostileProgram {
  var random: SeededGenerator
  private let version: StateVersion
  let isWide: Bool
  var words: [UInt32] = []
  private let main: UInt64
  let functions: [UInt64]
  /// Whether it stores into code, and whether it makes system calls.
  let changesCode: Bool
  let calls: Bool

  // Registers: 16 and 17 hold addresses of data, 18 and 19 of stacks, 20 to 23 of code, 24, 25 and 28 instructions.
  static let values: [UInt32] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
  static let aliases: [UInt32] = [13, 14, 15]
  static let stack: UInt32 = 29
  static let link: UInt32 = 31

  /// A random program, the same for the same version and seed.
  package static func image(_ version: StateVersion, seed: UInt64) -> MachineImage {
    var program = HostileProgram(version, seed: seed)
    return program.image()
  }

  private init(_ version: StateVersion, seed: UInt64) {
    random = SeededGenerator(version, seed: seed, salt: 0xBAD_0DD)
    self.version = version
    isWide = version.wordSize == .bits64
    main = 0x1000 + UInt64(random.below(0x400)) * 4
    var functions: [UInt64] = [0x4000, 0x4F80, 0x6200]
    functions.append(
      isWide
        ? random.pick([0x8000_0000, 1 << 33, 0x7FFF_FFFF_E000, 0x9000, (1 << 46) + 0xFC0])
        : random.pick([0x7FFF_E000, 0x8000_0FC0, 0x9000, 0xFFFF_E000]))
    self.functions = functions
    changesCode = random.chance(2)
    calls = random.chance(3)
  }

  private mutating func image() -> MachineImage {
    var image = MachineImage(version, at: main)
    setRegisters(&image)
    for index in 0..<8 {
      let address = [16, 17, 18, 19].map { image[register: $0] }[index % 4] &+ UInt64(index) * 0x40
      image.write(random.bytes(64), at: address & ~7)
    }
    words = [move(Self.stack, random.pick([18, 19])), move(30, 16)]
    for _ in 0..<(2 + random.below(10)) { item() }
    words += [Assembly.jump(2, to: main), random.chance(2) ? compute() : Assembly.nop]
    words += backToMain
    image.write(words: words, at: main)
    for address in functions {
      function()
      image.write(words: words, at: address)
    }
    if !version.isSingleThreaded, random.chance(3) {
      var other = image.thread
      other.id = 1
      other.registers[29] = image[register: random.pick([16, 17, 18, 19])]
      other.pc = random.pick(functions)
      other.nextPC = (other.pc &+ 4) & version.wordSize.mask
      image.state.threads.right = [other]
      image.state.scalars.nextThreadID = 2
      image.state.scalars.stepsSinceContextSwitch = 100_000 - UInt64(random.below(400))
    }
    return image
  }

  private var backToMain: [UInt32] {
    [
      Assembly.nop, Assembly.nop, Assembly.nop, Assembly.jump(2, to: main), Assembly.nop,
      Assembly.nop,
    ]
  }

  private mutating func setRegisters(_ image: inout MachineImage) {
    let mask = version.wordSize.mask
    for register in 1..<32 {
      image[register: register] = random.chance(2) ? random.next() & mask : UInt64(random.below(64))
    }
    for register in [13, 14, 15, 16, 17, 18, 19, 29, 30] { image[register: register] = place() }
    for register in [20, 21, 22, 23, 31] {
      image[register: register] = random.pick(functions + [main]) &+ 4 * UInt64(random.below(12))
    }
    for register in [24, 25, 28] {
      let word = random.chance(3) ? access(Self.stack) : compute()
      image[register: register] = UInt64(word)
    }
  }

  /// A place for a stack or for data.
  private mutating func place() -> UInt64 {
    let wide: [UInt64] = [
      0x7FFF_FFFF_0000, 0x7FFF_FFFF_FFC0, 0x7FFF_FF00_0400, 0x7FFF_FF00_0000, 1 << 44,
      (1 << 44) + 0x8000, (1 << 40) - 0x40, 1 << 46, .max - 0x3F, 1 << 63, (1 << 48) - 0x20,
      0xFFFF_FFE0,
      1 << 32,
    ]
    let narrow: [UInt64] = [0x7FFF_F000, 0x7FFF_FFC0, 0x8000_0000, 0xFFFF_FFC0, 0x8000_0040]
    let near: [UInt64] = [
      0x2_0000, 0x2_0100, 0x2_0FF0, 0x2_1008, 0x2_1000, 0x4F00, 0x4100, 0x6180, 0x6300, 0x40, 0, 8,
    ]
    var place = random.chance(3) ? random.pick(isWide ? wide : narrow) : random.pick(near)
    if random.chance(8) { place &+= random.pick([1, 2, 4, UInt64(bitPattern: -4)]) }
    return place & version.wordSize.mask
  }

  private mutating func function() {
    words = []
    let frame = 8 * (2 + random.below(14))
    let savesLink = random.chance(2)
    if savesLink || random.chance(2) { addToStack(-frame) }
    if savesLink { words.append(store(Self.link, Self.stack, frame - 8)) }
    for _ in 0..<random.below(7) { item() }
    if savesLink { words.append(load(Self.link, Self.stack, frame - 8)) }
    switch random.below(5) {
    case 0:
      words += [Assembly.special(8, rs: Self.link), add(Self.stack, Self.stack, frame)]
    case 1:
      words += [add(Self.stack, Self.stack, frame), Assembly.special(8, rs: Self.link), compute()]
    case 2: words += [Assembly.special(8, rs: Self.link), access(Self.stack)]
    case 3:
      // A tail call.
      words += [
        add(Self.stack, Self.stack, frame), Assembly.jump(2, to: random.pick(functions)), compute(),
      ]
    default: words += [Assembly.special(8, rs: Self.link), load(Self.link, Self.stack, frame - 8)]
    }
    words += backToMain
  }

  // MARK: Instructions

  func move(_ target: UInt32, _ source: UInt32) -> UInt32 {
    Assembly.special(isWide ? 0x2D : 0x25, rs: source, rt: 0, rd: target)
  }

  func add(_ target: UInt32, _ source: UInt32, _ value: Int) -> UInt32 {
    Assembly.immediate(isWide ? 0x19 : 9, rs: source, rt: target, value)
  }

  func store(_ value: UInt32, _ base: UInt32, _ offset: Int) -> UInt32 {
    Assembly.immediate(isWide ? 0x3F : 0x2B, rs: base, rt: value, offset)
  }

  func load(_ target: UInt32, _ base: UInt32, _ offset: Int) -> UInt32 {
    Assembly.immediate(isWide ? 0x37 : 0x23, rs: base, rt: target, offset)
  }

  mutating func addToStack(_ value: Int) {
    words.append(add(Self.stack, Self.stack, value))
  }

  mutating func value() -> UInt32 {
    random.chance(24) ? random.pick([Self.stack, Self.link, 0, 13, 30]) : random.pick(Self.values)
  }

  mutating func base() -> UInt32 {
    random.pick([Self.stack, Self.stack, Self.stack, 30, 13, 14, 15, 16, 17, 18, 20])
  }

  mutating func compute() -> UInt32 {
    let narrow: [UInt32] = [
      0x00, 0x02, 0x03, 0x04, 0x06, 0x07, 0x0A, 0x0B, 0x10, 0x12, 0x18, 0x19, 0x21, 0x23, 0x24,
      0x25, 0x25,
      0x26, 0x27, 0x2A, 0x2B,
    ]
    let wide: [UInt32] = [
      0x14, 0x16, 0x17, 0x1C, 0x1D, 0x2D, 0x2D, 0x2F, 0x38, 0x3A, 0x3B, 0x3C, 0x3E, 0x3F,
    ]
    if random.chance(3) {
      let code = random.pick([9, 10, 11, 12, 13, 14, 15, isWide ? 0x19 : 9] as [UInt32])
      return Assembly.immediate(
        code, rs: value(), rt: value(),
        random.chance(2) ? random.below(64) - 32 : random.below(0x10000))
    }
    let function = isWide && random.chance(2) ? random.pick(wide) : random.pick(narrow)
    let result = [0x18, 0x19, 0x1C, 0x1D].contains(function) ? 0 : value()
    return Assembly.special(
      function, rs: value(), rt: value(), rd: result, sa: UInt32(random.below(32)))
  }

  mutating func access(_ base: UInt32) -> UInt32 {
    var operations: [(code: UInt32, size: Int)] = [
      (0x20, 1), (0x24, 1), (0x21, 2), (0x25, 2), (0x23, 4), (0x28, 1), (0x29, 2), (0x2B, 4),
      (0x23, 4),
      (0x2B, 4),
    ]
    if isWide { operations += [(0x37, 8), (0x3F, 8), (0x37, 8), (0x3F, 8), (0x27, 4)] }
    let operation = random.pick(operations)
    var offset = operation.size * (random.below(24) - 4)
    if random.chance(10) {
      offset = random.pick([-8, 1, 3, 2040, 4088, 4096, -4096, -32768, 32767, 1000, 1016])
    }
    // A load to the address's own register at times.
    let target = random.chance(12) ? base : value()
    return Assembly.immediate(operation.code, rs: base, rt: target, offset)
  }

  mutating func partial() -> UInt32 {
    var codes: [UInt32] = [0x22, 0x26, 0x2A, 0x2E]
    if isWide { codes += [0x1A, 0x1B, 0x2C, 0x2D] }
    return Assembly.immediate(random.pick(codes), rs: base(), rt: value(), random.below(40) - 8)
  }

  mutating func slot() -> UInt32 {
    switch random.below(8) {
    case 0: access(base())
    case 1: add(Self.stack, Self.stack, random.pick([-16, 16, 8, -4096]))
    case 2: compute()
    case 3: move(Self.stack, random.pick([18, 19]))
    case 4: changesCode ? codeStore() : access(base())
    default: Assembly.nop
    }
  }

  mutating func codeStore() -> UInt32 {
    Assembly.immediate(
      0x2B, rs: random.pick([20, 21, 22, 23]), rt: random.pick([24, 25, 28]),
      4 * (random.below(24) - 8))
  }
}
