import FalconetStreams
import Glibc

/// Where the runs of one game keep states for one another.
package struct KeptStatesPlace {
  let record: KeptStatesRecord
  /// The name of a step's snapshot.
  let path: (UInt64) -> String

  /// - Parameters:
  ///   - folder: where the hidden file is that says which states are kept, the same for all runs of
  ///     a game.
  ///   - path: the name of a step's snapshot.
  package init(folder: String, path: @escaping (UInt64) -> String) {
    record = KeptStatesRecord(folder: folder)
    self.path = path
  }

  /// Gives up the state that a run was to start from, if it is a kept one, and its file could be
  /// read but holds no snapshot. The next run then starts further back.
  ///
  /// - Parameters:
  ///   - input: the file.
  ///   - error: why it could not be loaded.
  /// - Returns: whether the state was given up.
  /// - Throws: ``StreamError`` where the record can't be read or written.
  package func giveUp(_ input: String, after error: StreamError) throws(StreamError) -> Bool {
    switch error.kind {
    case .truncated, .corrupt, .checksum, .trailingData, .unsupported, .tooLarge, .syntax: break
    case .notFound, .permission, .readOnly, .noSpace, .isDirectory, .brokenPipe, .system,
      .interrupted:
      return false
    }
    guard case .content(var content) = try record.read(),
      let step = content.states.keys.first(where: { isSnapshot(input, of: $0) })
    else { return false }
    content.states[step] = nil
    try record.write(content)
    remove(step)
    return true
  }

  /// Whether a file is the snapshot of a step here, by whatever path.
  func isSnapshot(_ input: String, of step: UInt64) -> Bool {
    var (first, second) = (stat(), stat())
    return input.withFileName { stat($0, &first) } == 0
      && path(step).withFileName { lstat($0, &second) } == 0
      && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }

  /// Removes a step's snapshot.
  func remove(_ step: UInt64) { _ = path(step).withFileName { unlink($0) } }
}
