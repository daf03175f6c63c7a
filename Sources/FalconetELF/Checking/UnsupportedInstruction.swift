import FalconetMachine

/// A sort of instruction that a state version does not have, by the fields that tell sorts apart.
package struct UnsupportedInstruction: Sendable, Hashable {
  /// Bits 31 to 26.
  package let opcode: UInt32
  /// Bits 5 to 0 of opcodes 0x00 and 0x1C, bits 20 to 16 of opcode 0x01; nil for others.
  package let selector: UInt32?
  /// The mnemonic, where another version has the instruction.
  package let mnemonic: String?

  init(_ instruction: Instruction) {
    opcode = instruction.opcode
    switch instruction.opcode {
    case 0x00, 0x1C: selector = instruction.function
    case 0x01: selector = UInt32(instruction.rt)
    default: selector = nil
    }
    mnemonic =
      StateVersion.allCases.lazy
      .map { Operation(decoding: instruction, under: $0.newestRevision.rules) }
      .first { $0 != .unknown && $0 != .branchNever }
      .map { "\($0)" }
  }

  /// In words: `dclz (SPECIAL2, function 0x24)`.
  package var text: String {
    let code =
      switch (opcode, selector) {
      case (0x00, let function?): "SPECIAL, function 0x\(Self.hex(function))"
      case (0x01, let branch?): "REGIMM, rt 0x\(Self.hex(branch)), which is never taken"
      case (0x1C, let function?): "SPECIAL2, function 0x\(Self.hex(function))"
      default: "opcode 0x\(Self.hex(opcode))"
      }
    return mnemonic.map { "\($0) (\(code))" } ?? code
  }

  private static func hex(_ value: UInt32) -> String {
    (value < 16 ? "0" : "") + String(value, radix: 16)
  }
}
