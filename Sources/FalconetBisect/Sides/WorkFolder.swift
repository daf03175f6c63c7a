import FalconetStreams
import Glibc
import SystemPackage

/// A temporary directory for the snapshots of a comparison, removed with this object. If the process
/// is killed, the next comparison that uses the same parent directory removes it.
public final class WorkFolder {
  public let path: String
  /// Holds the directory's lock.
  private let descriptor: FileDescriptor

  /// - Parameter parent: the folder to make it in; nil for `TMPDIR`, or `/tmp`.
  public init(in parent: String? = nil) throws(BisectError) {
    let parent = parent ?? getenv("TMPDIR").map { String(fileName: $0) } ?? "/tmp"
    do throws(Errno) {
      let (made, descriptor) = try UnfinishedName.makeDirectory(
        "falconet-bisect", in: FilePath(fileName: parent))
      path = made.fileName
      self.descriptor = descriptor
    } catch {
      throw .file(
        StreamError(
          .system(errno: error.rawValue), path: parent,
          message: "no temporary directory can be made in it: \(error)",
          remedy: "choose another directory for temporary files"))
    }
  }

  deinit {
    for name in names { remove("\(path)/\(name)") }
    _ = path.withFileName { rmdir($0) }
    try? descriptor.close()
  }

  /// Files made so far, or about to be made.
  private var names: Set<String> = []

  /// The path of a file that is removed with the folder.
  func file(_ name: String) -> String {
    names.insert(name)
    return "\(path)/\(name)"
  }

  func remove(_ path: String) { _ = path.withFileName { unlink($0) } }
}
