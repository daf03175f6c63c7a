import FalconetOracle
import FalconetStreams
import Glibc
import SystemPackage

extension TraceFolder {
  /// Writes a whole file, or throws and leaves what was there.
  func write(_ bytes: [UInt8], to file: FilePath) throws(TraceError) {
    let parent = file.removingLastComponent()
    if parent != path { try makeFolder(parent) }
    let before = Self.size(file)
    do throws(StreamError) {
      try checkPlace()
      try AtomicFile.write(
        path: file.fileName, permissions: 0o666, compression: Compression.none
      ) { (sink) throws(StreamError) in
        try sink.write(bytes)
        // The unfinished file is in this folder, so that it can't become one of another.
        try checkPlace()
      }
    } catch { throw .file(error) }
    account(from: before, to: UInt64(bytes.count))
  }

  /// Removes a file, or a folder with all that is in it.
  func remove(_ file: FilePath) {
    guard isInPlace else { return }
    let before = Self.size(file)
    Self.removeTree(file)
    account(from: before, to: Self.size(file))
  }

  /// Moves a file that is wrong out of the way. Where that can't be done, it is removed if it is a
  /// file, and else left.
  func putAside(_ file: FilePath, _ reason: String) {
    guard isInPlace else { return }
    _ = quarantine.withPlatformString { mkdir($0, 0o777) }
    let name = file.lastComponent?.fileName ?? "file"
    var target = quarantine.appending(fileName: name)
    var number = 1
    while Self.exists(target), number < 10_000 {
      target = quarantine.appending(fileName: "\(name).\(number)")
      number += 1
    }
    let moved = file.withPlatformString { from in
      target.withPlatformString { rename(from, $0) }
    }
    if moved != 0, !Self.isFolder(file) { remove(file) }
    note(
      TraceIncident(path: file.fileName, reason: reason, movedTo: moved == 0 ? target.fileName : "")
    )
  }

  /// Gives up files that were put aside until there is room, as far as there are any.
  func clearQuarantine(until hasRoom: () -> Bool) throws(TraceError) {
    guard !hasRoom() else { return }
    for name in try Self.names(in: quarantine).sorted() {
      remove(quarantine.appending(fileName: name))
      if hasRoom() { return }
    }
  }

  /// Removes all that a provider wrote or put aside, and the folders if nothing else is in them.
  /// The lock goes last, and is held until the object goes.
  func deleteAll() throws(TraceError) {
    do { try checkPlace() } catch { throw .file(error) }
    var own = Name.folders + Name.files.filter { $0 != Name.lock }
    own += try Self.names(in: path).filter(Self.isOwnTemporary)
    for name in own + [Name.lock] {
      let file = path.appending(fileName: name)
      if let error = Self.removeTree(file) {
        throw .file(StreamError(error, .write, path: file.fileName))
      }
    }
    _ = path.withPlatformString { rmdir($0) }
  }

  // MARK: Any folder

  /// The names in a folder; none where there is no folder.
  static func names(in folder: FilePath) throws(TraceError) -> [String] {
    var names: [String] = []
    do throws(Errno) {
      try FolderListing.forEachName(in: folder) { name in
        names.append(name)
        return true
      }
    } catch {
      if error == .noSuchFileOrDirectory { return [] }
      throw .file(StreamError(error, .read, path: folder.fileName))
    }
    return names
  }

  /// Bytes of a file, or of all files in a folder. Links are not followed.
  static func size(_ file: FilePath, depth: Int = 0) -> UInt64 {
    guard let status = status(file) else { return 0 }
    if status.st_mode & S_IFMT == S_IFREG { return UInt64(max(status.st_size, 0)) }
    guard status.st_mode & S_IFMT == S_IFDIR, depth < deepest,
      let names = try? names(in: file)
    else { return 0 }
    return names.reduce(0) { $0 &+ size(file.appending(fileName: $1), depth: depth + 1) }
  }

  /// - Returns: why something could not be removed.
  @discardableResult
  private static func removeTree(_ file: FilePath, depth: Int = 0) -> Errno? {
    var failure: Errno?
    let removed: Int32
    if isFolder(file) {
      for name in depth < deepest ? (try? names(in: file)) ?? [] : [] {
        failure = failure ?? removeTree(file.appending(fileName: name), depth: depth + 1)
      }
      removed = file.withPlatformString { rmdir($0) }
    } else {
      removed = file.withPlatformString { unlink($0) }
    }
    let error = Errno(rawValue: errno)
    return removed == 0 || error == .noSuchFileOrDirectory ? failure : failure ?? error
  }

  /// Folders in folders that are looked into. The provider makes one level.
  private static let deepest = 16

  static func exists(_ file: FilePath) -> Bool { status(file) != nil }

  static func isRegular(_ file: FilePath) -> Bool {
    status(file).map { $0.st_mode & S_IFMT == S_IFREG } ?? false
  }

  static func isFolder(_ file: FilePath) -> Bool {
    status(file).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  static func isLink(_ file: FilePath) -> Bool {
    status(file).map { $0.st_mode & S_IFMT == S_IFLNK } ?? false
  }

  private static func status(_ file: FilePath) -> stat? {
    var status = stat()
    return file.withPlatformString { lstat($0, &status) } == 0 ? status : nil
  }
}
