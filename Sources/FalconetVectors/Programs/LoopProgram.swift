import FalconetMachine

/// Programs that loop for ever and change themselves, reserve words and start threads: what a machine
/// that goes back to an earlier state must get right.
package enum LoopProgram {
  /// Where the loop begins; the code that may be replaced lies there and on the page behind.
  private static let start: UInt64 = 0x1000
  private static let subroutine: UInt64 = 0x2000
  /// Pages of data that the loop stores to.
  private static let data: [Int] = [0x5000, 0x6000]
  /// Registers that hold instructions, to be stored over others.
  private static let replacements: ClosedRange<UInt32> = 21...23

  /// A random program, the same for the same version and seed.
  package static func image(_ version: StateVersion, seed: UInt64) -> MachineImage {
    var random = SeededGenerator(version, seed: seed, salt: 0xD20)
    var image = MachineImage(version)
    for register in replacements {
      let target = UInt32(8 + random.below(4))
      image[register: Int(register)] = UInt64(
        Assembly.immediate(9, rs: target, rt: target, random.below(100)))
    }
    image[register: 20] = 0x50F00
    image[register: 16] = 0x5000
    let callee = (0..<4).map { _ in compute(&random) }
    image.write(
      words: callee + [Assembly.special(8, rs: 31), compute(&random)], at: subroutine)
    for page in data { image.write([1], at: UInt64(page)) }

    var code: [UInt32] = []
    if !version.isSingleThreaded {
      for _ in 0..<random.below(3) { code += call(version, 4120, 5055, [(4, 20), (5, 16)]) }
    }
    let loop = code.count
    // The places of computations, known before what replaces them is made.
    let size = 10 + random.below(14)
    let slots = (0..<3).map { _ in loop + random.below(size) }
    while code.count < loop + size {
      if slots.contains(code.count) {
        code.append(compute(&random))
      } else {
        code += item(version, slots, &random)
      }
    }
    code.append(Assembly.immediate(4, loop - code.count - 1))
    code.append(compute(&random))
    image.write(words: code, at: start)
    return image
  }

  private static func compute(_ random: inout SeededGenerator) -> UInt32 {
    Assembly.immediate(
      9, rs: UInt32(8 + random.below(4)), rt: UInt32(8 + random.below(4)), random.below(50))
  }

  private static func address(_ random: inout SeededGenerator) -> Int {
    // Few words, so that the reserved one is met, and others in its page.
    random.pick(data) + random.pick([0x10, 0x14, 0x40, 0x800])
  }

  private static func item(
    _ version: StateVersion, _ slots: [Int], _ random: inout SeededGenerator
  ) -> [UInt32] {
    let register = UInt32(8 + random.below(4))
    switch random.below(10) {
    case 0, 1:
      let slot = Int(start) + 4 * random.pick(slots)
      let place = random.chance(3) ? Int(subroutine) + 4 * random.below(4) : slot
      let value = UInt32(random.below(replacements.count)) + replacements.lowerBound
      return [Assembly.immediate(0x2B, rt: value, place)]
    case 2, 3: return [Assembly.immediate(0x30, rt: 12, address(&random))]
    case 4: return [Assembly.immediate(0x38, rt: 13, address(&random))]
    case 5, 6: return [Assembly.immediate(0x2B, rt: register, address(&random))]
    case 7: return [Assembly.jump(3, to: subroutine), compute(&random)]
    case 8 where !version.isSingleThreaded:
      return random.chance(3)
        ? call(version, 4263, 5222, [(4, 1), (5, 16)]) : call(version, 4162, 5023, [])
    default: return [compute(&random)]
    }
  }

  /// A system call whose arguments are copied from registers.
  private static func call(
    _ version: StateVersion, _ number32: UInt16, _ number64: UInt16,
    _ arguments: [(argument: UInt32, register: UInt32)]
  ) -> [UInt32] {
    [Assembly.set(2, to: version.wordSize == .bits32 ? number32 : number64)]
      + arguments.map { Assembly.special(0x25, rs: $0.register, rt: 0, rd: $0.argument) }
      + [Assembly.syscall]
  }
}
