import FalconetLibc
import Synchronization
import SystemPackage

/// The name that a file has until it is finished, if it must have one, and that a directory has that
/// goes with its process: `NAME.tmp-MARK-RANDOM`, with the ``ProcessMark`` of the process.
///
/// A process that is killed leaves it behind. The next one that writes a file in the directory it is
/// in removes it, and so does the next run if that is the directory of temporary files: if the process
/// of the mark is gone, and nobody holds the lock that it held.
///
/// Safety: a directory stream is used until the one `closedir` that ends it.
package enum UnfinishedName {
  /// A new name beside `final`.
  package static func make(for final: FilePath) -> FilePath {
    // A name may have 255 bytes; the tail takes up to 60 of them.
    var stem = (final.lastComponent?.fileName ?? "").fileNameBytes
    if stem.count > 190 {
      stem = Array(stem[..<190])
      // Not in the middle of a character.
      while let last = stem.last, last & 0xC0 == 0x80 { stem.removeLast() }
      if let last = stem.last, last >= 0xC0 { stem.removeLast() }
    }
    let random = String(UInt32.random(in: .min ... .max), radix: 16)
    let name = String(fileName: stem) + separator + "\(ProcessMark.own.text)-\(random)"
    return final.removingLastComponent().appending(fileName: name)
  }

  private static let separator = ".tmp-"

  /// Makes a directory that goes with this process, for its owner alone.
  ///
  /// - Returns: its path, and a descriptor to keep open as long as it is used.
  package static func makeDirectory(
    _ name: String, in parent: FilePath
  ) throws(Errno) -> (FilePath, FileDescriptor) {
    let path = make(for: parent.appending(fileName: name))
    sweep(besides: path)
    try retrying { path.withPlatformString { mkdir($0, 0o700) } }
    let descriptor = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else {
      let error = Errno(rawValue: errno)
      _ = path.withPlatformString { rmdir($0) }
      throw error
    }
    lock(FileDescriptor(rawValue: descriptor))
    return (path, FileDescriptor(rawValue: descriptor))
  }

  /// Takes the lock that tells that a file is being written. It goes with the descriptor.
  package static func lock(_ descriptor: FileDescriptor) {
    // If there are no locks, the mark alone tells.
    _ = flock(descriptor.rawValue, LOCK_EX | LOCK_NB)
  }

  /// The mark in a name; nil if the name is no unfinished file's.
  package static func mark(in name: String) -> ProcessMark? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 5, parts[parts.count - 5].hasSuffix(".tmp"),
      UInt32(parts[parts.count - 1], radix: 16) != nil
    else { return nil }
    return ProcessMark(parts[(parts.count - 4)..<(parts.count - 1)].joined(separator: "-"))
  }

  /// Directories that were looked through, by device and inode, and when.
  private static let swept = Mutex<[[UInt64]: ContinuousClock.Instant]>([:])

  /// How long a directory is not looked through again.
  private static let interval = Duration.seconds(60)

  /// Removes what killed processes left in the directory of `file`, if that wasn't done lately.
  /// That it can't be done is no error.
  package static func sweep(besides file: FilePath) {
    let parent = file.removingLastComponent()
    sweepNow(and: parent.isEmpty ? "." : parent)
  }

  /// The same for what lies in the directory of temporary files.
  package static func sweepTemporaryDirectory() {
    sweepNow(and: FilePath(fileName: TemporaryDirectory.path))
  }

  private static func sweepNow(and directory: FilePath) {
    var status = stat()
    guard directory.withPlatformString({ stat($0, &status) }) == 0 else { return }
    let key = [UInt64(status.st_dev), UInt64(status.st_ino)]
    let now = ContinuousClock.now
    let isDue = swept.withLock { swept in
      if let last = swept[key], now - last < interval { return false }
      if swept.count >= 1024 { swept.removeAll() }
      swept[key] = now
      return true
    }
    guard isDue else { return }
    for name in (try? DirectoryListing.names(in: directory)) ?? [] {
      guard let mark = mark(in: name), mark.life != .runs else { continue }
      remove(directory.appending(fileName: name), isGone: mark.life == .isGone)
    }
  }

  /// Removes a file of ours that nobody writes any more, or a directory with the files in it.
  private static func remove(_ file: FilePath, isGone: Bool) {
    let descriptor = file.withPlatformString {
      open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    }
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_uid == geteuid() else { return }
    let isDirectory = status.st_mode & S_IFMT == S_IFDIR
    guard isDirectory || status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 1 else { return }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno != EWOULDBLOCK, isGone else { return }
    }
    var named = stat()
    guard file.withPlatformString({ lstat($0, &named) }) == 0, named.st_ino == status.st_ino,
      named.st_dev == status.st_dev
    else { return }
    if isDirectory {
      removeDirectory(file)
    } else {
      _ = file.withPlatformString { unlink($0) }
    }
  }

  /// Removes a directory with all that is in it, as far as that can be done. Follows no link.
  package static func removeDirectory(_ directory: FilePath) {
    // A process that is about to end may still put something there.
    for _ in 0..<3 {
      let descriptor = directory.withPlatformString {
        open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      }
      guard descriptor >= 0 else { return }
      empty(descriptor)
      close(descriptor)
      guard directory.withPlatformString({ rmdir($0) }) != 0, errno == ENOTEMPTY else { return }
    }
  }

  /// Removes what is in a directory, to a depth that the files of ours never have.
  private static func empty(_ directory: Int32, depth: Int = 0) {
    guard depth < 32 else { return }
    for name in (try? DirectoryListing.names(in: directory)) ?? [] {
      name.withFileName { name in
        guard unlinkat(directory, name, 0) != 0 else { return }
        let inner = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0 else { return }
        empty(inner, depth: depth + 1)
        close(inner)
        _ = unlinkat(directory, name, AT_REMOVEDIR)
      }
    }
  }
}
