import FalconetMachine

/// Programs that run long enough that a VM which translates what is executed often does so.
extension VectorMaker {
  mutating func addLongPrograms(_ version: StateVersion) throws {
    for number in 0..<3 {
      var random = random(version, 400 + number)
      var code: [UInt32] = []
      while code.count < 280 { code += Self.item(version, &random) }
      // Other values in each round.
      for register in UInt32(16)..<24 {
        code.append(
          Assembly.special(0x21, rs: register, rt: 8 + UInt32(random.below(16)), rd: register))
      }
      code += [Assembly.immediate(4, -1 - code.count), Assembly.nop]
      var image = MachineImage(version, code: code)
      Self.setRegisters(&image, &random)
      image[register: 0] = 0
      image[register: 24] = 0x4000
      image.write((0..<64).map { _ in UInt8(random.below(256)) }, at: 0x4000)
      try add("long \(number)", image, steps: 12_000, hasMarks: false)
    }
  }

  /// An instruction, or a comparison with a branch over the next instruction behind.
  private static func item(_ version: StateVersion, _ random: inout SeededGenerator) -> [UInt32] {
    let is64 = version.wordSize == .bits64
    let (rs, rt) = (8 + UInt32(random.below(16)), 8 + UInt32(random.below(16)))
    let rd = 8 + UInt32(random.below(8))
    let (shift, offset) = (UInt32(random.below(32)), random.below(57))
    switch random.below(8) {
    case 0:
      let shifts: [UInt32] = is64 ? [0, 2, 3, 0x38, 0x3A, 0x3B, 0x3C, 0x3E, 0x3F] : [0, 2, 3]
      return [Assembly.special(random.pick(shifts), rt: rt, rd: rd, sa: shift)]
    case 1:
      let loads: [UInt32] = [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26]
      return [
        Assembly.immediate(
          random.pick(is64 ? loads + [0x27, 0x37, 0x1A, 0x1B] : loads), rs: 24, rt: rd, offset)
      ]
    case 2:
      let stores: [UInt32] = [0x28, 0x29, 0x2A, 0x2B, 0x2E]
      return [
        Assembly.immediate(
          random.pick(is64 ? stores + [0x3F, 0x2C, 0x2D] : stores), rs: 24, rt: rt, offset)
      ]
    case 3:
      let immediates: [UInt32] = [8, 9, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E]
      return [
        Assembly.immediate(
          random.pick(is64 ? immediates + [0x18, 0x19] : immediates), rs: rs, rt: rd,
          random.pick([0, 1, 5, 0x7FFF, -1, -0x8000]))
      ]
    case 4:
      return [
        Assembly.special(random.pick([0x18, 0x19]), rs: rs, rt: rt),
        Assembly.special(random.pick([0x10, 0x12]), rd: rd),
      ]
    case 5:
      let comparison =
        random.chance(2)
        ? Assembly.special(random.pick([0x2A, 0x2B]), rs: rs, rt: rt, rd: 10)
        : Assembly.immediate(
          random.pick([0x0A, 0x0B]), rs: rs, rt: 10, random.pick([0, 1, 5, -2]))
      let branch = random.pick([4, 5] as [UInt32])
      return [
        // Operands are equal often enough.
        Assembly.special(0x25, rs: random.chance(3) ? rt : rs, rd: rs), comparison,
        random.chance(2)
          ? Assembly.immediate(branch, rs: 10, 2) : Assembly.immediate(branch, rt: 10, 2),
        // Behind a slot that does nothing, an engine may put the two together.
        random.chance(2) ? Assembly.nop : Assembly.immediate(9, rs: 11, rt: 11, 1),
        Assembly.immediate(9, rs: 12, rt: 12, 1),
      ]
    default:
      let computations: [UInt32] = [
        4, 6, 7, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B,
      ]
      return [
        Assembly.special(
          random.pick(
            is64 ? computations + [0x14, 0x16, 0x17, 0x2C, 0x2D, 0x2E, 0x2F] : computations),
          rs: rs, rt: rt, rd: rd)
      ]
    }
  }
}
