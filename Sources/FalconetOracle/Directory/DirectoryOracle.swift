import FalconetMachine
import Keccak
import SystemPackage

/// Pre-images from the folder in which a host stored them, without the host.
///
/// The host's layouts `file` and `directory` are read, by the file `kvformat` or, if that is
/// missing, by the names in the folder. A stored pre-image is text: hexadecimal digits of either
/// case, with at most one newline at the end. Hints are ignored.
///
/// Hosts don't store local inputs: see ``LocalInputs``. What the folder holds is not checked
/// against its keys: see ``CheckedOracle``.
package struct DirectoryOracle: PreimageOracle, Sendable {
  /// The folder.
  package let path: String

  /// ``path`` in the form that reads take.
  private let folder: FilePath
  /// Nil if the folder held nothing that tells when it was opened.
  private let layout: DirectoryLayout?
  private var lastHint: [UInt8]?

  /// Opens the folder at `path`.
  ///
  /// - Throws: ``PreimageError`` of kind `unreadable` if it can't be read, its layout is not
  ///   known, or it is a database. An empty folder is no error: each of its pre-images is
  ///   missing.
  package init(path: String) throws(PreimageError) {
    self.path = path
    folder = FilePath(fileName: path)
    layout = try DirectoryLayout.find(in: folder)
  }

  /// - Throws: ``PreimageError`` of kind `missing` if the folder has no such key, and of kind
  ///   `unreadable` if its file can't be read, is not hexadecimal, or describes more than
  ///   ``PreimageKey/maximumPreimageSize`` bytes.
  package func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let file = (layout ?? .file).path(of: key, in: folder)
    do throws(StoredFileFault) {
      return try HexFile.read(file)
    } catch .missing {
      throw missing(key)
    } catch {
      throw PreimageError(
        .unreadable, key: key, lastHint: lastHint, message: "the stored pre-image \(file) \(error)",
        remedy: "remove the file and let the host store it again")
    }
  }

  /// Ignores the hint: what is stored is there, and nothing else is available.
  /// Only the last one is stored, for messages.
  package var takesHints: Bool { false }

  package mutating func hint(_ hint: [UInt8]) throws(PreimageError) {
    lastHint = hint
  }

  private func missing(_ key: Bytes32) -> PreimageError {
    if let index = PreimageKey.localIndex(of: key) {
      return PreimageError(
        .missing, key: key, lastHint: lastHint,
        message: "the directory \(path) has no local input \(index), which hosts don't store",
        remedy: "give it")
    }
    let state = layout == nil ? ", nor any other" : ""
    return PreimageError(
      .missing, key: key, lastHint: lastHint,
      message: "the directory \(path) lacks the pre-image that the guest requested\(state)",
      remedy: "record a run with its host")
  }
}
