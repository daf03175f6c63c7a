internal import FalconetMachine
internal import FalconetRun

/// At which steps something happens during a run.
public struct StepSchedule: Sendable {
  let patterns: [StepPattern]

  private init(_ patterns: [StepPattern]) { self.patterns = patterns }

  /// At no step.
  public static let never = StepSchedule([])

  /// At every step.
  public static let always = StepSchedule([.always])

  /// At given steps.
  public static func at(_ steps: some Sequence<UInt64>) -> StepSchedule {
    StepSchedule(steps.map { .at($0) })
  }

  /// At every step that `interval` divides; never if it is 0.
  public static func every(_ interval: UInt64) -> StepSchedule {
    StepSchedule(interval == 0 ? [] : [.every(interval)])
  }

  /// At the steps of both.
  public static func + (left: StepSchedule, right: StepSchedule) -> StepSchedule {
    StepSchedule(left.patterns + right.patterns)
  }
}

/// What a run does on the way, and where it stops.
///
/// ```swift
/// var events = RunEvents()
/// events.proofs = .at([1_000, 50_000])
/// events.onProof = { proof in try proof.save(to: "proof-\(proof.step ?? 0).json.gz") }
/// let reason = try machine.run(events)
/// ```
///
/// At one step things happen in this order: progress, stop, snapshot, proof. If a closure throws, the
/// run ends with an error whose cause that is, and the machine can go on.
public struct RunEvents {
  /// Where the run stops, before it executes the step.
  public var stop = StepSchedule.never
  /// The steps that are proved.
  public var proofs = StepSchedule.never
  /// The steps at which ``onSnapshot`` is called.
  public var snapshots = StepSchedule.never
  /// The steps at which ``onProgress`` is called.
  public var progress = StepSchedule.never
  /// Whether the run stops after each step that reads part of a pre-image.
  public var stopsAfterPreimageReads = false
  /// Addresses of instructions that the run stops at.
  public var stopAddresses: Range<UInt64>?
  /// What another thread ends the run by.
  public var cancellation: Cancellation?
  /// Takes each proof, right after its step was executed.
  public var onProof: (Proof) throws -> Void = { _ in }
  /// Is called with the machine, whose state can be saved.
  public var onSnapshot: (Machine) throws -> Void = { _ in }
  /// Is called with the machine.
  public var onProgress: (Machine) throws -> Void = { _ in }

  /// A run without events, to the program's end.
  public init() {}

  var schedule: RunSchedule {
    var schedule = RunSchedule()
    schedule.stop = StepPatterns(of: stop.patterns)
    schedule.proofs = StepPatterns(of: proofs.patterns)
    schedule.snapshots = StepPatterns(of: snapshots.patterns)
    schedule.progress = StepPatterns(of: progress.patterns)
    schedule.asksAfterPreimageReads = stopsAfterPreimageReads
    return schedule
  }
}

/// Why a run stopped. Later releases may add reasons.
public struct StopReason: Hashable, Sendable, CustomStringConvertible {
  /// The reason as a word.
  public let description: String

  private init(_ description: String) { self.description = description }

  /// The step that it was to stop at is reached.
  public static let step = StopReason("step")
  /// The program exited.
  public static let exited = StopReason("exited")
  /// A step read part of a pre-image.
  public static let preimageRead = StopReason("preimage-read")
  /// Execution reached one of ``RunEvents/stopAddresses``.
  public static let address = StopReason("address")
  /// The caller cancelled the run.
  public static let cancelled = StopReason("cancelled")

  init(_ end: RunEnd) {
    self =
      switch end {
      case .exited: .exited
      case .stop: .step
      case .stopRange: .address
      case .preimageRead: .preimageRead
      case .interrupted: .cancelled
      }
  }
}
