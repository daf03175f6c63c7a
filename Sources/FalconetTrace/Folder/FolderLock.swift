import FalconetStreams
import Glibc
import SystemPackage

/// The lock that keeps a second process, or a second provider of this one, out of a folder.
///
/// The system gives it up with the process, however that ends.
final class FolderLock: Sendable {
  private let descriptor: FileDescriptor

  /// Takes the lock. On a file system that can't be written, the file must be there.
  init(_ file: FilePath) throws(TraceError) {
    let folder = file.removingLastComponent().string
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
      if error == .wouldBlock { throw .locked(path: folder) }
      throw .file(StreamError(error, .create, path: file.string))
    }
  }

  deinit { try? descriptor.close() }

  /// Opened for reading, which a lock needs no more than, so that the file system can be made
  /// read-only under a provider, and the folder opened where it is. Network file systems want a
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
    var (held, named) = (stat(), stat())
    return fstat(descriptor.rawValue, &held) == 0
      && file.withPlatformString({ lstat($0, &named) }) == 0
      && held.st_dev == named.st_dev && held.st_ino == named.st_ino
  }
}
