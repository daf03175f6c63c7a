import FalconetStreams
import FalconetSystem
import SystemPackage

/// States of a trace in files, by their steps.
///
/// A file counts only if its claim was logged, which is done right before it appears, so a state of
/// another trace is never taken for one of this. The object also keeps the whole directory within its
/// budget.
class StateFiles {
  final let directory: TraceDirectory
  final let claims: ClaimLog
  /// Bytes that the directory may have.
  final let budget: UInt64
  /// Which states to discard.
  final var policy = RetentionPolicy()
  /// The step of the prestate.
  final let first: UInt64
  /// Ascending.
  private(set) final var steps: [UInt64]

  init(
    _ directory: TraceDirectory, _ claims: ClaimLog, _ steps: [UInt64], first: UInt64,
    _ options: TraceOptions
  ) {
    self.directory = directory
    self.claims = claims
    self.first = first
    budget = options.diskBudget
    self.steps = []
    for step in steps {
      if step > first, claims[step - 1] != nil {
        self.steps.append(step)
      } else {
        directory.quarantine(directory.snapshot(step), "its claim is not known")
      }
    }
  }

  /// The step of the last state at or before a step.
  final func nearest(to step: UInt64) -> UInt64? { steps.last { $0 <= step } }

  /// Counts a file that is there, and whose claim was logged.
  final func add(_ step: UInt64) {
    steps.insert(step, at: steps.firstIndex { $0 > step } ?? steps.count)
  }

  // MARK: Discarding

  /// Whether so many more bytes are within the budget.
  final func hasRoom(_ bytes: UInt64) -> Bool {
    let used = directory.used
    return used <= budget && bytes <= budget - used
  }

  /// Empties the quarantine, and discards states of less value than that of a step, until there is room
  /// for its bytes. If that does not make enough room, no state is discarded.
  ///
  /// - Returns: whether there is room.
  final func makeRoom(forState step: UInt64, _ bytes: UInt64) throws(TraceError) -> Bool {
    try directory.clearQuarantine { hasRoom(bytes) }
    var remaining = steps
    var discarded: [UInt64] = []
    var freed: UInt64 = 0
    while !hasRoom(bytes.subtractingClamped(freed)) {
      let all = [first] + (remaining + [step]).sorted()
      guard let position = policy.leastValuable(all), all[position] != step else { return false }
      discarded.append(all[position])
      remaining.removeAll { $0 == all[position] }
      freed +=
        TraceDirectory.size(directory.snapshot(all[position]))
        + TraceDirectory.size(directory.hint(all[position]))
    }
    discarded.forEach(drop)
    return hasRoom(bytes)
  }

  /// Discards what is in quarantine, states, step data, and the cached prestate, in this order, until
  /// there is room for more bytes.
  ///
  /// - Parameter sparesStepData: whether no more than states may be discarded.
  final func makeRoom(for bytes: UInt64, sparesStepData: Bool = false) throws(TraceError) {
    try directory.clearQuarantine { hasRoom(bytes) }
    // The prestate, which is not in the directory, is what the first state goes back to.
    while !hasRoom(bytes), let position = policy.leastValuable([first] + steps) {
      drop(steps[position - 1])
    }
    if hasRoom(bytes) { return }
    if sparesStepData {
      throw .budget(path: directory.path.fileName, budget: budget, needed: bytes)
    }
    for index in try directory.numbers(in: directory.proofs, suffixes: [".json.gz"]) {
      directory.remove(directory.proof(index))
      if hasRoom(bytes) { return }
    }
    directory.remove(directory.prestate)
    if hasRoom(bytes) { return }
    throw .budget(path: directory.path.fileName, budget: budget, needed: bytes)
  }

  /// Quarantines a state, and the hint before it.
  final func quarantine(_ step: UInt64, _ reason: String) {
    let hint = directory.hint(step)
    if FileStatus.exists(hint) { directory.quarantine(hint, reason) }
    directory.quarantine(directory.snapshot(step), reason)
    drop(step)
  }

  /// Quarantines the states after some indices, and the hints before them.
  final func quarantine(after indices: Set<UInt64>, _ reason: String) {
    for step in steps where indices.contains(step - 1) { quarantine(step, reason) }
  }

  final func drop(_ step: UInt64) {
    steps.removeAll { $0 == step }
    directory.remove(directory.snapshot(step))
    directory.remove(directory.hint(step))
  }
}
