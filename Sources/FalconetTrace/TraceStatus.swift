/// How a trace provider stands.
package struct TraceStatus: Sendable, Equatable {
  /// The end of the trace, where it is known.
  package let end: TraceEnd?
  /// Claims that are known.
  package let claimCount: Int
  /// The steps of the states in the folder.
  package let snapshots: [UInt64]
  /// The steps of the states in memory.
  package let checkpoints: [UInt64]
  /// Bytes that the folder takes.
  package let size: UInt64
  /// Bytes that it may take.
  package let budget: UInt64
  /// Steps executed since the provider was opened.
  package let executedSteps: UInt64

  init(_ core: TraceCore) {
    end = core.end
    claimCount = core.claims.count
    snapshots = core.snapshots.steps
    checkpoints = core.checkpoints?.entries.map(\.step) ?? []
    size = core.folder.used
    budget = core.options.diskBudget
    executedSteps = core.executed
  }
}

/// What was taken over from a folder of op-challenger.
package struct TraceAdoption: Sendable, Equatable {
  package var proofs = 0
  package var snapshots = 0
  /// Whether the end of the trace was, or was known.
  package var hasEnd = false
  /// Files that were left out, and why.
  package var refused: [TraceIncident] = []
}
