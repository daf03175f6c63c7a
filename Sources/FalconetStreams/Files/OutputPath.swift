import FalconetLibc
import SystemPackage

/// The file that an output path stands for.
enum OutputPath {
  /// As many links as the system follows.
  private static let limit = 40

  /// The path of the file that `path` names, with links in its last component followed.
  ///
  /// - Throws: ``StreamError`` of kind `permission` for a link of another user's in a directory that
  ///   everybody may write to, of the sticky kind such as `/tmp`: the system refuses to follow it
  ///   (`fs.protected_symlinks`), and so does this.
  static func resolve(_ path: String) throws(StreamError) -> FilePath {
    var current = FilePath(fileName: path)
    for _ in 0..<limit {
      var status = stat()
      guard current.withPlatformString({ lstat($0, &status) }) == 0,
        status.st_mode & S_IFMT == S_IFLNK
      else { return current }
      let parent = current.removingLastComponent()
      try check(linkOf: status.st_uid, in: parent.isEmpty ? "." : parent, path: path)
      guard let target = read(current) else { return current }
      current = parent.pushing(target)
    }
    throw StreamError(Errno.tooManySymbolicLinkLevels, .create, path: path)
  }

  private static func check(
    linkOf owner: uid_t, in directory: FilePath, path: String
  ) throws(StreamError) {
    var status = stat()
    let open = S_ISVTX | S_IWOTH
    guard directory.withPlatformString({ stat($0, &status) }) == 0, status.st_mode & open == open,
      owner != geteuid(), owner != status.st_uid
    else { return }
    throw StreamError(
      .permission, path: path,
      message: "is a symbolic link of user \(owner) in a directory that everyone may write to",
      remedy: "name the file that the link points to, or use another directory")
  }

  private static func read(_ link: FilePath) -> FilePath? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      let count = link.withPlatformString {
        readlink($0, buffer.baseAddress.unsafelyUnwrapped, buffer.count - 1)
      }
      guard count > 0 else { return nil }
      buffer[count] = 0
      return FilePath(platformString: buffer.baseAddress.unsafelyUnwrapped)
    }
  }
}
