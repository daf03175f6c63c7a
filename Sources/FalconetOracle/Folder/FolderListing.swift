import FalconetStreams
import Glibc
import SystemPackage

/// The names in a folder.
///
/// The unsafe part is C's directory stream: it is open for the length of one call, and is used by
/// that call alone.
package enum FolderListing {
  /// Calls `body` with each name, in no particular order, until it returns false.
  /// - Throws: the system's error where the folder can't be read.
  package static func forEachName(in folder: FilePath, _ body: (String) -> Bool) throws(Errno) {
    guard let stream = folder.withPlatformString({ opendir($0) }) else {
      throw Errno(rawValue: errno)
    }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw Errno(rawValue: errno) }
        return
      }
      let name = DirectoryEntry.name(entry)
      if name == "." || name == ".." { continue }
      guard body(name) else { return }
    }
  }
}
