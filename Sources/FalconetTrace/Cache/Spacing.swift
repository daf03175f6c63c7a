import FalconetMachine

/// How far apart states are cached on the way.
enum Spacing {
  /// About the steps that are executed in the time that it takes to read and check a saved state:
  /// some 12 microseconds a page, at 300 million steps a second.
  static func loadCost(_ machine: Machine) -> UInt64 {
    2_000_000 + UInt64(machine.memory.pageCount) * 4_000
  }

  /// The step of the next state to save: as far after the last one as the caller wants, or less far if
  /// states are cheap.
  static func snapshot(
    _ machine: Machine, after last: UInt64, _ interval: UInt64
  ) -> UInt64 {
    let spacing = min(interval, 32 * loadCost(machine))
    let next = last.addingReportingOverflow(spacing)
    if !next.overflow, next.partialValue > machine.step { return next.partialValue }
    let later = machine.step.addingReportingOverflow(spacing)
    return later.overflow ? .max : later.partialValue
  }

  /// Steps between states in memory. Each costs a few nanoseconds a page, and a copy of each page that is
  /// written after it.
  ///
  /// As soon as the end is known, a 96th of the trace: the questions of some bisections then execute a tenth
  /// of it beside the trace itself. Until then twice as many, since the states lie close together at the start.
  static func checkpoints(_ machine: Machine, _ policy: RetentionPolicy) -> UInt64 {
    let span = max(policy.end, machine.step)
    let least = 50_000 + UInt64(machine.memory.pageCount) * 20
    return max(least, span / (policy.isEndKnown ? 96 : 48))
  }

  /// The steps at which a state is hashed only to compare its claim with a known one: after the last index on
  /// the way that must be compared, and after others that are far enough apart for the hashing to take a few
  /// percent of the time.
  ///
  /// - Parameters:
  ///   - known: the indices of the known claims on the way, ascending, and whether each was adopted.
  ///   - isAdopted: whether the machine executes from an adopted state, so that each must be compared.
  static func comparisons(
    _ machine: Machine, with known: [(index: UInt64, isAdopted: Bool)], isAdopted: Bool,
    until target: UInt64
  ) -> [UInt64] {
    let spacing = 32 * loadCost(machine)
    var chosen: [UInt64] = []
    var hasLast = false
    for (index, mustBeCompared) in known.reversed() {
      if !hasLast, isAdopted || mustBeCompared {
        hasLast = true
      } else if (chosen.last ?? target) - (index + 1) < spacing {
        continue
      }
      chosen.append(index + 1)
    }
    return chosen.reversed()
  }

  /// Whether it took enough steps to reach a requested state to save it.
  static func isWorthSaving(_ machine: Machine, from nearest: UInt64) -> Bool {
    machine.step - min(nearest, machine.step) >= 4 * loadCost(machine)
  }

  /// The next multiple of an interval after a step.
  static func next(_ interval: UInt64, after step: UInt64) -> UInt64 {
    let (next, overflow) = (step / interval * interval).addingReportingOverflow(interval)
    return overflow ? .max : next
  }
}
