import FalconetLibc
import SystemPackage

/// The names in a directory, without `.` and `..`, in no particular order.
///
/// Safety: C's directory stream is open for the length of one call, and is used by that call alone.
/// An entry's name is zero-terminated inside the entry, which lives until the next `readdir`.
package enum DirectoryListing {
  /// Calls `body` with each name, until it returns false.
  ///
  /// - Throws: the system's error if the directory can't be read.
  package static func forEachName(
    in directory: FilePath, _ body: (String) -> Bool
  ) throws(Errno) {
    guard let stream = directory.withPlatformString({ opendir($0) }) else {
      throw Errno(rawValue: errno)
    }
    try forEachName(reading: stream, body)
  }

  /// All names.
  package static func names(in directory: FilePath) throws(Errno) -> [String] {
    var names: [String] = []
    try forEachName(in: directory) { name in
      names.append(name)
      return true
    }
    return names
  }

  /// All names in an open directory, which stays open.
  static func names(in directory: Int32) throws(Errno) -> [String] {
    // `closedir` closes the copy.
    let copy = fcntl(directory, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw Errno(rawValue: errno) }
    guard let stream = fdopendir(copy) else {
      let error = Errno(rawValue: errno)
      close(copy)
      throw error
    }
    var names: [String] = []
    try forEachName(reading: stream) { name in
      names.append(name)
      return true
    }
    return names
  }

  /// Closes the stream.
  private static func forEachName(
    reading stream: OpaquePointer, _ body: (String) -> Bool
  ) throws(Errno) {
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw Errno(rawValue: errno) }
        return
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(fileName: bytes.prefix { $0 != 0 })
      }
      if name == "." || name == ".." { continue }
      guard body(name) else { return }
    }
  }
}
