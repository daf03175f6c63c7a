import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import Synchronization

/// Writes states into a folder, on the writer's thread. Nothing else adds to the folder meanwhile.
final class SnapshotFile: Sendable {
  private let folder: TraceFolder
  private let claims: ClaimLog
  private let expected = Mutex<UInt64>(0)

  init(_ folder: TraceFolder, _ claims: ClaimLog) {
    self.folder = folder
    self.claims = claims
  }

  /// Bytes that the next file is thought to take: somewhat more than the last one, or what the last
  /// one was to take where there was no room for it.
  var expectedSize: UInt64 { expected.withLock { $0 } }

  /// Writes a file of at most so many bytes. Where they don't do, no file appears.
  func write(_ checkpoint: Checkpoint, _ limit: UInt64) throws(StreamError) {
    let file = folder.snapshot(checkpoint.step)
    try folder.checkPlace()
    var budgeted: BudgetSink?
    do throws(StreamError) {
      try AtomicFile.write(path: file.fileName, permissions: 0o666) { (sink) throws(StreamError) in
        let sink = BudgetSink(sink, limit: limit)
        budgeted = sink
        let written = try FsnapWriter.write(checkpoint, to: sink)
        do throws(TraceError) {
          try claims.add(checkpoint.step - 1, written.name.claim, isDurable: true)
        } catch {
          if case .file(let error) = error { throw error }
          throw StreamError(.corrupt, path: file.fileName, message: error.description)
        }
        try folder.checkPlace()
      }
    } catch {
      guard let budgeted, budgeted.isFull else { throw error }
      expected.withLock { $0 = max(budgeted.count, $0) + $0 / 4 }
      return
    }
    let size = TraceFolder.size(file)
    folder.account(from: 0, to: size)
    expected.withLock { $0 = size + size / 8 }
  }
}
