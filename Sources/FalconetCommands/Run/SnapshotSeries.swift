import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Synchronization

/// The snapshots of one run: each whole, or after the first only what changed since the one before.
///
/// They are written while the machine executes; one that is due while the one before is being written
/// waits for it.
final class SnapshotSeries {
  /// What deltas are written against. Set and read by one writing after the other.
  private struct Bases {
    /// The first snapshot, and the last one.
    var first: FsnapBase?
    var last: FsnapBase?
  }

  private final class SharedBases: Sendable {
    let mutex = Mutex(Bases())
  }

  private let name: FileNameFormat
  private let writesDeltas: Bool
  private let bases = SharedBases()
  private let writer = SnapshotWriter()

  init(_ plan: RunPlan) {
    name = plan.snapshotName
    writesDeltas = plan.writesDeltas
  }

  /// Whether a snapshot could not be written: the next call throws why.
  var hasFailed: Bool { writer.hasFailed }

  /// Has the machine's state written, under the name that its step gives.
  func save(_ machine: Machine) throws(StreamError) {
    guard !name.isEmpty else { return }
    // Before the checkpoint is taken, so that there are never two.
    try writer.finish()
    let path = name.name(step: machine.step)
    let checkpoint = try machine.checkpoint(for: path)
    guard writesDeltas else {
      return try writer.submit { () throws(StreamError) in
        try Snapshot.save(checkpoint, path: path, Interruption.cancellation)
      }
    }
    try writer.submit { [bases] () throws(StreamError) in
      // A chain that is as long as it may be starts again from the first snapshot.
      let options = FsnapOptions(
        base: bases.mutex.withLock { bases in
          bases.last.flatMap { $0.canBeBase ? $0 : bases.first }
        })
      var written: FsnapBase?
      try AtomicFile.write(path: path, Interruption.cancellation) { (sink) throws(StreamError) in
        written = try FsnapWriter.write(checkpoint, to: sink, options)
      }
      bases.mutex.withLock { [written] bases in
        bases.last = written
        if bases.first == nil { bases.first = written }
      }
    }
  }

  /// Waits until all snapshots are written.
  func finish() throws(StreamError) { try writer.finish() }
}

extension Machine {
  /// The machine as it is at this moment, to be written to a snapshot: with what its format, which
  /// the name tells, can use.
  func checkpoint(for path: String) throws(StreamError) -> Checkpoint {
    checkpoint(keepsRoots: try SnapshotFormat(fileName: path).statesRoots)
  }
}
