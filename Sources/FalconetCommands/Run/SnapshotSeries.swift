import Falconet

/// The snapshots of one run: each whole, or after the first only what changed since the one before.
final class SnapshotSeries {
  private let name: FileNameFormat
  private let writesDeltas: Bool
  /// The first snapshot, and the last one, where the next is to be a delta.
  private var first: FsnapBase?
  private var last: FsnapBase?

  init(_ plan: RunPlan) {
    name = plan.snapshotName
    writesDeltas = plan.writesDeltas
  }

  /// Writes the machine's state, under the name that its step gives.
  func save(_ machine: Machine) throws(StreamError) {
    guard !name.isEmpty else { return }
    let path = name.name(step: machine.step)
    let image = MemoryImage(machine)
    guard writesDeltas else { return try Snapshot.save(image, path: path) }
    // A chain that is as long as it may be starts again from the first snapshot.
    let options = FsnapOptions(base: last.flatMap { $0.canBeBase ? $0 : first })
    var written: FsnapBase?
    try AtomicFile.write(path: path) { (sink) throws(StreamError) in
      written = try FsnapWriter.write(image, to: sink, options)
    }
    last = written
    if first == nil { first = written }
  }
}
