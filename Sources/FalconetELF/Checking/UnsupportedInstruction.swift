import FalconetMachine

/// A sort of instruction that a state version does not have, by the fields that tell sorts apart.
package struct UnsupportedInstruction: Sendable, Hashable {
  /// The field that tells the instruction from others.
  package let space: EncodingSpace
  /// The value of that field.
  package let code: UInt8
  /// The mnemonic, if another version has the instruction.
  package let mnemonic: String?

  /// Bits 31 to 26, of an instruction that they tell from others.
  package var opcode: UInt8? { space == .primary ? code : nil }

  init(_ instruction: Instruction) {
    space = EncodingSpace(of: instruction)
    code = space.code(of: instruction)
    mnemonic =
      StateVersion.allCases.lazy
      .map { Operation(decoding: instruction, under: $0.newestRevision.rules) }
      .first { $0 != .unknown && $0 != .branchNever }
      .map { "\($0)" }
  }

  /// In words: `dclz (SPECIAL2, function 0x24)`.
  package var text: String {
    let number = (code < 16 ? "0" : "") + String(code, radix: 16)
    let code =
      switch space {
      case .primary: "opcode 0x\(number)"
      case .special: "SPECIAL, function 0x\(number)"
      case .special2: "SPECIAL2, function 0x\(number)"
      case .registerImmediate: "REGIMM, rt 0x\(number), which is never taken"
      }
    return mnemonic.map { "\($0) (\(code))" } ?? code
  }
}
