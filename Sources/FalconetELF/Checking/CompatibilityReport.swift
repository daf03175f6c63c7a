import FalconetMachine

/// What a program's code has that a state version lacks.
///
/// A program without findings may still stop the machine: by a system call whose number is made at
/// run time, by code that is made at run time, by what it does when (a division by zero). And a
/// finding may never be executed: its function may be called under no condition that comes true.
package struct CompatibilityReport: Sendable {
  /// One thing that the version lacks.
  package enum Problem: Sendable, Hashable {
    case instruction(UnsupportedInstruction)
    /// The number in register 2.
    case systemCall(UInt64)

    package var text: String {
      switch self {
      case .instruction(let instruction): "instruction \(instruction.text)"
      case .systemCall(let number):
        "system call \(number)" + (SystemCallRow.name(of: number).map { " (\($0))" } ?? "")
      }
    }
  }

  /// A problem in one function.
  package struct Finding: Sendable {
    package let problem: Problem
    package let function: String
    /// Where it is: of a system call made by a wrapper, where the wrapper is called. Ascending.
    package let addresses: [UInt64]
    /// A shortest way of calls from the entry, both ends included; empty if there is none.
    package let path: [String]
    /// If calls do not lead there: a way through tables in data, which are named in brackets; empty if there
    /// is none.
    package let tablePath: [String]
    /// Why it is not met although calls lead there, if that is known.
    package let excuse: String?
    /// What to do about it, if that is known.
    package let remedy: String?

    package var isReachable: Bool { !path.isEmpty }
    /// Whether only tables of functions or methods lead there.
    package var isInTablesOnly: Bool { !tablePath.isEmpty }
    /// Whether the program may stop the machine here if it calls all that its tables hold.
    package var isSuspect: Bool { isInTablesOnly && excuse == nil }
    /// Whether the program may stop the machine here, as far as can be seen.
    package var isHarmful: Bool { isReachable && excuse == nil }
  }

  /// System calls of a function whose numbers can't be seen.
  package struct UnseenNumbers: Sendable {
    package let function: String
    package let count: Int
    package let isReachable: Bool
  }

  /// The revision whose rules the program was checked by.
  package let revision: Revision
  package let functionCount: Int
  /// The functions that calls lead to, or whose addresses code takes that calls lead to.
  package let reachableFunctions: [String]
  /// The functions that only tables of functions or methods lead to besides.
  package let tableFunctions: [String]
  /// In the order of the functions' addresses.
  package let findings: [Finding]
  package let unseenNumbers: [UnseenNumbers]
  /// How Go built the program; nil for a program that Go did not build.
  package let goBuild: GoBuild?
  package let concerns: [ProgramConcern]

  package var version: StateVersion { revision.version }

  /// Whether nothing that the version lacks can be reached and nothing else is of concern, but for
  /// what is excused.
  package var isCompatible: Bool {
    !findings.contains { $0.isHarmful } && !concerns.contains { $0.isHarmful }
  }
}

extension ELFFile {
  /// Looks for what a revision of a state version lacks in this program.
  ///
  /// Functions are told by symbols. One is reachable if the entry's function jumps to it, directly or
  /// through others, or takes its address. Apart from those are the functions that tables in data lead to,
  /// such as methods that are called through interfaces: far more than are called.
  ///
  /// - Parameters:
  ///   - accepted: functions whose findings are excused.
  ///   - pageLimit: the most pages that the program may have.
  /// - Throws: ``ELFError`` as `Prestate.load` does.
  package func checkCompatibility(
    with revision: Revision, accepting accepted: Set<String> = [], pageLimit: Int = .max
  ) throws(ELFError) -> CompatibilityReport {
    try CompatibilityCheck(self, revision, accepted: accepted, pageLimit: pageLimit).run()
  }

  /// Looks for what the newest revision of a state version lacks in this program.
  package func checkCompatibility(
    with version: StateVersion, accepting accepted: Set<String> = [], pageLimit: Int = .max
  ) throws(ELFError) -> CompatibilityReport {
    try checkCompatibility(
      with: version.newestRevision, accepting: accepted, pageLimit: pageLimit)
  }
}
