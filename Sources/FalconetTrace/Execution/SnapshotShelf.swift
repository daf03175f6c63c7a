import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Keccak
import Synchronization

/// States of a trace in files, by their steps.
///
/// A file counts only where its claim was logged when it was written, so a state of another trace is
/// never taken for one of this.
final class SnapshotShelf {
  private final class Finished: Sendable {
    let claims = Mutex<[(step: UInt64, claim: Bytes32)]>([])
  }

  private let folder: TraceFolder
  private let claims: ClaimLog
  private let budget: UInt64
  private let writer = SnapshotWriter()
  private let finished = Finished()
  /// Ascending.
  private(set) var steps: [UInt64] = []
  /// Being written, or written and not yet logged.
  private var pending: UInt64?

  init(_ folder: TraceFolder, _ claims: ClaimLog, _ options: TraceOptions) throws(TraceError) {
    self.folder = folder
    self.claims = claims
    budget = options.diskBudget
    for step in try folder.numbers(in: folder.snapshots, suffix: ".fsnap") {
      if step > 0, claims.claims[step - 1] != nil {
        steps.append(step)
      } else {
        folder.putAside(folder.snapshot(step), "no claim of it is known")
      }
    }
  }

  /// The step of the last state at or before a step.
  func nearest(to step: UInt64) -> UInt64? { steps.last { $0 <= step } }

  /// Whether a state of a step is there, or is being written.
  func has(_ step: UInt64) -> Bool { pending == step || steps.contains(step) }

  /// Counts a file that was written by someone else, and whose claim was logged.
  func add(_ step: UInt64) {
    steps.append(step)
    steps.sort()
  }

  /// Reads a state, all of it checked; nil where the file is wrong, which is then put aside.
  func load(_ step: UInt64) throws(TraceError) -> MemoryImage? {
    let file = folder.snapshot(step)
    do throws(StreamError) {
      let image = try Snapshot.load(path: file.string)
      let claim = image.state.claim(
        witness: image.state.witness(memoryRoot: image.memory.root()))
      if image.state.scalars.step == step, claim == claims.claims[step - 1] { return image }
      folder.putAside(file, "its claim is not the one that was written")
    } catch {
      switch error.kind {
      case .notFound: break
      case .system, .permission, .interrupted: throw .file(error)
      default: folder.putAside(file, error.description)
      }
    }
    steps.removeAll { $0 == step }
    return nil
  }

  /// Has the machine's state written while the machine goes on.
  func store(_ machine: Machine, _ policy: RetentionPolicy) throws(TraceError) {
    try settle(policy)
    let checkpoint = machine.checkpoint(keepsRoots: true)
    let path = folder.snapshot(checkpoint.step).string
    pending = checkpoint.step
    do throws(StreamError) {
      try writer.submit { [finished] () throws(StreamError) in
        var written: FsnapBase?
        try AtomicFile.write(path: path) { (sink) throws(StreamError) in
          written = try FsnapWriter.write(checkpoint, to: sink)
        }
        if let claim = written?.name.claim {
          finished.claims.withLock { $0.append((checkpoint.step, claim)) }
        }
      }
    } catch { throw .file(error) }
  }

  /// Waits for what is being written, logs it, and gives up states until the folder is within its
  /// budget.
  func settle(_ policy: RetentionPolicy) throws(TraceError) {
    pending = nil
    do { try writer.finish() } catch { throw .file(error) }
    let done = finished.claims.withLock { claims in
      defer { claims = [] }
      return claims
    }
    for (step, claim) in done {
      try claims.add(step - 1, claim)
      steps.append(step)
    }
    steps.sort()
    if !done.isEmpty { try thin(policy) }
  }

  /// Gives up states until the folder is within its budget.
  func thin(_ policy: RetentionPolicy) throws(TraceError) {
    var size = try folder.size()
    while size > budget, !steps.isEmpty {
      // The prestate, which is not in the folder, is what the first state goes back to.
      guard let position = policy.leastValuable([0] + steps) else { return }
      let file = folder.snapshot(steps.remove(at: position - 1))
      size -= min(TraceFolder.size(file), size)
      folder.remove(file)
    }
  }
}
