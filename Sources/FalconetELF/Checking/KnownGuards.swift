import FalconetMachine

/// Code of Go's runtime that calls lead to, and that a condition keeps from being executed in this
/// machine: as long as a program is built by Go's own tools, what it lacks there does no harm.
enum KnownGuards {
  private struct Guard {
    let function: String
    let matches: @Sendable (CompatibilityReport.Problem) -> Bool
    let reason: String
  }

  private static let all: [Guard] = [
    // rdhwr
    Guard(
      function: "runtime.save_g", matches: { $0.isInstruction(opcode: 0x1F) }, reason: onlyWithCgo),
    Guard(
      function: "runtime.load_g", matches: { $0.isInstruction(opcode: 0x1F) }, reason: onlyWithCgo),
    // The vector instructions of MSA
    Guard(
      function: "runtime.memclrNoHeapPointers", matches: { $0.isInstruction(opcode: 0x1E) },
      reason: "only if the auxiliary vector reports MSA, and the prestate's does not"),
    Guard(
      function: "runtime.raiseproc", matches: { $0.isSystemCall("kill") },
      reason: "only to pass a signal on, and the machine delivers none"),
  ]

  private static let onlyWithCgo = "only in programs with cgo"

  /// Why a problem of a function is never met; nil if that is not known.
  static func reason(
    _ problem: CompatibilityReport.Problem, in function: String, of build: GoBuild?
  ) -> String? {
    if problem.isPrctl, function.hasPrefix("runtime."),
      build?.settings["decoratemappings"] == "0"
    {
      return "only with the setting decoratemappings=1, and the program was built with 0"
    }
    return all.first { $0.function == function && $0.matches(problem) }?.reason
  }
}

extension KnownGuards {
  /// What to do about a problem; nil if that is not known.
  static func remedy(_ problem: CompatibilityReport.Problem, of build: GoBuild?) -> String? {
    guard problem.isPrctl, build != nil else { return nil }
    return "write godebug decoratemappings=0 in the program's go.mod"
  }
}

extension CompatibilityReport.Problem {
  /// `prctl`, by which Go's runtime names mappings of memory from Go 1.25 on.
  fileprivate var isPrctl: Bool { isSystemCall("prctl") }

  fileprivate func isSystemCall(_ name: String) -> Bool {
    if case .systemCall(let number) = self { SystemCallRow.name(of: number) == name } else { false }
  }

  fileprivate func isInstruction(opcode: UInt8) -> Bool {
    if case .instruction(let instruction) = self { instruction.opcode == opcode } else { false }
  }
}
