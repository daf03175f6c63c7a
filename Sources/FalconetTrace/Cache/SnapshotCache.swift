import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// The states of a machine's trace in files, which are written while the machine goes on.
final class SnapshotCache: StateFiles {
  /// A state that is being written.
  private struct Pending {
    let machine: Machine
    let checkpoint: Checkpoint
  }

  private let pageLimit: Int
  private let writer = SnapshotWriter()
  private var pending: Pending?
  private let file: SnapshotFile

  override init(
    _ directory: TraceDirectory, _ claims: ClaimLog, _ steps: [UInt64], first: UInt64,
    _ options: TraceOptions
  ) {
    file = SnapshotFile(directory, claims)
    pageLimit = options.pageLimit
    super.init(directory, claims, steps, first: first, options)
  }

  /// The directory's lock is not released in the middle of a file.
  deinit { try? writer.finish() }

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
}
