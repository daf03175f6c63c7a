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

  /// Steps between states in memory, which cost a few nanoseconds a page: a 32nd of the trace.
  static func checkpoints(_ machine: Machine, end: UInt64) -> UInt64 {
    max(2_000_000, max(end, machine.step) / 32)
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
