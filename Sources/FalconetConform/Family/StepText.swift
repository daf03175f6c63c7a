import FalconetInsight
import FalconetMachine
import FalconetReplay

extension Machine {
  /// What the next step executes, and what it computes from.
  package var nextStepText: String {
    get throws(StepError) {
      guard isInstructionNext, let thread = state.activeThread else {
        return "the scheduler's turn"
      }
      let instruction = Instruction(try fetch(at: thread.pc))
      let text = Disassembly.text(instruction, at: thread.pc, under: rules)
      let operands =
        Operation(decoding: instruction, under: rules).kind == .systemCall
        ? SystemCallRecord(of: thread, step: step, version).withText(memory).call
        : operandsText(instruction, thread)
      return "\(text) at \(Self.hex(thread.pc))" + (operands.isEmpty ? "" : " (\(operands))")
    }
  }

  private func operandsText(_ instruction: Instruction, _ thread: ThreadState) -> String {
    var parts = Operands(of: instruction, under: rules).values(in: thread)
    if let access = nextAccess, !access.isWrite {
      var bytes: [UInt8] = []
      let range = access.range
      memory.read(into: &bytes, from: range.start, count: Int(range.last &- range.start) + 1)
      parts.append(
        ("memory at \(Self.hex(range.start))", bytes.reduce(0) { $0 << 8 | UInt64($1) }))
    }
    return parts.map { "\($0.name) = \(Self.hex($0.value))" }.joined(separator: ", ")
  }

  private static func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
}
