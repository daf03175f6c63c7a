import Glibc
import SystemPackage

/// A file that appears under its name whole or not at all.
///
/// The bytes go to a temporary file `NAME.tmp-RANDOM` in the same folder, made with mode 0600.
/// `commit()` makes it durable and gives it its name. Without a commit it is removed. What exists
/// under the name stays until then. Files that are easily made again can do without being durable:
/// they too appear whole or not at all, unless the host itself fails.
///
/// A name that stands for a pipe, a terminal, another device, or this process's own standard
/// output or error can't be replaced: bytes go straight into it, and `commit()` closes it. A
/// symbolic link to a file is kept; the file that it names is replaced.
public final class AtomicFile: ByteSink {
  /// The path as the caller gave it.
  public let path: String
  public var name: String { path }

  private let permissions: UInt32
  private let isDurable: Bool
  private let file: OpenFile
  /// The paths of the temporary file and of the file that it becomes; nil once there is nothing
  /// to rename or remove.
  private var pending: (temporary: FilePath, final: FilePath)?
  private var isDone = false

  /// Begins a file that will be named `path`.
  /// - Parameter permissions: The exact permissions of the finished file; the process's umask is
  ///   not applied. 0755 is what Cannon gives its files.
  /// - Parameter isDurable: Whether the file is on the disk when `commit()` returns, which takes
  ///   milliseconds.
  /// - Throws: `.notFound` where the folder is missing, `.permission`, `.readOnly`, `.noSpace`,
  ///   `.isDirectory`, `.interrupted` (waiting for the reader of a named pipe), `.system`.
  public init(
    path: String, permissions: UInt32 = 0o755, isDurable: Bool = true
  ) throws(StreamError) {
    try checkPath(path)
    self.path = path
    self.permissions = permissions
    self.isDurable = isDurable
    let existing = try? Stat(FilePath(path))
    if existing?.type == .directory || path.hasSuffix("/") {
      throw StreamError(.isDirectory, .create, path: path)
    }
    if let existing, let direct = try Self.openDirectly(path, existing) {
      file = direct
      return
    }
    let final = existing == nil ? FilePath(path) : Self.resolved(path)
    do throws(Errno) {
      let (temporary, descriptor) = try Self.makeTemporary(for: final)
      pending = (temporary, final)
      file = OpenFile(descriptor, name: path, closes: true)
    } catch {
      throw StreamError(error, .create, path: path)
    }
  }

  deinit { discard() }

  public func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) { try file.write(bytes) }

  /// Does nothing: only `commit()` names the file.
  public func finish() throws(StreamError) {}

  /// Makes the file visible, and durable where it shall be: permissions, fsync, rename, fsync of the
  /// folder.
  ///
  /// After a failure before the rename nothing is left behind. Calls after the first do nothing.
  public func commit() throws(StreamError) {
    guard !isDone else { return }
    isDone = true
    guard let (temporary, final) = pending else { return try file.close() }
    do throws(Errno) {
      let descriptor = file.descriptor.rawValue
      try retrying { fchmod(descriptor, permissions) }
      if isDurable { try retrying { fsync(descriptor) } }
      try file.closeOnce()
      try retrying { rename(temporary.string, final.string) }
      pending = nil
      if isDurable { try Self.synchronizeFolder(of: final) }
    } catch {
      removeTemporary()
      throw StreamError(error, .commit, path: path)
    }
  }

  /// Gives the file up and removes the temporary one. Does nothing after `commit()`.
  public func discard() {
    isDone = true
    removeTemporary()
  }

  private func removeTemporary() {
    if let temporary = pending?.temporary { _ = unlink(temporary.string) }
    pending = nil
  }
}
