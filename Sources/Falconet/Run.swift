internal import FalconetMachine
internal import FalconetProofs
internal import FalconetRun

/// What happens during a run: proofs, pauses, and stops besides the last step.
///
/// ```swift
/// var events = RunEvents()
/// events.prove(at: [1_000, 50_000]) { proof in
///   try proof.save(to: "proof-\(proof.step ?? 0).json.gz")
/// }
/// events.pause(every: 1_000_000) { machine in
///   try machine.save(to: "state-\(machine.step).bin.gz")
/// }
/// let reason = try machine.run(until: 10_000_000, events: events)
/// ```
///
/// At one step, pauses come before proofs, in the order in which they were added. If a closure throws,
/// the run ends with a ``FalconetError`` of code ``FalconetError/Code/callback`` whose cause that error
/// is, and the machine can continue.
public struct RunEvents {
  struct Event<Value> {
    let steps: StepPatterns
    let body: (Value) throws -> Void
  }

  private(set) var proofs: [Event<Proof>] = []
  private(set) var pauses: [Event<Machine>] = []

  /// Addresses of instructions before which the run stops.
  public var stopAddresses: Range<UInt64>?
  /// Whether the run stops after each step that reads part of a pre-image.
  public var stopsAfterPreimageReads = false

  /// No events.
  public init() {}

  /// Proves steps, and calls a closure with each proof right after the step.
  ///
  /// - Parameters:
  ///   - steps: steps to prove, in any order.
  ///   - interval: proves every step that this number divides, including step 0. If it is 0, only
  ///     `steps` count.
  ///   - body: receives each proof. If it throws, the run ends.
  public mutating func prove(
    at steps: [UInt64] = [], every interval: UInt64 = 0, _ body: @escaping (Proof) throws -> Void
  ) {
    proofs.append(Event(steps: Self.patterns(steps, interval), body: body))
  }

  /// Calls a closure before steps are executed. It may save the machine, compute its claim, or report
  /// the progress.
  ///
  /// - Parameters:
  ///   - steps: steps to pause at, in any order. The run does not pause at the step at which it stops.
  ///   - interval: pauses at every step that this number divides, including step 0. If it is 0, only
  ///     `steps` count.
  ///   - body: receives the machine, which stays in its state. If it throws, the run ends.
  public mutating func pause(
    at steps: [UInt64] = [], every interval: UInt64 = 0,
    _ body: @escaping (Machine) throws -> Void
  ) {
    pauses.append(Event(steps: Self.patterns(steps, interval), body: body))
  }

  private static func patterns(_ steps: [UInt64], _ interval: UInt64) -> StepPatterns {
    StepPatterns(of: steps.map { .at($0) } + (interval == 0 ? [] : [.every(interval)]))
  }

  var schedule: RunSchedule {
    var schedule = RunSchedule()
    schedule.proofs = StepPatterns(of: proofs.flatMap(\.steps.patterns))
    schedule.snapshots = StepPatterns(of: pauses.flatMap(\.steps.patterns))
    schedule.asksAfterPreimageReads = stopsAfterPreimageReads
    return schedule
  }
}

/// Why a run stopped. Later releases may add reasons.
public struct StopReason: Hashable, Sendable, CustomStringConvertible {
  /// The reason as a word.
  public let description: String

  private init(_ description: String) { self.description = description }

  /// The run has reached its last step.
  public static let step = StopReason("step")
  /// The program exited.
  public static let exited = StopReason("exited")
  /// The last step read part of a pre-image.
  public static let preimageRead = StopReason("preimage-read")
  /// The next instruction is at one of ``RunEvents/stopAddresses``.
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

/// Why a run ended early.
enum EventFailure: Error {
  case machine(MachineError)
  case caller(any Error)
  case cancelled
}

/// Calls the closures of a caller's events.
struct EventObserver: RunObserver {
  typealias Failure = EventFailure

  let events: RunEvents
  let machine: Machine
  let cancellation: Cancellation?

  func attend() throws(EventFailure) {
    // Between events that follow one another closely the machine itself does not ask.
    if cancellation?.isRequested == true { throw .cancelled }
  }

  func report() {}

  func snapshot() throws(EventFailure) { try call(events.pauses, at: machine.step, with: machine) }

  func prepare() throws(EventFailure) -> UInt64 {
    // A closure may have set another source.
    do { try machine.connect() } catch { throw .caller(error) }
    return .max
  }

  func proved(_ witness: StepWitness) throws(EventFailure) {
    try call(
      events.proofs, at: witness.step, with: Proof(StepProof(witness), machine.inner.version))
  }

  func stops(after read: PreimageRead, step: UInt64) -> Bool { true }

  func failure(_ error: MachineError) -> EventFailure { .machine(error) }

  private func call<Value>(
    _ events: [RunEvents.Event<Value>], at step: UInt64, with value: Value
  ) throws(EventFailure) {
    for event in events where event.steps.matches(step) {
      do { try event.body(value) } catch { throw .caller(error) }
    }
  }
}
