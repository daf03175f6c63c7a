import FalconetLibc

/// What the system says of a file that is another whenever the file's content is, so that a file
/// that was read need not be read again to know that it is the same.
///
/// Device, inode, size, and the times of the last changes of content and of anything, in
/// nanoseconds. A program can set the first of these times, but not the second. Times go by the
/// ticks of the system's clock: of a file that was written a moment ago, the next change might not
/// show. Such a file has no identity yet.
///
/// Not seen are writes through a memory mapping that went on while the identity was taken, and on a
/// network file system those that its client has not heard of.
package struct FileIdentity: Sendable, Equatable, CustomStringConvertible {
  /// Seconds after which a change shows: more than the coarsest clock of a file system.
  package static let settlingTime = 2

  /// The numbers, in the order above, separated by spaces.
  package let description: String

  /// The identity of the regular file at a path, links followed.
  ///
  /// - Returns: nil if there is no such file, or if it was changed in the last
  ///   ``settlingTime`` seconds, or in the future by the system's clock.
  package init?(path: String) {
    var now = timespec()
    guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { return nil }
    self.init(path: path, now: now.tv_sec)
  }

  /// - Parameter now: seconds since 1970.
  package init?(path: String, now: Int) {
    var file = stat()
    guard !path.utf8.contains(0), path.withFileName({ stat($0, &file) }) == 0,
      file.st_mode & S_IFMT == S_IFREG
    else {
      return nil
    }
    let (settled, overflow) = file.st_ctim.tv_sec.addingReportingOverflow(Self.settlingTime)
    guard !overflow, settled < now else { return nil }
    description = [
      "\(file.st_dev) \(file.st_ino) \(file.st_size)", Self.text(file.st_mtim),
      Self.text(file.st_ctim),
    ].joined(separator: " ")
  }

  private static func text(_ time: timespec) -> String {
    let digits = "\(time.tv_nsec)"
    return "\(time.tv_sec)." + String(repeating: "0", count: max(9 - digits.count, 0)) + digits
  }
}
