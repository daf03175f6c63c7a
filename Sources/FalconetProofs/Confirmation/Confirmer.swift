import FalconetMachine
import Keccak

/// What it took to confirm a proof.
package struct Confirmation: Sendable, Equatable {
  /// The step that the second execution started at.
  package let from: UInt64
  /// Steps executed once more, the proved one with them.
  package let steps: UInt64
  /// Making the second machine, executing, hashing all of its memory, and verifying.
  package let time: Duration

  /// ``time`` in milliseconds.
  package var milliseconds: UInt64 { UInt64(max(0, time / .milliseconds(1))) }
}

/// Why a proof is not confirmed.
package enum ConfirmationFailure: Error, Sendable, CustomStringConvertible {
  /// The claims before the step (`isPre`) or after it differ.
  case claim(step: UInt64, isPre: Bool, engine: Bytes32, plain: Bytes32)
  /// The claims are the same, and something else of the proof is not.
  case data(step: UInt64, claim: Bytes32, part: String)
  /// The proof does not hold by itself.
  case proof(step: UInt64, claim: Bytes32, ProofFault?)
  /// The second execution did not get as far.
  case execution(step: UInt64, claim: Bytes32, String)
  /// There was no memory for the second machine, or the like.
  case machine(MachineError)
  case interrupted

  package var description: String {
    switch self {
    case .claim(let step, let isPre, let engine, let plain):
      "the proof of step \(step) is not confirmed: the claim \(isPre ? "before" : "after") the step is"
        + " \(engine) by the engine and \(plain) by the plain step" + Self.remedy
    case .data(let step, let claim, let part):
      "the proof of step \(step), with the claim \(claim) after it, is not confirmed: the plain step"
        + " has another \(part)" + Self.remedy
    case .proof(let step, let claim, let fault):
      "the proof of step \(step), with the claim \(claim) after it, does not hold: "
        + (fault.map { "\($0)" } ?? "it fits no known version") + Self.remedy
    case .execution(let step, let claim, let text):
      "the proof of step \(step), with the claim \(claim) before it, is not confirmed: the plain step"
        + " does not reach it: \(text)" + Self.remedy
    case .machine(let error): "a proof cannot be confirmed: \(error)"
    case .interrupted: "interrupted"
    }
  }

  private static let remedy =
    "; no result of this run can be trusted: report it with the snapshot and the pre-images"
}

/// Confirms proofs: executes the steps before one once more, by plain steps on a second machine with
/// a memory of its own, and compares claims and proof data; then verifies the proof from its data
/// alone.
///
/// The second machine starts from a checkpoint of the first, at most ``stretch`` steps before the
/// proved one. It finds what an engine did wrong in that stretch, and what is wrong with hashes that
/// were kept: it hashes everything itself. An error from before the checkpoint it shares.
/// Pre-images are asked for once: it gets what the first machine got.
///
/// ```swift
/// let confirmer = Confirmer(machine)
/// _ = try machine.run(until: confirmer.start(for: step))
/// confirmer.mark()
/// _ = try machine.run(until: step)
/// if let witness = try machine.prove() { print(try confirmer.confirm(witness)) }
/// ```
package final class Confirmer {
  /// The most steps before a proof's that are executed once more, unless told.
  package static let usualStretch: UInt64 = 10_000_000

  /// The most steps before the proved one that are executed once more.
  package let stretch: UInt64
  private let machine: Machine
  private let record = AnswerRecord()
  private let recorder: AnswerRecorder
  /// Where the first machine was marked last.
  private var seed: TwinSeed?
  /// The second machine, while it may serve the next proof.
  private var twin: Machine?

  /// Puts itself between the machine and its source of pre-images.
  package init(_ machine: Machine, stretch: UInt64 = Confirmer.usualStretch) {
    self.machine = machine
    self.stretch = stretch
    recorder = AnswerRecorder(machine.oracle, record)
    machine.oracle = recorder
  }

  /// Gives the machine its source of pre-images back.
  package func detach() {
    rest()
    machine.oracle = recorder.source
  }

  /// The step at which the machine must be marked for a proof of `step`, if it is not behind it.
  package func start(for step: UInt64) -> UInt64 { step > stretch ? step - stretch : 0 }

  /// Whether a proof of `step` can be confirmed from what is marked.
  package func covers(_ step: UInt64) -> Bool {
    guard let from = twin?.step ?? seed?.checkpoint.step else { return false }
    return from <= step && step - from <= stretch
  }

  /// Marks where the machine is as the start of the next stretch.
  package func mark() {
    twin = nil
    seed = machine.twinSeed()
    record.start()
  }

  /// Frees everything until the next mark.
  package func rest() {
    twin = nil
    seed = nil
    record.stop()
  }

  /// Takes the machine back to the last mark, when nothing is known to be wrong.
  package func goBack() {
    guard let seed else { return }
    machine.restore(seed.checkpoint)
  }

  /// Confirms what the machine proved in its last step.
  ///
  /// - Precondition: ``covers(_:)`` its step, and every step since the mark was executed on the machine.
  package func confirm(_ witness: StepWitness) throws(ConfirmationFailure) -> Confirmation {
    let clock = ContinuousClock()
    let begin = clock.now
    let twin = try preparedTwin()
    let from = twin.step
    try advance(twin, to: witness)
    let again: StepWitness?
    do throws(MachineError) { again = try twin.prove() } catch {
      throw Self.failure(error, witness)
    }
    guard let again else {
      throw .execution(step: witness.step, claim: witness.pre, "the program has exited")
    }
    try Self.compare(witness, again)
    let verdict = ProofVerifier.verify(
      StepProof(witness), version: machine.version, revisions: [machine.revision])
    guard verdict.holds else {
      throw .proof(
        step: witness.step, claim: witness.post,
        verdict.fault ?? verdict.findings.compactMap(\.fault).first)
    }
    // The machine is where the second one is, so a mark costs little and a way back stays short.
    if let seed, machine.step &- seed.checkpoint.step > stretch { self.seed = machine.twinSeed() }
    return Confirmation(
      from: from, steps: twin.step &- from, time: clock.now - begin)
  }

  private func preparedTwin() throws(ConfirmationFailure) -> Machine {
    if let twin { return twin }
    let made: Machine?
    do throws(HostMemoryError) {
      made = try seed?.machine(oracle: AnswerReplay(record))
    } catch { throw .machine(.memory(error, step: machine.step, pc: 0)) }
    guard let made else {
      throw .execution(
        step: machine.step, claim: machine.claim(), "the machine was not marked before")
    }
    made.shouldInterrupt = { [machine] in machine.shouldInterrupt() }
    twin = made
    return made
  }

  private func advance(_ twin: Machine, to witness: StepWitness) throws(ConfirmationFailure) {
    guard twin.step != witness.step else { return }
    let reason: StopReason
    do throws(MachineError) { reason = try twin.run(until: witness.step) } catch {
      throw Self.failure(error, witness)
    }
    switch reason {
    case .step: break
    case .interrupted: throw .interrupted
    case .exited, .preimageRead, .stopRange:
      throw .execution(step: witness.step, claim: witness.pre, "it stopped at step \(twin.step)")
    }
  }

  private static func failure(
    _ error: MachineError, _ witness: StepWitness
  ) -> ConfirmationFailure {
    switch error {
    case .memory: .machine(error)
    case .fault, .preimage, .engines:
      .execution(step: witness.step, claim: witness.pre, "\(error)")
    }
  }

  private static func compare(
    _ mine: StepWitness, _ again: StepWitness
  ) throws(ConfirmationFailure) {
    if mine.pre != again.pre {
      throw .claim(step: mine.step, isPre: true, engine: mine.pre, plain: again.pre)
    }
    if mine.post != again.post {
      throw .claim(step: mine.step, isPre: false, engine: mine.post, plain: again.post)
    }
    let parts = [
      ("step", mine.step == again.step), ("witness", mine.stateData == again.stateData),
      ("proof data", mine.proofData == again.proofData),
      ("pre-image", mine.preimage == again.preimage),
    ]
    if let part = parts.first(where: { !$0.1 }) {
      throw .data(step: mine.step, claim: mine.post, part: part.0)
    }
  }
}
