import FalconetOracle
import FalconetStreams
import Glibc
import SystemPackage

/// The folder of a trace provider: the only place that it writes to.
///
/// | name | what |
/// | --- | --- |
/// | `lock` | held by the process that works on the folder |
/// | `trace.json` | which trace it is |
/// | `claims.log` | claims, see ``ClaimLog`` |
/// | `proofs/N.json.gz` | step data by index, as Cannon writes it |
/// | `snapshots/N.fsnap` | states by the number of steps executed |
/// | `last.json.gz` | the last step, once known |
/// | `aside/` | what was found wrong |
final class TraceFolder {
  let path: FilePath
  private var lock: FileDescriptor?
  /// Files that were found wrong, since the folder was opened.
  private(set) var incidents: [TraceIncident] = []

  /// Opens a folder, makes it where it doesn't exist, and locks it.
  init(_ path: String) throws(TraceError) {
    self.path = FilePath(path)
    for folder in [self.path, snapshots, proofs] { try Self.make(folder) }
    try takeLock()
  }

  deinit { try? lock?.close() }

  var snapshots: FilePath { path.appending("snapshots") }
  var proofs: FilePath { path.appending("proofs") }
  var aside: FilePath { path.appending("aside") }
  var claims: FilePath { path.appending("claims.log") }
  var last: FilePath { path.appending("last.json.gz") }
  var identity: FilePath { path.appending("trace.json") }
  private var lockFile: FilePath { path.appending("lock") }

  func snapshot(_ step: UInt64) -> FilePath { snapshots.appending("\(step).fsnap") }
  func proof(_ index: UInt64) -> FilePath { proofs.appending("\(index).json.gz") }

  private static func make(_ folder: FilePath) throws(TraceError) {
    let made = folder.withPlatformString { mkdir($0, 0o755) }
    guard made == 0 || errno == EEXIST else {
      throw .file(StreamError(Errno(rawValue: errno), .create, path: folder.string))
    }
  }

  private func takeLock() throws(TraceError) {
    do throws(Errno) {
      let lock = try openLock()
      guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
        let error = Errno(rawValue: errno)
        try? lock.close()
        throw error
      }
      self.lock = lock
    } catch {
      if error == .wouldBlock { throw .locked(path: path.string) }
      throw .file(StreamError(error, .create, path: lockFile.string))
    }
  }

  private func openLock() throws(Errno) -> FileDescriptor {
    do {
      return try FileDescriptor.open(
        lockFile, .readWrite, options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch { throw error as? Errno ?? .ioError }
  }

  // MARK: Contents

  /// The numbers N of a folder's files `N` + suffix. Other files are put aside, but for what another
  /// program may leave that is hidden.
  func numbers(in folder: FilePath, suffix: String) throws(TraceError) -> [UInt64] {
    var numbers: [UInt64] = []
    for name in try names(in: folder) {
      let digits = name.dropLast(suffix.count)
      if name.hasSuffix(suffix), let number = UInt64(digits), "\(number)" == digits {
        numbers.append(number)
      } else {
        putAside(folder.appending(name), "it is no file of this folder")
      }
    }
    return numbers.sorted()
  }

  private func names(in folder: FilePath) throws(TraceError) -> [String] {
    var names: [String] = []
    do throws(Errno) {
      try FolderListing.forEachName(in: folder) { name in
        if name != ".", name != ".." { names.append(name) }
        return true
      }
    } catch {
      if error == .noSuchFileOrDirectory { return [] }
      throw .file(
        StreamError(
          .system(errno: error.rawValue), path: folder.string,
          message: "the folder can't be read: \(error)"))
    }
    return names
  }

  /// The bytes that the folder's files take, those put aside included.
  func size() throws(TraceError) -> UInt64 {
    var total: UInt64 = 0
    for folder in [path, snapshots, proofs, aside] {
      for name in try names(in: folder) { total += Self.size(folder.appending(name)) }
    }
    return total
  }

  static func size(_ file: FilePath) -> UInt64 {
    var status = stat()
    guard file.withPlatformString({ lstat($0, &status) }) == 0,
      status.st_mode & S_IFMT == S_IFREG
    else { return 0 }
    return UInt64(max(status.st_size, 0))
  }

  static func exists(_ file: FilePath) -> Bool {
    file.withPlatformString { access($0, F_OK) } == 0
  }

  func remove(_ file: FilePath) { _ = file.withPlatformString { unlink($0) } }

  /// Moves a file that is wrong out of the way. Where that can't be done, it is removed.
  func putAside(_ file: FilePath, _ reason: String) {
    _ = aside.withPlatformString { mkdir($0, 0o755) }
    let name = file.lastComponent?.string ?? "file"
    var target = aside.appending(name)
    var number = 1
    while Self.exists(target), number < 10_000 {
      target = aside.appending("\(name).\(number)")
      number += 1
    }
    let moved = file.withPlatformString { from in
      target.withPlatformString { rename(from, $0) }
    }
    if moved != 0 { remove(file) }
    incidents.append(
      TraceIncident(path: file.string, reason: reason, movedTo: moved == 0 ? target.string : ""))
  }

  /// Removes all that the provider wrote, and the folders if nothing else is in them.
  func deleteAll() throws(TraceError) {
    for folder in [snapshots, proofs, aside] {
      for name in try names(in: folder) { remove(folder.appending(name)) }
      _ = folder.withPlatformString { rmdir($0) }
    }
    for file in [claims, last, identity, lockFile] { remove(file) }
    _ = path.withPlatformString { rmdir($0) }
  }
}
