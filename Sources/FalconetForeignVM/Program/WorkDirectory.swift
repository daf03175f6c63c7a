import FalconetLibc
import FalconetStreams
import FalconetSystem
import SystemPackage

/// A temporary directory for the states of another VM or of a comparison, removed with this object. If
/// the process is killed, the next one that uses the same parent directory removes it.
package final class WorkDirectory {
  package private(set) var path: String
  /// Holds the directory's lock.
  private let descriptor: FileDescriptor

  /// Whether the directory stays.
  private var isRetained = false
  private let label: String

  /// - Parameters:
  ///   - parent: the directory to make it in; nil for `TMPDIR`, or `/tmp`.
  ///   - label: what its name says it is for.
  package init(in parent: String? = nil, label: String = "bisect") throws(StreamError) {
    self.label = label
    let parent = parent ?? TemporaryDirectory.path
    do throws(Errno) {
      let (made, descriptor) = try UnfinishedName.makeDirectory(
        "falconet-\(label)", in: FilePath(fileName: parent))
      path = made.fileName
      self.descriptor = descriptor
    } catch {
      throw StreamError(
        .system(errno: error.rawValue), path: parent,
        message: "a temporary directory cannot be created in it: \(error)",
        remedy: "choose another directory for temporary files")
    }
  }

  deinit {
    discard()
    try? descriptor.close()
  }

  /// Removes the directory, unless it stays; for a process that ends before this object does.
  package func discard() {
    guard !isRetained else { return }
    // With what another program left there.
    UnfinishedName.removeDirectory(FilePath(fileName: path))
  }

  /// The path of a file in it.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Lets the directory stay, for somebody to look at, under a name that does not go with the process.
  package func retain() {
    guard !isRetained else { return }
    isRetained = true
    let parent = FilePath(fileName: path).removingLastComponent().fileName
    let random = String(UInt64.random(in: .min ... .max), radix: 16)
    let new = "\(parent)/falconet-\(label)-\(random)"
    let isRenamed = path.withFileName { old in new.withFileName { rename(old, $0) == 0 } }
    if isRenamed { path = new }
  }

  /// Makes a directory in it, unless it is there.
  package func makeFolder(_ name: String) throws(StreamError) {
    let made = "\(path)/\(name)".withFileName { mkdir($0, 0o700) == 0 || errno == EEXIST }
    guard !made else { return }
    throw StreamError(
      .system(errno: errno), path: "\(path)/\(name)", message: "the directory cannot be created")
  }

  /// Makes a link in it to a file.
  func link(_ target: String, as path: String) throws(ForeignError) {
    remove(path)
    let target = FilePath(fileName: target)
    // A relative name would be looked up beside the link.
    let whole = target.isAbsolute ? target : Self.currentDirectory.pushing(target)
    let isMade = whole.fileName.withFileName { from in path.withFileName { symlink(from, $0) == 0 }
    }
    guard isMade else {
      throw ForeignError(
        StreamError(.system(errno: errno), path: path, message: "the link cannot be made"))
    }
  }

  private static var currentDirectory: FilePath {
    guard let path = getcwd(nil, 0) else { return "." }
    // Sound: `getcwd` gave a zero-terminated string from `malloc`, which is freed once.
    defer { free(path) }
    return FilePath(platformString: path)
  }

  package func remove(_ path: String) { Self.remove(path) }

  package static func remove(_ path: String) { _ = path.withFileName { unlink($0) } }
}
