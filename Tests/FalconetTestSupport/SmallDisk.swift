import Glibc

/// A small disk in memory, if this process may mount one.
package final class SmallDisk: Sendable {
  package let folder: TemporaryFolder

  /// Whether disks are available here: see `init`.
  package static let isPossible = (try? SmallDisk(bytes: 1 << 20)) ?? nil != nil

  /// - Returns: nil if none can be mounted.
  package init?(bytes: Int, isReadOnly: Bool = false) throws(FixtureError) {
    folder = try TemporaryFolder()
    let flags = isReadOnly ? UInt(MS_RDONLY) : 0
    guard mount("none", folder.path, "tmpfs", flags, "size=\(bytes)") == 0 else { return nil }
  }

  deinit { umount2(folder.path, Int32(MNT_DETACH)) }

  /// Mounts the disk again in the same place: writable or not, and with another size if one is given.
  ///
  /// - Returns: whether that could be done.
  package func remount(isReadOnly: Bool, bytes: Int? = nil) -> Bool {
    let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
    let options = bytes.map { "size=\($0)" }
    return mount("none", folder.path, nil, flags, options) == 0
  }
}
