import FalconetLibc
import FalconetStreams
import FalconetSystem

/// The place in which the runs of one game cache states for one another.
package struct StateCachePlace {
  let record: StateCacheRecord
  /// The name of a step's snapshot.
  let path: (UInt64) -> String

  /// - Parameters:
  ///   - directory: that of the hidden file that lists the cached states, the same for all runs of a game.
  ///   - path: the name of a step's snapshot.
  package init(directory: String, path: @escaping (UInt64) -> String) {
    record = StateCacheRecord(directory: directory)
    self.path = path
  }

  /// Discards the state that a run was to start from, if it is a cached one, and its file could be
  /// read but is corrupt. The next run then starts further back.
  ///
  /// - Parameters:
  ///   - input: the file.
  ///   - error: why it could not be loaded.
  /// - Returns: whether the state was discarded.
  /// - Throws: ``StreamError`` if the record can't be read or written.
  package func discard(_ input: String, after error: StreamError) throws(StreamError) -> Bool {
    guard error.isOfContent, case .content(var content) = try record.read(),
      let step = content.states.keys.first(where: { isSnapshot(input, of: $0) })
    else { return false }
    content.states[step] = nil
    try record.write(content)
    remove(step)
    return true
  }

  /// Whether a file is the snapshot of a step here, by whatever path.
  func isSnapshot(_ input: String, of step: UInt64) -> Bool {
    guard let given = FileStatus(of: input, followsLinks: true),
      let own = FileStatus(of: path(step))
    else { return false }
    return given.isSameFile(as: own)
  }

  /// Removes a step's snapshot.
  func remove(_ step: UInt64) { _ = path(step).withFileName { unlink($0) } }
}
