import Glibc
import SystemPackage

/// The names in a folder.
///
/// The unsafe part is C's directory stream: it is open for the length of one call, is used by that
/// call alone, and an entry's name, which ends in a zero byte, is copied before the next is read.
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
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name == "." || name == ".." { continue }
      guard body(name) else { return }
    }
  }
}
