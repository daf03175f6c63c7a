import FalconetLibc

/// The directory of temporary files.
package enum TemporaryDirectory {
  /// `TMPDIR`, or `/tmp` if that is not set.
  package static var path: String {
    guard let path = getenv("TMPDIR"), path.pointee != 0 else { return "/tmp" }
    return String(fileName: path)
  }
}
