import FalconetLibc
import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// Passes on another source's pre-images, and stores each in a directory, so that the run can be
/// repeated from there with ``DirectoryOracle`` alone.
///
/// The directory gets the host's layout `file`, local inputs included: they belong to one run, so a
/// directory serves one run, or runs with the same inputs. A pre-image is stored whole or not at all;
/// one that is stored already is left as it is, and must be the same.
///
/// Files are made durable in groups, as ``AtomicFileGroup`` does, while the run goes on: all of them by
/// the time ``flush()`` returns. A process that is killed before leaves out pre-images that it served
/// last, at most ``PreimageRecord/interval`` and one request ago, and never leaves a part of one.
///
/// Wrap a ``CheckedOracle``, so that nothing wrong is stored.
package struct RecordingOracle: PreimageOracle {
  /// The directory.
  package let path: String
  /// The source whose answers are stored.
  package var source: any PreimageOracle

  private let record = PreimageRecord()
  /// The names that the directory had at the start.
  private let names: Set<String>

  /// Makes the folder at `path` if it does not exist, or adds to the one that does.
  ///
  /// - Throws: ``PreimageError`` of kind `unreadable` if the folder can't be made, read or
  ///   written, or if it holds pre-images in another layout.
  package init(_ source: any PreimageOracle, path: String) throws(PreimageError) {
    self.source = source
    self.path = path
    let folder = FilePath(fileName: path)
    let made = folder.withPlatformString { mkdir($0, 0o777) }
    if made != 0, errno != EEXIST {
      throw PreimageError(
        .unreadable,
        message: "the directory \(path) for recorded pre-images cannot be made: "
          + "\(Errno(rawValue: errno))",
        remedy: "make its parent directory, or choose another")
    }
    names = Set((try? DirectoryListing.names(in: folder)) ?? [])
    let layout: DirectoryLayout?
    do throws(PreimageError) {
      layout = try DirectoryLayout.find(in: folder)
    } catch {
      throw Self.unfit(path, error.message)
    }
    guard layout == nil || layout == .file else {
      throw Self.unfit(path, "\(path) holds pre-images in the layout \(DirectoryLayout.directory)")
    }
    let marker = folder.appending(DirectoryLayout.marker)
    // A folder that was told by its names gets the marker too.
    if (try? StoredFile(marker)) == nil {
      do throws(StreamError) {
        let output = try AtomicFile(path: marker.fileName, permissions: 0o666)
        try output.write(Array(DirectoryLayout.file.rawValue.utf8))
        try output.commit()
      } catch { throw PreimageRecord.failure(error) }
    }
  }

  /// - Throws: what the source throws, and ``PreimageError`` of kind `unreadable` if an earlier
  ///   pre-image can't be stored, or the directory holds another one for the key.
  package mutating func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    try record.beginIfDue()
    let preimage = try source.preimage(for: key)
    let file = DirectoryLayout.file.path(of: key, in: FilePath(fileName: path))
    if let isSame = record.has(key, preimage) {
      guard isSame else { throw Self.differs(key, file) }
      return preimage
    }
    guard mayExist(key, file) else {
      try record.write(key, preimage, to: file)
      return preimage
    }
    let existing: [UInt8]?
    do throws(StoredFileFault) {
      existing = try HexFile.read(file, limit: preimage.count)
    } catch .missing {
      existing = nil
    } catch .tooLarge {
      throw Self.differs(key, file)
    } catch {
      throw PreimageError(
        .unreadable, key: key, message: "the stored pre-image \(file) \(error)",
        remedy: "remove the file, or record into an empty directory")
    }
    if let existing {
      guard existing == preimage else { throw Self.differs(key, file) }
      record.note(key, preimage)
    } else {
      try record.write(key, preimage, to: file)
    }
    return preimage
  }

  /// Whether a file may be there. Another process may have made one of a local input, which is not the
  /// same for every run, since the directory was opened.
  private func mayExist(_ key: Bytes32, _ file: FilePath) -> Bool {
    if key[0] == PreimageKeyType.local.rawValue { return true }
    return !names.isEmpty && names.contains(file.lastComponent?.string ?? "")
  }

  /// Waits until all that was served is durable.
  package mutating func flush() throws(PreimageError) {
    try source.flush()
    try record.finish()
  }

  package mutating func longHint(_ hint: LongHint) throws(PreimageError) {
    try source.longHint(hint)
  }

  package var takesHints: Bool { source.takesHints }

  package mutating func hint(_ hint: [UInt8]) throws(PreimageError) {
    try source.hint(hint)
  }

  private static func unfit(_ path: String, _ reason: String) -> PreimageError {
    PreimageError(
      .unreadable, message: "pre-images cannot be recorded into \(path): \(reason)",
      remedy: "record into an empty directory, or one that was recorded before")
  }

  private static func differs(_ key: Bytes32, _ file: FilePath) -> PreimageError {
    let what = PreimageKey.localIndex(of: key).map { "local input \($0)" } ?? "the pre-image"
    return PreimageError(
      .unreadable, key: key,
      message: "\(what) is not what \(file) holds from an earlier run",
      remedy: "record each run into a directory of its own")
  }
}
