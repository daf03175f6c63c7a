import FalconetMachine
import FalconetStreams
import Glibc
import Keccak
import SystemPackage

/// Passes on another source's pre-images, and stores each in a folder, so that the run can be
/// repeated from there with ``DirectoryOracle`` alone.
///
/// The folder gets the host's layout `file`, local inputs included: they belong to one run, so a
/// folder serves one run, or runs with the same inputs. A pre-image is stored whole or not at all;
/// one that is stored already is left as it is, and must be the same. Each is made durable before
/// it is passed on, which costs the time of two `fsync`.
///
/// Wrap a ``CheckedOracle``, so that nothing wrong is stored.
package struct RecordingOracle: PreimageOracle {
  /// The folder.
  package let path: String
  /// The source whose answers are stored.
  package var source: any PreimageOracle

  /// Keys of types 2 and 4 that are stored; their pre-images can't change.
  private var stored: Set<Bytes32> = []

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
      try Self.write(to: marker, key: nil) { (output) throws(StreamError) in
        try output.write(Array(DirectoryLayout.file.rawValue.utf8))
      }
    }
  }

  /// - Throws: what the source throws, and ``PreimageError`` of kind `unreadable` if the
  ///   pre-image can't be stored, or the folder holds another one for the key.
  package mutating func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let preimage = try source.preimage(for: key)
    guard !stored.contains(key) else { return preimage }
    let file = DirectoryLayout.file.path(of: key, in: FilePath(fileName: path))
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
    } else {
      try Self.write(to: file, key: key) { (output) throws(StreamError) in
        // In pieces: the text of a large pre-image is twice its size.
        for start in stride(from: 0, to: preimage.count, by: Self.pieceSize) {
          let piece = preimage[start..<min(start + Self.pieceSize, preimage.count)]
          try output.write(Array(Hex.encode(piece).utf8))
        }
      }
    }
    let type = PreimageKeyType(rawValue: key[0])
    if type == .keccak256 || type == .sha256 { stored.insert(key) }
    return preimage
  }

  package mutating func longHint(_ hint: LongHint) throws(PreimageError) {
    try source.longHint(hint)
  }

  package var takesHints: Bool { source.takesHints }

  package mutating func hint(_ hint: [UInt8]) throws(PreimageError) {
    try source.hint(hint)
  }

  private static let pieceSize = 65536

  /// Writes a file whole or not at all.
  private static func write(
    to file: FilePath, key: Bytes32?, _ body: (AtomicFile) throws(StreamError) -> Void
  ) throws(PreimageError) {
    do throws(StreamError) {
      let output = try AtomicFile(path: file.fileName, permissions: 0o666)
      try body(output)
      try output.commit()
    } catch {
      throw PreimageError(
        .unreadable, key: key, message: "pre-images cannot be recorded: \(error)")
    }
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
