import FalconetLibc
import FalconetSystem
import SystemPackage

/// A file that is to get its name once it is whole.
///
/// It has no name meanwhile (`O_TMPFILE`), so that nothing is left of it however the process ends,
/// if the file system and `/proc`, through which the name is given, allow that. Else it has an
/// ``UnfinishedName``.
struct UnplacedFile {
  /// The path that it gets.
  let final: FilePath
  let descriptor: FileDescriptor
  /// The path that it has; nil if it has none.
  private(set) var temporary: FilePath?

  /// Makes an empty file. Its mode is `permissions`, less what the process's umask takes.
  init(for final: FilePath, permissions: UInt32) throws(Errno) {
    UnfinishedName.sweep(besides: final)
    self.final = final
    if let nameless = Self.openNameless(Self.directory(of: final), permissions) {
      descriptor = nameless
    } else {
      var name: FilePath
      repeat { name = UnfinishedName.make(for: final) } while name == final
      descriptor = try systemCall {
        try FileDescriptor.open(
          name, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
          permissions: FilePermissions(rawValue: permissions))
      }
      temporary = name
    }
    UnfinishedName.lock(descriptor)
  }

  /// Gives the file its name, in place of one that has it.
  mutating func place() throws(Errno) {
    if temporary == nil {
      if try link(to: final) { return }
      // Something has the name. Only a rename replaces it, and that wants a name too.
      while temporary == nil {
        let name = UnfinishedName.make(for: final)
        if try link(to: name) { temporary = name }
      }
    }
    guard let temporary else { return }
    try retrying {
      temporary.withPlatformString { from in final.withPlatformString { rename(from, $0) } }
    }
    self.temporary = nil
  }

  /// Takes away the name that the file has before it is placed.
  mutating func remove() {
    if let temporary { _ = temporary.withPlatformString { unlink($0) } }
    temporary = nil
  }

  static func directory(of file: FilePath) -> FilePath {
    let parent = file.removingLastComponent()
    return parent.isEmpty ? "." : parent
  }

  /// - Returns: nil if there are no files without names here, or they can't get one.
  private static func openNameless(
    _ directory: FilePath, _ permissions: UInt32
  ) -> FileDescriptor? {
    guard let descriptor = NamelessFile.make(in: directory, permissions: permissions) else {
      return nil
    }
    guard access(ownPath(descriptor), F_OK) == 0 else {
      close(descriptor)
      return nil
    }
    return FileDescriptor(rawValue: descriptor)
  }

  private static func ownPath(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  /// - Returns: whether the file got the name; else something has it.
  private func link(to name: FilePath) throws(Errno) -> Bool {
    do throws(Errno) {
      try retrying {
        name.withPlatformString {
          linkat(AT_FDCWD, Self.ownPath(descriptor.rawValue), AT_FDCWD, $0, AT_SYMLINK_FOLLOW)
        }
      }
      return true
    } catch .fileExists {
      return false
    } catch {
      throw error
    }
  }
}
