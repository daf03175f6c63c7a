import FalconetLibc
import FalconetStreams

/// The place that a path names as a result, whatever spelling or link leads to it.
enum OutputPlace: Hashable {
  /// What is open or can be opened many times, all of which reach one stream.
  case stream(device: UInt64, inode: UInt64)
  /// A name in a directory.
  case file(device: UInt64, inode: UInt64, name: [UInt8])
  /// A name in a directory that does not exist.
  case missing([UInt8])

  /// - Parameter path: a path, or `-` for standard output.
  /// - Returns: nil for the null device, which takes any number of results.
  init?(_ path: String) {
    var file = stat()
    if path == "-" {
      guard fstat(STDOUT_FILENO, &file) == 0 else {
        self = .missing(Array(path.utf8))
        return
      }
      self.init(stream: file)
      return
    }
    guard path.withFileName({ stat($0, &file) }) == 0 else {
      // A link to what does not exist is where the file is made.
      self.init(name: AtomicFile.target(of: path) ?? path)
      return
    }
    switch file.st_mode & S_IFMT {
    case S_IFREG where Self.isOwnOutput(file): self.init(stream: file)
    case S_IFREG, S_IFDIR:
      self.init(name: path.pathWithoutLinks ?? path)
    default: self.init(stream: file)
    }
  }

  private init?(stream file: stat) {
    // The null device has the numbers 1 and 3.
    if file.st_mode & S_IFMT == S_IFCHR, file.st_rdev == 0x103 { return nil }
    self = .stream(device: UInt64(file.st_dev), inode: UInt64(file.st_ino))
  }

  /// The name itself, which may be a link's.
  init(name path: String) {
    let (folder, name) = Self.split(path)
    var file = stat()
    guard folder.withFileName({ stat($0, &file) }) == 0 else {
      self = .missing(Array(path.utf8))
      return
    }
    self = .file(device: UInt64(file.st_dev), inode: UInt64(file.st_ino), name: Array(name.utf8))
  }

  /// A path's directory and its last part.
  static func split(_ path: String) -> (folder: String, name: String) {
    let slashless =
      path.utf8.last == UInt8(ascii: "/") && path.utf8.count > 1
      ? String(path.dropLast()) : path
    guard let slash = slashless.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      return (".", slashless)
    }
    let name = String(slashless[slashless.utf8.index(after: slash)...])
    return (slash == slashless.startIndex ? "/" : String(slashless[..<slash]), name)
  }

  private static func isOwnOutput(_ file: stat) -> Bool {
    [STDOUT_FILENO, STDERR_FILENO].contains { descriptor in
      var own = stat()
      return fstat(descriptor, &own) == 0 && own.st_dev == file.st_dev
        && own.st_ino == file.st_ino
    }
  }
}
