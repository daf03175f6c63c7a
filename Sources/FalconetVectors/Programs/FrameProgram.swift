import FalconetMachine

/// Programs that call functions and use their stack frames: what engines check once for many accesses, and calls
/// whose returns an engine may foresee.
///
/// Stacks lie at many places: across the ends of pages and of memory's parts, at odd addresses, and in pages that
/// hold the reserved word. Functions recurse, deeply now and then, and some return to elsewhere.
package enum FrameProgram {
  private static let start: UInt64 = 0x1000
  private static let functions = 3
  private static let functionBytes: UInt64 = 0x400

  // What registers are for; those from 2 on are for computations.
  private static let alias: UInt32 = 15
  private static let data: UInt32 = 16
  private static let otherStack: UInt32 = 18
  private static let firstStack: UInt32 = 19
  private static let depth: UInt32 = 20
  private static let deepest: UInt32 = 21
  private static let stack: UInt32 = 29
  private static let link: UInt32 = 31

  /// A random program, the same for the same version and seed.
  ///
  /// - Parameter stackPlace: where the first stack is; nil leaves it to the seed.
  package static func image(
    _ version: StateVersion, seed: UInt64, stackPlace: UInt64? = nil
  ) -> MachineImage {
    var random = SeededGenerator(version, seed: seed, salt: 0xF4A3E)
    var image = MachineImage(version)
    for register in [firstStack, otherStack, data] {
      image[register: Int(register)] = place(version, &random)
    }
    if let stackPlace { image[register: Int(firstStack)] = stackPlace }
    image[register: Int(stack)] = image[register: Int(firstStack)]
    image[register: Int(deepest)] = random.chance(10) ? 3000 : UInt64(random.below(6))
    for register in 2...7 { image[register: register] = random.next() & version.wordSize.mask }

    var code = [move(stack, firstStack), move(depth, deepest)]
    for _ in 0..<3 {
      code += items(version, frame: 64, &random)
      code += [call(random.below(functions)), Assembly.nop]
    }
    code += [Assembly.immediate(4, -code.count - 1), Assembly.nop]
    image.write(words: code, at: start)
    for number in 0..<functions {
      image.write(words: function(version, &random), at: address(number))
    }
    return image
  }

  private static func address(_ function: Int) -> UInt64 {
    start + functionBytes * UInt64(function + 1)
  }

  private static func call(_ function: Int) -> UInt32 { Assembly.jump(3, to: address(function)) }

  private static func move(_ target: UInt32, _ source: UInt32) -> UInt32 {
    Assembly.special(0x25, rs: source, rt: 0, rd: target)
  }

  /// A place for a stack or for data.
  private static func place(_ version: StateVersion, _ random: inout SeededGenerator) -> UInt64 {
    let wide: [UInt64] = [
      0x7FFF_FFFF_0000, 0x7FFF_FFFF_FFC0, 0x7FFF_FF00_0400, 1 << 44, (1 << 44) + 0x8000,
      (1 << 40) - 0x40, 1 << 46, .max - 0x3F,
    ]
    let narrow: [UInt64] = [0x7FFF_F000, 0x7FFF_FFC0, 0x8000_0000, 0xFFFF_FFC0, 0x40, 1]
    let near: [UInt64] = [0x5_0000, 0x6_0000, 0x5_0100, 0x5_FFF0, 0x5_0008]
    var place =
      random.chance(2)
      ? random.pick(near) : random.pick(version.wordSize == .bits64 ? wide : narrow)
    if random.chance(8) { place &+= random.pick([1, 2, 4]) }
    return place & version.wordSize.mask
  }

  private static func function(
    _ version: StateVersion, _ random: inout SeededGenerator
  ) -> [UInt32] {
    let isWide = version.wordSize == .bits64
    let (add, load, store): (UInt32, UInt32, UInt32) = isWide ? (0x19, 0x37, 0x3F) : (9, 0x23, 0x2B)
    let frame = 16 + 8 * random.below(12)
    var code = [
      Assembly.immediate(add, rs: stack, rt: stack, -frame),
      Assembly.immediate(store, rs: stack, rt: link, frame - 8),
    ]
    code += items(version, frame: frame, &random)
    // Calls another as long as the depth is not used up.
    code += [
      Assembly.immediate(9, rs: depth, rt: depth, -1), Assembly.immediate(6, rs: depth, 3),
      Assembly.nop, call(random.below(functions)), Assembly.nop,
    ]
    code += items(version, frame: frame, &random)
    if random.chance(6) {
      code += [
        Assembly.set(2, to: UInt16(start)), Assembly.immediate(store, rs: stack, rt: 2, frame - 8),
      ]
    }
    return code + [
      Assembly.immediate(load, rs: stack, rt: link, frame - 8),
      Assembly.immediate(add, rs: stack, rt: stack, frame), Assembly.special(8, rs: link),
      Assembly.nop,
    ]
  }

  private static func items(
    _ version: StateVersion, frame: Int, _ random: inout SeededGenerator
  ) -> [UInt32] {
    (0..<random.below(8)).flatMap { _ in item(version, frame, &random) }
  }

  private static func item(
    _ version: StateVersion, _ frame: Int, _ random: inout SeededGenerator
  ) -> [UInt32] {
    let isWide = version.wordSize == .bits64
    let add: UInt32 = isWide ? 0x19 : 9
    let value = UInt32(2 + random.below(6))
    switch random.below(12) {
    case 0: return [Assembly.immediate(add, rs: stack, rt: alias, 8 * random.below(4))]
    case 1: return [move(alias, stack)]
    case 2: return [Assembly.immediate(add, rs: alias, rt: alias, random.pick([-8, 4, 8, 4000]))]
    case 3 where random.chance(3):
      // Another stack for a while.
      return [
        move(alias, stack), move(stack, otherStack), access(isWide, stack, 64, &random),
        access(isWide, alias, frame, &random), access(isWide, stack, 64, &random),
        move(stack, firstStack),
      ]
    case 4 where random.chance(2):
      let offset = 8 * random.below(4)
      let reserve = Assembly.immediate(0x30, rs: random.pick([stack, data]), rt: value, offset)
      return [reserve, access(isWide, stack, frame, &random)]
        + (random.chance(2) ? [Assembly.immediate(0x38, rs: stack, rt: value, offset)] : [])
    case 5: return [Assembly.special(0x21, rs: value, rt: value, rd: UInt32(2 + random.below(6)))]
    case 6: return [access(isWide, data, 64, &random), access(isWide, data, 64, &random)]
    case 7: return [access(isWide, alias, frame, &random), access(isWide, alias, frame, &random)]
    default: return [access(isWide, stack, frame, &random), access(isWide, stack, frame, &random)]
    }
  }

  /// A load or a store near a register's address; most are multiples of their sizes.
  private static func access(
    _ isWide: Bool, _ base: UInt32, _ frame: Int, _ random: inout SeededGenerator
  ) -> UInt32 {
    let operations: [(code: UInt32, size: Int)] =
      [(0x20, 1), (0x24, 1), (0x21, 2), (0x25, 2), (0x23, 4), (0x28, 1), (0x29, 2), (0x2B, 4)]
      + (isWide
        ? [(0x37, 8), (0x3F, 8), (0x37, 8), (0x3F, 8), (0x27, 4)] : [(0x23, 4), (0x2B, 4)])
    let operation = random.pick(operations)
    var offset = operation.size * random.below(max(1, (frame - 8) / operation.size))
    if random.chance(12) { offset = random.pick([-8, 1, 3, 2040, 4092, -4096]) }
    return Assembly.immediate(operation.code, rs: base, rt: UInt32(2 + random.below(6)), offset)
  }
}
