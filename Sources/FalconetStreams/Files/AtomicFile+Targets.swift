import FalconetLibc
import FalconetSystem
import SystemPackage

extension AtomicFile {
  /// The path of the file that a write to `path` makes or replaces: with links in its last component
  /// followed. Nil if they are too many, or may not be followed.
  package static func target(of path: String) -> String? {
    try? OutputPath.resolve(path).fileName
  }

  /// The open target, if `path` names something that must not be replaced; nil for a regular
  /// file.
  static func openDirectly(
    _ path: String, _ existing: Stat, _ cancellation: Cancellation
  ) throws(StreamError) -> OpenFile? {
    do throws(Errno) {
      // /dev/stdout with standard output sent to a file: a second opening would write from
      // the file's start over what is there.
      for own in [FileDescriptor.standardOutput, .standardError] {
        if let status = try? Stat(own), status.deviceID == existing.deviceID,
          status.inode == existing.inode
        {
          let copy = try systemCall { try own.duplicate() }
          return OpenFile(copy, name: path, closes: true, cancellation)
        }
      }
      if existing.type == .regular { return nil }
      return OpenFile(
        try openSpecial(path, existing, cancellation), name: path, closes: true, cancellation)
    } catch {
      if error == .interrupted { throw Cancellation.error(path: path) }
      throw StreamError(error, .write, path: path)
    }
  }

  /// Opens a pipe or device for writing. A named pipe without reader is waited for in short
  /// sleeps, since a wait inside `open` can't watch the cancellation.
  private static func openSpecial(
    _ path: String, _ existing: Stat, _ cancellation: Cancellation
  ) throws(Errno) -> FileDescriptor {
    while true {
      do throws(Errno) {
        return try systemCall {
          try FileDescriptor.open(
            FilePath(fileName: path), .writeOnly, options: [.closeOnExec, .nonBlocking])
        }
      } catch {
        guard error == .noSuchAddressOrDevice, existing.type == .fifo else { throw error }
      }
      if cancellation.isRequested { throw .interrupted }
      var polled = pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&polled, 1, 20)
    }
  }

  /// Makes a new name in the directory of `file` durable.
  static func synchronizeFolder(of file: FilePath) throws(Errno) {
    let folder = UnplacedFile.directory(of: file)
    // A directory that may be written but not read can't be opened for fsync, and some file systems
    // have no fsync of directories: the file is in place in both cases.
    guard let descriptor = try? FileDescriptor.open(folder, .readOnly, options: [.closeOnExec])
    else { return }
    defer { try? descriptor.close() }
    do throws(Errno) {
      try retrying { fsync(descriptor.rawValue) }
    } catch {
      if error != .invalidArgument && error != .notSupported { throw error }
    }
  }
}
