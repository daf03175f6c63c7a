import Falconet
import SystemPackage

/// The states that one run keeps for those that follow: when they are due, and which may be saved.
final class KeptStateSeries {
  private let states: KeptStates
  private let hints: HintWatch
  /// The step at which the next state is due.
  private(set) var next: UInt64 = 0

  /// - Returns: nil where the plan keeps none.
  init?(_ plan: RunPlan, _ machine: Machine) throws(StreamError) {
    guard plan.keptStates > 0 else { return nil }
    let name = plan.snapshotName
    // Not beside the snapshots where that can be helped: op-challenger wonders about what it finds
    // there.
    let hasFile = !plan.output.isEmpty && plan.output != "-"
    let neighbour = FilePath(hasFile ? plan.output : name.name(step: 0))
    let folder = neighbour.removingLastComponent().string
    states = try KeptStates(
      folder: folder.isEmpty ? "." : folder, limit: plan.keptStates, start: machine.step
    ) { name.name(step: $0) }
    hints = HintWatch(machine.oracle)
    machine.oracle = hints
    next = states.next(after: machine)
  }

  /// Whether the machine's state is to be saved, at the step where one is due.
  ///
  /// - Parameter isSaved: whether it is saved anyway.
  func admit(_ machine: Machine, isSaved: Bool) throws(StreamError) -> Bool {
    // A run that starts between a hint and what it is for has a host that was told nothing.
    guard !hints.isPending else {
      next = machine.step + 1000
      return false
    }
    defer { next = states.next(after: machine) }
    return isSaved ? false : try states.admit(machine)
  }

  /// Notes where the run ended, and says whether that state is to be saved.
  func end(_ machine: Machine) throws(StreamError) -> Bool {
    try states.end(machine, maySave: !hints.isPending)
  }

  /// Gives up the state that the run started from, if a run kept it: it could not go on for want of
  /// a pre-image.
  func forgetStart() throws(StreamError) { try states.forgetStart() }
}

/// Passes pre-images and hints on, and knows whether a hint was sent since the last pre-image.
final class HintWatch: PreimageOracle {
  private var source: any PreimageOracle
  private(set) var isPending = false

  init(_ source: any PreimageOracle) { self.source = source }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let preimage = try source.preimage(for: key)
    isPending = false
    return preimage
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    try source.hint(hint)
    isPending = true
  }
}
