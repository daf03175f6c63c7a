import FalconetMachine
import FalconetProofs
import Keccak

/// Step data that was confirmed, and what that took.
package struct ConfirmedStep: Sendable {
  package let step: TraceStep
  package let confirmation: Confirmation
}

extension TraceCore {
  /// The step data at an index, from an execution of now that a second one by plain steps confirms,
  /// whether the folder has it or not. What is known is compared.
  func confirmedStep(at index: UInt64, stretch: UInt64) throws(TraceError) -> ConfirmedStep {
    try check(index)
    guard index >= prestate.step else {
      throw .beforePrestate(index: index, step: prestate.step)
    }
    try checkInputs()
    // Past the end, the last step is what is confirmed.
    let target = min(index, end?.index ?? .max)
    let start = max(prestate.step, target > stretch ? target - stretch : 0)
    let machine = try advance(to: start)
    guard !machine.hasExited else { return try confirmedEnd(index, stretch) }
    let (witness, confirmation) = try confirm(machine, target, stretch)
    guard let witness, let confirmation else { return try confirmedEnd(index, stretch) }

    let proof = StepProof(witness)
    if let known = knownStep(target, isAlone: true), !known.isPastEnd {
      guard known.proof.post == proof.post else {
        throw .contradiction(index: target, known: known.proof.post, computed: proof.post)
      }
    }
    guard let step = try keep(proof, at: target) else { throw .interrupted }
    guard index > target else { return ConfirmedStep(step: step, confirmation: confirmation) }
    guard let last = knownStep(index, isAlone: true) else { throw .interrupted }
    guard last.claim == proof.post else {
      throw .contradiction(index: target, known: last.claim, computed: proof.post)
    }
    return ConfirmedStep(step: last, confirmation: confirmation)
  }

  /// The end became known on the way: once more, for the last step.
  private func confirmedEnd(_ index: UInt64, _ stretch: UInt64) throws(TraceError) -> ConfirmedStep
  {
    guard let end, index >= end.index else { throw .interrupted }
    return try confirmedStep(at: index, stretch: stretch)
  }

  /// Executes up to a step, proves it, and has that confirmed. Nil if the program exits before it.
  private func confirm(
    _ machine: Machine, _ target: UInt64, _ stretch: UInt64
  ) throws(TraceError) -> (StepWitness?, Confirmation?) {
    let confirmer = Confirmer(machine, stretch: stretch)
    defer { confirmer.detach() }
    confirmer.mark()
    while machine.step < target, !machine.hasExited { try run(machine, until: target) }
    try noteEnd(machine)
    guard let witness = try prove(machine) else { return (nil, nil) }
    do throws(ConfirmationFailure) {
      let confirmation = try confirmer.confirm(witness)
      executed &+= confirmation.steps
      return (witness, confirmation)
    } catch {
      confirmer.goBack()
      switch error {
      case .interrupted: throw .interrupted
      case .machine(let failure): throw .machine(failure)
      case .claim, .data, .proof, .execution: throw .unconfirmed(error)
      }
    }
  }
}
