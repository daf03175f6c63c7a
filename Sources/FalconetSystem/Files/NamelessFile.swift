import FalconetLibc
import SystemPackage

/// Files that have no name.
package enum NamelessFile {
  // O_TMPFILE, which the header hides: a flag of its own with O_DIRECTORY.
  private static let flag = 0o20_000_000 | O_DIRECTORY

  /// Makes an empty one that can get a name.
  ///
  /// - Returns: nil if the file system has none such, or nothing can be made here.
  package static func make(in directory: FilePath, permissions: UInt32) -> Int32? {
    let descriptor = directory.withPlatformString {
      Glibc.open($0, O_WRONLY | flag | O_CLOEXEC, mode_t(permissions))
    }
    return descriptor >= 0 ? descriptor : nil
  }

  /// Opens an empty one for reading and writing, by its owner alone, which never gets a name.
  package static func open(in directory: FilePath) throws(Errno) -> Int32 {
    let nameless = directory.withPlatformString {
      Glibc.open($0, O_RDWR | flag | O_EXCL | O_CLOEXEC, mode_t(0o600))
    }
    if nameless >= 0 { return nameless }
    let name = UnfinishedName.make(for: directory.appending(".falconet-spool"))
    UnfinishedName.sweep(besides: name)
    let named = name.withPlatformString {
      Glibc.open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
    }
    guard named >= 0 else { throw Errno(rawValue: errno) }
    _ = name.withPlatformString { unlink($0) }
    return named
  }
}
