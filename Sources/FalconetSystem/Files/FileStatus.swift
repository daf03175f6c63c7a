import FalconetLibc
import SystemPackage

/// What the system says of a file.
package struct FileStatus: Sendable {
  package enum Kind: Sendable {
    case regular, directory, link, other
  }

  package let kind: Kind
  /// Bytes.
  package let size: UInt64
  private let device: UInt64
  private let inode: UInt64

  /// - Parameter followsLinks: whether the status of a link is that of what it points to.
  /// - Returns: nil if there is no such file, or the system does not tell.
  package init?(_ path: FilePath, followsLinks: Bool = false) {
    var status = stat()
    let result = path.withPlatformString {
      followsLinks ? stat($0, &status) : lstat($0, &status)
    }
    guard result == 0 else { return nil }
    self.init(status)
  }

  /// The status of the file with a name.
  package init?(of name: String, followsLinks: Bool = false) {
    guard !name.utf8.contains(0) else { return nil }
    self.init(FilePath(fileName: name), followsLinks: followsLinks)
  }

  /// The status of an open file.
  package init?(_ descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    size = UInt64(max(status.st_size, 0))
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// Whether both are of one file.
  package func isSameFile(as other: FileStatus) -> Bool {
    device == other.device && inode == other.inode
  }

  // MARK: Questions about a path, whose last component is not followed if it is a link

  package static func exists(_ file: FilePath) -> Bool { FileStatus(file) != nil }
  package static func isRegular(_ file: FilePath) -> Bool { FileStatus(file)?.kind == .regular }
  package static func isDirectory(_ file: FilePath) -> Bool {
    FileStatus(file)?.kind == .directory
  }
  package static func isLink(_ file: FilePath) -> Bool { FileStatus(file)?.kind == .link }
}
