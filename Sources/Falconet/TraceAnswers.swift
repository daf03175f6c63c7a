internal import FalconetProofs
internal import FalconetTrace

extension Trace {
  /// The claim at an index of a trace.
  public struct ClaimAnswer: Sendable, Hashable {
    /// The index that was asked for.
    public let index: UInt64
    /// The claim after the step of that index, or of the last state if the trace ends before.
    public let claim: Claim
    /// Whether the trace ends before the index.
    public let isPastEnd: Bool

    init(_ answer: TraceClaim) {
      index = answer.index
      claim = Claim(answer.claim)
      isPastEnd = answer.isPastEnd
    }

    init(_ end: TraceEnd) {
      index = end.index
      claim = Claim(end.claim)
      isPastEnd = false
    }
  }

  /// The proof of a step of a trace.
  public struct StepAnswer: Sendable {
    /// The index of the step: the last one of the trace if one past its end was asked for.
    public let index: UInt64
    /// The proof. Past the end of the trace: the witness of the last state, and no memory proofs.
    public let proof: Proof
    /// Whether the trace ends before the index that was asked for.
    public let isPastEnd: Bool

    init(_ step: TraceStep) {
      index = step.index
      proof = Proof(step.proof)
      isPastEnd = step.isPastEnd
    }
  }

  /// How a trace's directory stands.
  public struct Status: Sendable {
    /// The index of the last step, if it is known.
    public let end: UInt64?
    /// Claims that are known.
    public let claimCount: Int
    /// The steps of the states in the directory.
    public let snapshots: [UInt64]
    /// Bytes that the directory takes.
    public let size: UInt64
    /// Steps executed since the trace was opened.
    public let executedSteps: UInt64
    /// Files that were found corrupt or foreign since the trace was opened.
    public let incidents: [Incident]

    init(_ status: TraceStatus, _ incidents: [TraceIncident]) {
      end = status.end?.index
      claimCount = status.claimCount
      snapshots = status.snapshots
      size = status.size
      executedSteps = status.executedSteps
      self.incidents = incidents.map { Incident($0) }
    }
  }

  /// A file that was found wrong.
  public struct Incident: Sendable, Hashable {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let reason: String

    init(_ incident: TraceIncident) {
      path = incident.path
      reason = incident.reason
    }
  }

  /// How a trace works, and what it may use.
  public struct Options: Sendable {
    /// The most steps between states that are saved on the way. By default 10^9.
    public var snapshotInterval: UInt64 = 1_000_000_000
    /// Bytes that the directory may take. By default 16 GiB.
    public var diskBudget: UInt64 = 16 << 30
    /// Bytes that states in memory may take beside the machine. By default 512 MiB.
    public var memoryBudget: UInt64 = 512 << 20
    /// How steps are executed.
    public var engine = Engine.translator
    /// Whose rules steps are executed by; nil is the one that the prestate records, or the newest.
    public var revision: Revision?

    /// The defaults.
    public init() {}

    var value: TraceOptions {
      TraceOptions(
        snapshotInterval: snapshotInterval, diskBudget: diskBudget, memoryBudget: memoryBudget,
        engine: engine.value)
    }
  }
}
