import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// States of a trace in files, by their steps.
///
/// A file counts only if its claim was logged, which is done right before it appears, so a state of
/// another trace is never taken for one of this. The cache also keeps the whole directory within its
/// budget.
final class SnapshotCache {
  /// A state that is being written.
  private struct Pending {
    let machine: Machine
    let checkpoint: Checkpoint
  }

  private let directory: TraceDirectory
  private let claims: ClaimLog
  /// Bytes that the directory may have.
  let budget: UInt64
  private let pageLimit: Int
  /// Which states to discard.
  var policy = RetentionPolicy()
  /// The step of the prestate.
  private let first: UInt64
  private let writer = SnapshotWriter()
  /// Ascending.
  private(set) var steps: [UInt64]
  private var pending: Pending?
  private let file: SnapshotFile

  init(
    _ directory: TraceDirectory, _ claims: ClaimLog, _ steps: [UInt64], first: UInt64,
    _ options: TraceOptions
  ) {
    self.directory = directory
    self.claims = claims
    self.first = first
    file = SnapshotFile(directory, claims)
    budget = options.diskBudget
    pageLimit = options.pageLimit
    self.steps = []
    for step in steps {
      if step > first, claims[step - 1] != nil {
        self.steps.append(step)
      } else {
        directory.quarantine(directory.snapshot(step), "its claim is not known")
      }
    }
  }

  /// The directory's lock is not released in the middle of a file.
  deinit { try? writer.finish() }

  /// The step of the last state at or before a step.
  func nearest(to step: UInt64) -> UInt64? { steps.last { $0 <= step } }

  /// Whether a state of a step is there, or is being written.
  func has(_ step: UInt64) -> Bool {
    pending?.checkpoint.step == step || steps.contains(step)
  }

  // MARK: Reading

  /// Reads a state in any format.
  static func read(_ file: FilePath, pageLimit: Int) throws(StreamError) -> MemoryImage {
    let path = file.fileName
    return try Snapshot.load(
      from: FileSource(path: path),
      SnapshotReading(bases: .beside(file: path), pageLimit: pageLimit))
  }

  /// Reads a state and the last hint before it, all checked; nil if one of them is corrupt. Then both
  /// are quarantined.
  func load(_ step: UInt64) throws(TraceError) -> (image: MemoryImage, hint: [UInt8]?)? {
    let (file, hintFile) = (directory.snapshot(step), directory.hint(step))
    do throws(StreamError) {
      let image = try Self.read(file, pageLimit: pageLimit)
      let claim = image.state.claim(
        witness: image.state.witness(memoryRoot: image.memory.root()))
      if image.state.scalars.step == step, claim == claims[step - 1] {
        switch try HintFile.read(hintFile) {
        case .none: return (image, nil)
        case .hint(let hint): return (image, hint)
        case .corrupt(let reason):
          directory.quarantine(hintFile, reason)
          directory.quarantine(file, "the hint before it is corrupt")
        }
      } else {
        directory.quarantine(file, "its claim is not the one in the log")
      }
    } catch {
      if error.isOfSystem { throw .file(error) }
      if error.kind != .notFound { directory.quarantine(file, error.description) }
    }
    drop(step)
    return nil
  }

  // MARK: Writing

  /// Has the machine's state written while the machine goes on, if there is room for it, or states
  /// of less value can be discarded. A full disk is no error: the question may still be answered.
  ///
  /// - Parameter isAdopted: whether it was computed from an adopted state.
  func store(_ machine: Machine, _ hint: [UInt8]?, isAdopted: Bool) throws(TraceError) {
    try settle()
    let step = machine.step
    guard !has(step), step > first, hint.map({ HintFile.hasRoom(for: $0) }) ?? true else { return }
    let hint = hint.map { HintFile.encode($0) }
    let needed = file.expectedSize + UInt64(hint?.count ?? 0)
    guard try makeRoom(forState: step, needed) else { return }
    do throws(TraceError) {
      try directory.makeDirectory(directory.snapshots)
      if let hint { try directory.write(hint, to: directory.hint(step)) }
    } catch {
      guard error.isWantOfRoom else { throw error }
      return directory.reportUncached(directory.snapshot(step), error)
    }
    try submit(machine, isAdopted)
  }

  private func submit(_ machine: Machine, _ isAdopted: Bool) throws(TraceError) {
    let checkpoint = machine.checkpoint(keepsRoots: true)
    pending = Pending(machine: machine, checkpoint: checkpoint)
    let limit = budget.subtractingClamped(
      directory.used + ClaimLog.claimSize(isAdopted: isAdopted))
    do throws(StreamError) {
      try writer.submit { [file] () throws(StreamError) in
        try file.write(checkpoint, limit, isAdopted: isAdopted)
      }
    } catch { throw .file(error) }
  }

  /// Waits for what is being written.
  func settle() throws(TraceError) {
    guard let pending else { return }
    self.pending = nil
    defer { pending.machine.memory.release(pending.checkpoint.memory) }
    let step = pending.checkpoint.step
    do throws(StreamError) { try writer.finish() } catch {
      directory.remove(directory.hint(step))
      if let refusal = file.takeRefusal() { throw refusal }
      guard error.isWantOfRoom else { throw .file(error) }
      return directory.reportUncached(directory.snapshot(step), .file(error))
    }
    if FileStatus.isRegular(directory.snapshot(step)) {
      directory.reportCached()
      add(step)
    } else {
      directory.remove(directory.hint(step))
    }
  }

  /// Counts a file that is there, and whose claim was logged.
  func add(_ step: UInt64) {
    steps.insert(step, at: steps.firstIndex { $0 > step } ?? steps.count)
  }

  // MARK: Discarding

  /// Whether so many more bytes are within the budget.
  func hasRoom(_ bytes: UInt64) -> Bool {
    let used = directory.used
    return used <= budget && bytes <= budget - used
  }

  /// Empties the quarantine, and discards states of less value than that of a step, until there is room
  /// for its bytes. If that does not make enough room, no state is discarded.
  ///
  /// - Returns: whether there is room.
  func makeRoom(forState step: UInt64, _ bytes: UInt64) throws(TraceError) -> Bool {
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
  func makeRoom(for bytes: UInt64, sparesStepData: Bool = false) throws(TraceError) {
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

  /// Quarantines the states after some indices, and the hints before them.
  func quarantine(after indices: Set<UInt64>, _ reason: String) {
    for step in steps where indices.contains(step - 1) {
      let hint = directory.hint(step)
      if FileStatus.exists(hint) { directory.quarantine(hint, reason) }
      directory.quarantine(directory.snapshot(step), reason)
      drop(step)
    }
  }

  private func drop(_ step: UInt64) {
    steps.removeAll { $0 == step }
    directory.remove(directory.snapshot(step))
    directory.remove(directory.hint(step))
  }
}
