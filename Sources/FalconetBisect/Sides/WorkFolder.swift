import FalconetStreams
import Glibc

/// A temporary folder for the snapshots of a comparison, removed with this object.
public final class WorkFolder {
  public let path: String

  /// - Parameter parent: the folder to make it in; nil for `TMPDIR`, or `/tmp`.
  public init(in parent: String? = nil) throws(BisectError) {
    let parent = parent ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/falconet-bisect-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw .file(
        StreamError(
          .system(errno: errno), path: parent, message: "no temporary folder can be made in it",
          remedy: "choose another with --work"))
    }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  /// Files made so far, or about to be made.
  private var names: Set<String> = []

  /// The path of a file that is removed with the folder.
  func file(_ name: String) -> String {
    names.insert(name)
    return "\(path)/\(name)"
  }

  func remove(_ path: String) { unlink(path) }
}
