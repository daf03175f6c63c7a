import FalconetMachine

/// The steps at which a run does something.
package struct RunSchedule: Sendable {
  package var progress = StepPatterns.never
  package var stop = StepPatterns.never
  package var snapshots = StepPatterns.never
  /// Steps that are proved.
  package var proofs = StepPatterns.never
  /// Whether ``RunObserver/stops(after:step:)`` is called after each read of a pre-image.
  package var asksAfterPreimageReads = false

  package init() {}

  /// How many steps after `step` something is to happen next.
  package func stepsToEvent(after step: UInt64) -> UInt64 {
    [progress, proofs, snapshots, stop].compactMap { $0.distance(after: step) }.min() ?? .max
  }

  /// The step at which the run stops, if one is known from `step` on.
  package func knownStop(from step: UInt64) -> UInt64? {
    stop.matches(step) ? step : stop.distance(after: step).map { step &+ $0 }
  }
}

/// Why a run ended.
package enum RunEnd: Sendable {
  case exited
  /// A step of ``RunSchedule/stop`` is reached.
  case stop
  /// The machine is in its ``Machine/stopRange``.
  case stopRange
  /// The observer stopped after a read of a pre-image.
  case preimageRead
  /// ``Machine/shouldInterrupt`` returned true.
  case interrupted
}

/// What happens at the events of a run.
///
/// At one step things happen in this order: ``attend()``, progress, stop, snapshot, ``prepare()``,
/// ``proving()``, proof.
package protocol RunObserver<Failure> {
  associatedtype Failure: Error

  /// Called before each stretch of steps.
  func attend() throws(Failure)
  /// A step of ``RunSchedule/progress`` is reached.
  func report() throws(Failure)
  /// A step of ``RunSchedule/snapshots`` is reached.
  func snapshot() throws(Failure)
  /// Called before steps are executed.
  ///
  /// - Returns: steps after which it has to be called again at the latest.
  func prepare() throws(Failure) -> UInt64
  /// Called before a stretch of this many steps or fewer is executed without an event.
  func willExecute(_ steps: UInt64) throws(Failure)
  /// Called before a step is executed and proved.
  func proving() throws(Failure)
  /// A step was executed, and this proves it.
  func proved(_ witness: StepWitness) throws(Failure)
  /// Whether the run stops after `read`, which step `step` did.
  func stops(after read: PreimageRead, step: UInt64) -> Bool
  /// The error with which the run ends if the machine fails.
  func failure(_ error: MachineError) -> Failure
}

extension RunObserver {
  package func attend() {}
  package func prepare() -> UInt64 { .max }
  package func willExecute(_ steps: UInt64) {}
  package func proving() {}
}

/// An observer of a run whose schedule has only a stop: ``RunObserver/prepare()`` decides where it pauses.
package protocol PausingObserver: RunObserver {}

extension PausingObserver {
  package func report() {}
  package func snapshot() {}
  package func proved(_ witness: StepWitness) {}
  package func stops(after read: PreimageRead, step: UInt64) -> Bool { false }
}

extension Machine {
  /// Executes from event to event until the program exits, the schedule stops it, or something fails.
  ///
  /// - Parameter execute: executes a number of steps; nil is ``run(steps:stopAfterPreimageRead:)``.
  package func run<Observer: RunObserver>(
    _ schedule: RunSchedule, _ observer: Observer,
    execute: ((UInt64, Bool) throws(MachineError) -> StopReason)? = nil
  ) throws(Observer.Failure) -> RunEnd {
    while !hasExited {
      let start = step
      try observer.attend()
      if schedule.progress.matches(start) { try observer.report() }
      if isInStopRange { return .stopRange }
      if schedule.stop.matches(start) { return .stop }
      if schedule.snapshots.matches(start) { try observer.snapshot() }
      let bound = try observer.prepare()
      let read: PreimageRead?
      if schedule.proofs.matches(start) {
        try observer.proving()
        let witness: StepWitness?
        do { witness = try prove() } catch { throw observer.failure(error) }
        guard let witness else { continue }
        try observer.proved(witness)
        read = witness.preimage
      } else {
        let steps = min(schedule.stepsToEvent(after: start), bound)
        try observer.willExecute(steps)
        let reason: StopReason
        do throws(MachineError) {
          let asks = schedule.asksAfterPreimageReads
          if let execute {
            reason = try execute(steps, asks)
          } else {
            reason = try run(steps: steps, stopAfterPreimageRead: asks)
          }
        } catch { throw observer.failure(error) }
        if reason == .interrupted { return .interrupted }
        read = reason == .preimageRead ? lastPreimageRead : nil
      }
      if schedule.asksAfterPreimageReads, let read, observer.stops(after: read, step: step &- 1) {
        return .preimageRead
      }
    }
    return .exited
  }

  /// Executes as ``run(_:_:execute:)`` does, until `last` steps are executed in all. A machine past that
  /// step does nothing.
  ///
  /// - Returns: ``RunEnd/stop`` if the step is reached, even if the machine is in its
  ///   ``Machine/stopRange`` then.
  package func run<Observer: RunObserver>(
    until last: UInt64, _ schedule: RunSchedule, _ observer: Observer
  ) throws(Observer.Failure) -> RunEnd {
    // The schedule alone would continue until the counter of steps has started over.
    if last < step, !hasExited { return .stop }
    var schedule = schedule
    schedule.stop = StepPatterns(of: [.at(last)])
    let end = try run(schedule, observer)
    if case .stopRange = end, step == last { return .stop }
    return end
  }
}
