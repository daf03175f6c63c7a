/// How a trace provider stands.
public struct TraceStatus: Sendable, Equatable {
  /// The end of the trace, where it is known.
  public let end: TraceEnd?
  /// Claims that are known.
  public let claimCount: Int
  /// The steps of the states in the folder.
  public let snapshots: [UInt64]
  /// The steps of the states in memory.
  public let checkpoints: [UInt64]
  /// Bytes that the folder takes.
  public let size: UInt64
  /// Bytes that it may take.
  public let budget: UInt64
  /// Steps executed since the provider was opened.
  public let executedSteps: UInt64

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
public struct TraceAdoption: Sendable, Equatable {
  public var proofs = 0
  public var snapshots = 0
  /// Whether the end of the trace was, or was known.
  public var hasEnd = false
  /// Files that were left out, and why.
  public var refused: [TraceIncident] = []
}
