import FalconetLibc
import SystemPackage

extension AtomicFile {
  /// Checks that a file can be written under `path`, as far as this shows before there is content.
  ///
  /// A temporary file is made beside the name and removed: permissions tell root nothing. A pipe or
  /// device is not opened, since that can wait or have an effect. What can still fail later is room
  /// on the disk, and what others change in the meantime.
  ///
  /// - Throws: what a write would: `.notFound` if the directory is missing, `.isDirectory`,
  ///   `.permission`, `.readOnly`, `.noSpace`, or `.system`, such as for a name that is too long.
  package static func check(path: String) throws(StreamError) {
    try checkPath(path)
    var file = stat()
    if path.withFileName({ stat($0, &file) }) != 0 {
      // The temporary name can be shorter than the one that the file gets in the end.
      if errno == ENAMETOOLONG { throw StreamError(.fileNameTooLong, .create, path: path) }
    } else {
      switch file.st_mode & S_IFMT {
      case S_IFREG: try checkReplacing(path)
      case S_IFDIR: break
      default: return try checkSpecial(path, file)
      }
    }
    try AtomicFile(path: path).discard()
  }

  /// Checks that the process may write to a pipe or device, unless it is its own output already.
  private static func checkSpecial(_ path: String, _ file: stat) throws(StreamError) {
    let isOwn = [STDOUT_FILENO, STDERR_FILENO].contains { descriptor in
      var own = stat()
      return fstat(descriptor, &own) == 0 && own.st_dev == file.st_dev
        && own.st_ino == file.st_ino
    }
    if isOwn { return }
    guard file.st_mode & S_IFMT != S_IFSOCK else {
      throw StreamError(.noSuchAddressOrDevice, .write, path: path)
    }
    guard path.withFileName({ access($0, W_OK) }) == 0 else {
      throw StreamError(Errno(rawValue: errno), .write, path: path)
    }
  }

  /// Checks that the file is no mount point, such as a single file that a container gets from its
  /// host: nothing can take its name.
  private static func checkReplacing(_ path: String) throws(StreamError) {
    // Without /proc this shows when the file is written.
    guard let mounts = try? FileSource(path: "/proc/self/mountinfo"),
      let bytes = try? ByteReader(mounts).readAll(limit: 1 << 24)
    else { return }
    guard let resolved = path.withFileName({ realpath($0, nil) }) else { return }
    // Sound: `realpath` gave a zero-terminated string from `malloc`, which is freed once.
    defer { free(resolved) }
    let name = UnsafeRawBufferPointer(start: resolved, count: strlen(resolved))
    let isMounted = bytes.split(separator: UInt8(ascii: "\n")).contains { line in
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      return fields.count > 4 && unescaped(fields[4]).elementsEqual(name)
    }
    guard !isMounted else {
      throw StreamError(
        .system(errno: EBUSY), path: path, message: "cannot be replaced: it is a mount point",
        remedy: "mount its directory, or name a file elsewhere")
    }
  }

  /// A field of the kernel's, which has spaces and such as `\040`.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        text.append(code)
        rest = rest.dropFirst(3)
      } else {
        text.append(byte)
      }
    }
    return text
  }
}
