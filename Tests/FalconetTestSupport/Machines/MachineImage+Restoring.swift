import FalconetMachine

/// Programs that go wrong on a machine that goes back to an earlier state and keeps too much.
extension MachineImage {
  /// A loop of four instructions, whose second is replaced after 100 rounds.
  package static func selfModifying(_ version: StateVersion) -> MachineImage {
    var image = MachineImage(
      version,
      code: [
        Assembly.immediate(9, rs: 8, rt: 8, 1), Assembly.set(10, to: 1),
        Assembly.immediate(5, rs: 8, rt: 9, -3), Assembly.special(0x21, rs: 11, rt: 10, rd: 11),
        Assembly.immediate(0x2B, rt: 12, 0x1004), Assembly.immediate(4, -6), Assembly.nop,
      ])
    image[register: 9] = 100
    image[register: 12] = UInt64(Assembly.set(10, to: 2))
    return image
  }

  /// Reserves a word, stores elsewhere in its page at step 100, and to the word itself at step 103.
  package static func reserving(_ version: StateVersion) -> MachineImage {
    let nop = Assembly.nop
    var code = [Assembly.immediate(0x30, rt: 8, 0x2010)]
    code += [UInt32](repeating: nop, count: 99)
    code += [Assembly.immediate(0x2B, rt: 9, 0x2800), nop, nop]
    code += [Assembly.immediate(0x2B, rt: 9, 0x2010)] + [UInt32](repeating: nop, count: 500)
    var image = MachineImage(version, code: code)
    image[register: 9] = 7
    image.write([1], at: 0x2000)
    return image
  }
}
