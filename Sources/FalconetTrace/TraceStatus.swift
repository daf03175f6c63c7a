/// The state of a trace provider and its caches.
package struct TraceStatus: Sendable, Equatable {
  /// The end of the trace, if it is known.
  package let end: TraceEnd?
  /// Claims that are known.
  package let claimCount: Int
  /// The steps of the states in the directory.
  package let snapshots: [UInt64]
  /// The steps of the states in memory.
  package let checkpoints: [UInt64]
  /// Bytes that the directory takes.
  package let size: UInt64
  /// Bytes that it may take.
  package let budget: UInt64
  /// Steps executed since the provider was opened.
  package let executedSteps: UInt64

  init(_ core: TraceCore) {
    end = core.end
    claimCount = core.claims.count
    snapshots = core.snapshots.steps
    checkpoints = core.runner.checkpoints?.entries.map(\.step) ?? []
    size = core.directory.used
    budget = core.options.diskBudget
    executedSteps = core.runner.executed
  }
}

/// What was taken over from a directory of op-challenger.
package struct TraceAdoption: Sendable, Equatable {
  package var proofs = 0
  package var snapshots = 0
  /// Whether the end of the trace was, or was known.
  package var hasEnd = false
  /// Files that were left out, and why.
  package var refused: [TraceIncident] = []
}
