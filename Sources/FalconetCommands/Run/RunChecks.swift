import FalconetBisect
import FalconetMachine
import FalconetProofs
import FalconetRun
import Logging

/// Checks the steps that a run proves: by plain steps on a second machine, by another VM.
final class RunChecks {
  private let plan: RunPlan
  private let machine: Machine
  private let logger: Logger
  private let confirmer: Confirmer?
  private let shadow: Shadow?
  private let hints: HintLog?
  /// The hints at the marks, for a machine that is taken back.
  private var markedHints = (confirmer: RecentHints(), shadow: RecentHints())

  init(_ plan: RunPlan, _ machine: Machine, _ hints: HintLog?, _ logger: Logger)
    throws(CommandError)
  {
    self.plan = plan
    self.machine = machine
    self.logger = logger
    self.hints = hints
    confirmer =
      plan.checks.confirms ? Confirmer(machine, stretch: plan.checks.confirmSteps) : nil
    guard let shadowed = plan.checks.shadow else {
      shadow = nil
      return
    }
    do throws(ShadowError) {
      shadow = try Shadow(
        machine,
        Shadow.Options(
          program: shadowed.program, server: [OwnProgram.path, "serve-preimages"],
          timeout: shadowed.timeout, stretch: shadowed.steps,
          cancellation: Interruption.cancellation))
      // A program that does not start, or does not know the version, is noticed now.
      try shadow?.check()
    } catch { throw Self.command(error) }
  }

  /// Marks the machine at its present step, if a step to be checked is near.
  ///
  /// - Returns: the steps until that may be so next.
  func mark() throws(CommandError) -> UInt64 {
    var next = UInt64.max
    if let confirmer, let step = upcoming(plan.proofs), !confirmer.covers(step) {
      let start = confirmer.start(for: step)
      if machine.step >= start {
        confirmer.mark()
        markedHints.confirmer = hints?.recent ?? RecentHints()
      } else {
        confirmer.rest()
        next = start - machine.step
      }
    }
    if let shadow, let step = upcoming(plan.checks.shadowAt), !shadow.covers(step) {
      let start = shadow.start(for: step)
      if machine.step >= start {
        do throws(ShadowError) { try shadow.mark() } catch { throw Self.command(error) }
        markedHints.shadow = hints?.recent ?? RecentHints()
      } else {
        next = min(next, start - machine.step)
      }
    }
    return next
  }

  /// Removes temporary files, at the end of the run.
  func end() { shadow?.end() }

  /// The first step from here on that matches, if the run is not known to stop before.
  private func upcoming(_ patterns: StepPatterns) -> UInt64? {
    let step = machine.step
    guard let distance = patterns.matches(step) ? 0 : patterns.distance(after: step) else {
      return nil
    }
    if let stop = plan.stop.distance(after: step), stop <= distance { return nil }
    // Past the counter's end nothing is marked ahead: the check of such a step says so.
    let (next, isPastEnd) = step.addingReportingOverflow(distance)
    return isPastEnd ? nil : next
  }

  /// Checks the step that the machine just proved, before anything of it is written. If it fails, the
  /// machine returns to the last state that was confirmed.
  func check(_ witness: StepWitness) throws(CommandError) {
    if let confirmer, plan.proofs.matches(witness.step) {
      do throws(ConfirmationFailure) {
        let confirmation = try confirmer.confirm(witness)
        logger.info(
          "Confirmed proof",
          metadata: [
            "step": .stringConvertible(witness.step),
            "from": .stringConvertible(confirmation.from),
            "steps": .stringConvertible(confirmation.steps),
            "milliseconds": .stringConvertible(confirmation.milliseconds),
          ])
      } catch {
        confirmer.goBack()
        hints?.recent = markedHints.confirmer
        throw Self.command(error)
      }
    }
    if let shadow, plan.checks.shadowAt.matches(witness.step) {
      let clock = ContinuousClock()
      let start = clock.now
      do throws(ShadowError) { try shadow.compare(witness) } catch {
        shadow.goBack()
        hints?.recent = markedHints.shadow
        throw Self.command(error)
      }
      logger.info(
        "The shadow agrees",
        metadata: [
          "step": .stringConvertible(witness.step), "post": "\(witness.post)",
          "milliseconds": .stringConvertible(Int((clock.now - start) / .milliseconds(1))),
        ])
    }
  }

  private static func command(_ error: ConfirmationFailure) -> CommandError {
    if case .interrupted = error { return .interrupted }
    return CommandError("\(error)")
  }

  private static func command(_ error: ShadowError) -> CommandError {
    if case .interrupted = error { return .interrupted }
    return CommandError("\(error)")
  }
}
