import Glibc

/// An entry of a directory that is read.
package enum DirectoryEntry {
  /// The text of its name.
  ///
  /// Sound: the name is zero-terminated inside the entry, which lives until the next `readdir`.
  package static func name(_ entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(fileName: bytes.prefix { $0 != 0 })
    }
  }
}
