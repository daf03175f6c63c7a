import FalconetLibc
import FalconetStreams
import FalconetSystem
import SystemPackage

/// The lock that keeps a second process, or a second provider of this one, out of a directory.
///
/// The system releases it with the process, however that ends.
final class DirectoryLock: Sendable {
  private let path: FilePath
  private let file: FilePath
  private let directory: FileDescriptor
  private let descriptor: FileDescriptor
  private let owner = getpid()

  /// Takes the lock of a directory. On a file system that can't be written, the lock's file must be
  /// there.
  init(_ path: FilePath, _ name: String) throws(TraceError) {
    let file = path.appending(name)
    (self.path, self.file) = (path, file)
    guard !FileStatus.exists(file) || FileStatus.isRegular(file) else {
      throw .file(
        StreamError(
          .unsupported, path: file.fileName, message: "it is not a file", remedy: "remove it"))
    }
    do throws(Errno) { directory = try Self.openDirectory(path) } catch {
      throw .file(StreamError(error, .read, path: path.fileName))
    }
    do throws(Errno) {
      while true {
        let descriptor = try Self.lock(file)
        // Whoever deletes a trace removes the file while they hold it.
        if Self.isSame(descriptor, file) {
          self.descriptor = descriptor
          return
        }
        try? descriptor.close()
      }
    } catch {
      try? directory.close()
      if error == .wouldBlock { throw .locked(path: path.fileName) }
      throw .file(StreamError(error, .create, path: file.fileName))
    }
  }

  deinit {
    // A forked child has the descriptor too, which would hold the lock as long as the child lives.
    if getpid() == owner { flock(descriptor.rawValue, LOCK_UN) }
    try? descriptor.close()
    try? directory.close()
  }

  /// Whether the directory's path still names the directory that was locked, with the file by which it
  /// was. Else what is there may be another's.
  var isInPlace: Bool { Self.isSame(directory, path) && Self.isSame(descriptor, file) }

  /// Whether a path names the directory that was locked.
  func isOf(_ path: FilePath) -> Bool { Self.isSame(directory, path) }

  /// Opens a file of the locked directory for writing, wherever that is.
  func openForWriting(_ name: String) throws(Errno) -> FileDescriptor {
    let file = openat(directory.rawValue, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: file)
  }

  private static func openDirectory(_ path: FilePath) throws(Errno) -> FileDescriptor {
    do {
      return try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
    } catch { throw error as? Errno ?? .ioError }
  }

  /// Opened for reading, which a lock needs no more than, so that the file system can be made
  /// read-only under an open trace, and the directory opened where it is. Network file systems want a
  /// lock's file opened for writing.
  private static func lock(_ file: FilePath) throws(Errno) -> FileDescriptor {
    do throws(Errno) { return try lock(file, .readOnly) } catch {
      guard error == .badFileDescriptor else { throw error }
      return try lock(file, .readWrite)
    }
  }

  private static func lock(
    _ file: FilePath, _ mode: FileDescriptor.AccessMode
  ) throws(Errno) -> FileDescriptor {
    let descriptor = try open(file, mode)
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let error = Errno(rawValue: errno)
      try? descriptor.close()
      throw error
    }
    return descriptor
  }

  private static func open(
    _ file: FilePath, _ mode: FileDescriptor.AccessMode
  ) throws(Errno) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        file, mode, options: [.create, .closeOnExec, .noFollow],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch { throw error as? Errno ?? .ioError }
  }

  private static func isSame(_ descriptor: FileDescriptor, _ file: FilePath) -> Bool {
    guard let held = FileStatus(descriptor.rawValue), let named = FileStatus(file)
    else { return false }
    return held.isSameFile(as: named)
  }
}
