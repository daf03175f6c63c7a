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
        let descriptor = try Self.open(file)
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
          let error = Errno(rawValue: errno)
          try? descriptor.close()
          throw error
        }
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

  private static func open(_ file: FilePath) throws(Errno) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        file, .readWrite, options: [.create, .closeOnExec, .noFollow],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      guard let error = error as? Errno else { throw .ioError }
      guard error == .readOnlyFileSystem || error == .permissionDenied,
        let descriptor = try? FileDescriptor.open(
          file, .readOnly, options: [.closeOnExec, .noFollow])
      else { throw error }
      return descriptor
    }
  }

  private static func isSame(_ descriptor: FileDescriptor, _ file: FilePath) -> Bool {
    var (held, named) = (stat(), stat())
    return fstat(descriptor.rawValue, &held) == 0
      && file.withPlatformString({ lstat($0, &named) }) == 0
      && held.st_dev == named.st_dev && held.st_ino == named.st_ino
  }
}
