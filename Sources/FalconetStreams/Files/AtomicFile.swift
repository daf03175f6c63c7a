import FalconetLibc
import FalconetSystem
import SystemPackage

/// A file that appears under its name whole or not at all.
///
/// The bytes go to a file in the same directory that has no name, or if the system has none such,
/// the name `NAME.tmp-MARK-RANDOM`. `commit()` makes it durable and gives it its name. Without a
/// commit it is gone. What exists under the name stays until then.
///
/// If the process is killed, a file without a name is gone too. One with a temporary name stays,
/// and so does one that is killed in the moment that it replaces another, until the next file is
/// written in the directory.
///
/// A name that stands for a pipe, a terminal, another device, or this process's own standard
/// output or error can't be replaced: bytes go straight into it, and `commit()` closes it. A
/// symbolic link is kept, and the file that it names is made or replaced. A link that the system
/// would not follow, since another user put it into a directory that all may write to, is refused.
package final class AtomicFile: ByteSink {
  /// The path as the caller gave it.
  package let path: String
  package var name: String { path }

  private let file: OpenFile
  /// The file until it has its name; nil once there is nothing to name or remove.
  private var pending: UnplacedFile?
  /// The path of the file that was put in place.
  private var placed: FilePath?
  private var isDone = false

  /// Begins a file that will be named `path`.
  /// - Parameters:
  ///   - permissions: The permissions of the file, of which the process's umask takes some away.
  ///   - cancellation: Ends a wait for the reader of a pipe.
  /// - Throws: `.notFound` if the folder is missing, `.permission`, `.readOnly`, `.noSpace`,
  ///   `.isDirectory`, `.interrupted` (waiting for the reader of a named pipe), `.system`.
  package init(
    path: String, permissions: UInt32 = 0o777, _ cancellation: Cancellation = .never
  ) throws(StreamError) {
    try checkPath(path)
    self.path = path
    let final = try OutputPath.resolve(path)
    let existing = try? Stat(FilePath(fileName: path))
    if existing?.type == .directory || path.hasSuffix("/") {
      throw StreamError(.isDirectory, .create, path: path)
    }
    if let existing, let direct = try Self.openDirectly(path, existing, cancellation) {
      file = direct
      return
    }
    do throws(Errno) {
      let unplaced = try UnplacedFile(for: final, permissions: permissions)
      pending = unplaced
      file = OpenFile(unplaced.descriptor, name: path, closes: true, cancellation)
    } catch {
      throw StreamError(error, .create, path: path)
    }
  }

  deinit { discard() }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) { try file.write(bytes) }

  /// Does nothing: only `commit()` names the file.
  package func finish() throws(StreamError) {}

  /// Makes the file durable and visible: fsync, its name, fsync of the directory.
  ///
  /// After a failure before it has its name nothing is left behind. Calls after the first do
  /// nothing.
  package func commit() throws(StreamError) {
    guard !isDone else { return }
    try makeDurable()
    try putInPlace()
    try synchronizeFolder()
  }

  /// The first part of a commit: the content is on the disk.
  func makeDurable() throws(StreamError) {
    isDone = true
    guard pending != nil else { return try file.close() }
    try committing { () throws(Errno) in try retrying { fsync(file.descriptor.rawValue) } }
  }

  /// The second part: the file gets its name, and is closed.
  func putInPlace() throws(StreamError) {
    guard pending != nil else { return }
    try committing { () throws(Errno) in
      try pending?.place()
      placed = pending?.final
      pending = nil
    }
    // All of it is on the disk, so nothing can be lost here.
    try? file.closeOnce()
  }

  /// The last part: the name is on the disk.
  func synchronizeFolder() throws(StreamError) {
    guard let placed else { return }
    try committing { () throws(Errno) in try Self.synchronizeFolder(of: placed) }
  }

  /// The folder that the file was put in place in, for comparison.
  var finalFolder: FilePath? { placed?.removingLastComponent() }

  /// Whether the content waits to be put in place.
  var isPending: Bool { pending != nil }

  private func committing(_ body: () throws(Errno) -> Void) throws(StreamError) {
    do throws(Errno) { try body() } catch {
      removeTemporary()
      throw StreamError(error, .commit, path: path)
    }
  }

  /// Gives the file up and removes the temporary one. Does nothing after `commit()`.
  package func discard() {
    isDone = true
    removeTemporary()
  }

  private func removeTemporary() {
    guard pending != nil else { return }
    pending?.remove()
    pending = nil
    try? file.closeOnce()
  }
}
