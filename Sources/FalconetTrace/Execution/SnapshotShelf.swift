import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak

/// States of a trace in files, by their steps.
///
/// A file counts only where its claim was logged, which is done right before it appears, so a state
/// of another trace is never taken for one of this.
final class SnapshotShelf {
  /// A state that is being written.
  private struct Pending {
    let machine: Machine
    let checkpoint: Checkpoint
  }

  private let folder: TraceFolder
  private let claims: ClaimLog
  private let budget: UInt64
  /// The step of the prestate.
  private let first: UInt64
  private let writer = SnapshotWriter()
  /// Ascending.
  private(set) var steps: [UInt64]
  private var pending: Pending?
  private let file: SnapshotFile

  init(
    _ folder: TraceFolder, _ claims: ClaimLog, _ steps: [UInt64], first: UInt64,
    _ options: TraceOptions
  ) {
    self.folder = folder
    self.claims = claims
    self.first = first
    file = SnapshotFile(folder, claims)
    budget = options.diskBudget
    self.steps = []
    for step in steps {
      if step > first, claims[step - 1] != nil {
        self.steps.append(step)
      } else {
        folder.putAside(folder.snapshot(step), "no claim of it is known")
      }
    }
  }

  /// The folder's lock is not given up in the middle of a file.
  deinit { try? writer.finish() }

  /// The step of the last state at or before a step.
  func nearest(to step: UInt64) -> UInt64? { steps.last { $0 <= step } }

  /// Whether a state of a step is there, or is being written.
  func has(_ step: UInt64) -> Bool {
    pending?.checkpoint.step == step || steps.contains(step)
  }

  // MARK: Reading

  /// Reads a state and the last hint before it, all checked; nil where the file is wrong, which is
  /// then put aside.
  func load(_ step: UInt64) throws(TraceError) -> (image: MemoryImage, hint: [UInt8]?)? {
    let file = folder.snapshot(step)
    do throws(StreamError) {
      let image = try Snapshot.load(path: file.fileName)
      let claim = image.state.claim(
        witness: image.state.witness(memoryRoot: image.memory.root()))
      if image.state.scalars.step == step, claim == claims[step - 1] {
        return (image, SavedHint.read(folder.hint(step), folder))
      }
      folder.putAside(file, "its claim is not the one that was written")
    } catch {
      if error.isOfSystem { throw .file(error) }
      if error.kind != .notFound { folder.putAside(file, error.description) }
    }
    drop(step)
    return nil
  }

  // MARK: Writing

  /// Has the machine's state written while the machine goes on, if there is room for it, or states
  /// of less worth can be given up. A full disk is no error: the question that is under way may
  /// yet be answered.
  func store(
    _ machine: Machine, _ hint: [UInt8]?, _ policy: RetentionPolicy
  ) throws(TraceError) {
    try settle()
    let step = machine.step
    guard !has(step), step > first, hint.map({ SavedHint.hasRoom(for: $0) }) ?? true else { return }
    let hint = hint.map { SavedHint.encode($0) }
    let needed = file.expectedSize + UInt64(hint?.count ?? 0)
    guard try makeRoom(forState: step, needed, policy) else { return }
    do throws(TraceError) {
      try folder.makeFolder(folder.snapshots)
      if let hint { try folder.write(hint, to: folder.hint(step)) }
    } catch {
      guard error.isWantOfRoom else { throw error }
      return folder.noteUnkept(folder.snapshot(step), error)
    }
    try submit(machine)
  }

  private func submit(_ machine: Machine) throws(TraceError) {
    let checkpoint = machine.checkpoint(keepsRoots: true)
    pending = Pending(machine: machine, checkpoint: checkpoint)
    let limit = budget.subtractingClamped(folder.used + UInt64(ClaimRecord.size))
    do throws(StreamError) {
      try writer.submit { [file] () throws(StreamError) in try file.write(checkpoint, limit) }
    } catch { throw .file(error) }
  }

  /// Waits for what is being written.
  func settle() throws(TraceError) {
    guard let pending else { return }
    self.pending = nil
    defer { pending.machine.memory.release(pending.checkpoint.memory) }
    let step = pending.checkpoint.step
    do throws(StreamError) { try writer.finish() } catch {
      folder.remove(folder.hint(step))
      guard error.isWantOfRoom else { throw .file(error) }
      return folder.noteUnkept(folder.snapshot(step), .file(error))
    }
    if TraceFolder.isRegular(folder.snapshot(step)) {
      folder.noteKept()
      add(step)
    } else {
      folder.remove(folder.hint(step))
    }
  }

  /// Counts a file that is there, and whose claim was logged.
  func add(_ step: UInt64) {
    steps.insert(step, at: steps.firstIndex { $0 > step } ?? steps.count)
  }

  // MARK: Giving up

  /// Whether so many more bytes are within the budget.
  func hasRoom(_ bytes: UInt64) -> Bool {
    let used = folder.used
    return used <= budget && bytes <= budget - used
  }

  /// Gives up what was put aside, and states of less worth than that of a step, until there is room
  /// for its bytes. Where there is none, no state is given up.
  ///
  /// - Returns: whether there is room.
  func makeRoom(
    forState step: UInt64, _ bytes: UInt64, _ policy: RetentionPolicy
  ) throws(TraceError) -> Bool {
    try folder.clearQuarantine { hasRoom(bytes) }
    var kept = steps
    var given: [UInt64] = []
    var freed: UInt64 = 0
    while !hasRoom(bytes.subtractingClamped(freed)) {
      let all = [first] + (kept + [step]).sorted()
      guard let position = policy.leastValuable(all), all[position] != step else { return false }
      given.append(all[position])
      kept.removeAll { $0 == all[position] }
      freed +=
        TraceFolder.size(folder.snapshot(all[position]))
        + TraceFolder.size(folder.hint(all[position]))
    }
    given.forEach(drop)
    return hasRoom(bytes)
  }

  /// Gives up what was put aside, states, step data, and what is remembered of the prestate, in
  /// this order, until there is room for more bytes.
  ///
  /// - Parameter sparesStepData: whether no more than states may be given up.
  func makeRoom(
    for bytes: UInt64, _ policy: RetentionPolicy, sparesStepData: Bool = false
  ) throws(TraceError) {
    try folder.clearQuarantine { hasRoom(bytes) }
    // The prestate, which is not in the folder, is what the first state goes back to.
    while !hasRoom(bytes), let position = policy.leastValuable([first] + steps) {
      drop(steps[position - 1])
    }
    if hasRoom(bytes) { return }
    if sparesStepData {
      throw .budget(path: folder.path.fileName, budget: budget, needed: bytes)
    }
    for index in try folder.numbers(in: folder.proofs, suffixes: [".json.gz"]) {
      folder.remove(folder.proof(index))
      if hasRoom(bytes) { return }
    }
    folder.remove(folder.prestate)
    if hasRoom(bytes) { return }
    throw .budget(path: folder.path.fileName, budget: budget, needed: bytes)
  }

  private func drop(_ step: UInt64) {
    steps.removeAll { $0 == step }
    folder.remove(folder.snapshot(step))
    folder.remove(folder.hint(step))
  }
}
