import FalconetLibc
import FalconetStreams
import FalconetSystem
import SystemPackage

extension TraceDirectory {
  /// Writes a whole file, or throws and leaves what was there.
  func write(_ bytes: [UInt8], to file: FilePath) throws(TraceError) {
    let parent = file.removingLastComponent()
    if parent != path { try makeDirectory(parent) }
    let before = Self.size(file)
    do throws(StreamError) {
      try checkPlace()
      try AtomicFile.write(
        path: file.fileName, permissions: 0o666, compression: Compression.none
      ) { (sink) throws(StreamError) in
        try sink.write(bytes)
        // The unfinished file is in this directory, so that it can't become one of another.
        try checkPlace()
      }
    } catch { throw .file(error) }
    account(from: before, to: UInt64(bytes.count))
  }

  /// Removes a file, or a directory with all that is in it.
  func remove(_ file: FilePath) {
    guard isInPlace else { return }
    let before = Self.size(file)
    Self.removeTree(file)
    account(from: before, to: Self.size(file))
  }

  /// Moves a corrupt or foreign file into the quarantine. If that fails, a file is removed, and a
  /// directory left where it is.
  func quarantine(_ file: FilePath, _ reason: String) {
    guard isInPlace else { return }
    _ = quarantinePath.withPlatformString { mkdir($0, 0o777) }
    let name = file.lastComponent?.fileName ?? "file"
    var target = quarantinePath.appending(fileName: name)
    var number = 1
    while FileStatus.exists(target), number < 10_000 {
      target = quarantinePath.appending(fileName: "\(name).\(number)")
      number += 1
    }
    let moved = file.withPlatformString { from in
      target.withPlatformString { rename(from, $0) }
    }
    if moved != 0, !FileStatus.isDirectory(file) { remove(file) }
    report(
      TraceIncident(path: file.fileName, reason: reason, movedTo: moved == 0 ? target.fileName : "")
    )
  }

  /// Discards files in quarantine until there is room, as long as there are any.
  func clearQuarantine(until hasRoom: () -> Bool) throws(TraceError) {
    guard !hasRoom() else { return }
    for name in try Self.names(in: quarantinePath).sorted() {
      remove(quarantinePath.appending(fileName: name))
      if hasRoom() { return }
    }
  }

  /// Removes all that a provider wrote or quarantined, and the directories if nothing else is in them.
  /// The lock goes last, and is held until the object goes.
  func deleteAll() throws(TraceError) {
    do { try checkPlace() } catch { throw .file(error) }
    var own = Name.directories + Name.files.filter { $0 != Name.lock }
    own += try Self.names(in: path).filter {
      Self.isOwnTemporary($0) || $0.hasPrefix(TraceProvider.hostStatusName)
    }
    for name in own + [Name.lock] {
      let file = path.appending(fileName: name)
      if let error = Self.removeTree(file) {
        throw .file(StreamError(error, .write, path: file.fileName))
      }
    }
    _ = path.withPlatformString { rmdir($0) }
  }

  // MARK: Any directory

  /// The names in a directory; none if there is no directory.
  static func names(in directory: FilePath) throws(TraceError) -> [String] {
    do throws(Errno) { return try DirectoryListing.names(in: directory) } catch {
      if error == .noSuchFileOrDirectory { return [] }
      throw .file(StreamError(error, .read, path: directory.fileName))
    }
  }

  /// Bytes of a file, or of all files in a directory. Links are not followed.
  static func size(_ file: FilePath, depth: Int = 0) -> UInt64 {
    guard let status = FileStatus(file) else { return 0 }
    if status.kind == .regular { return status.size }
    guard status.kind == .directory, depth < deepest,
      let names = try? names(in: file)
    else { return 0 }
    return names.reduce(0) { $0 &+ size(file.appending(fileName: $1), depth: depth + 1) }
  }

  /// - Returns: why something could not be removed.
  @discardableResult
  private static func removeTree(_ file: FilePath, depth: Int = 0) -> Errno? {
    var failure: Errno?
    let removed: Int32
    if FileStatus.isDirectory(file) {
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

  /// How deep directories are looked into. The provider makes one level.
  private static let deepest = 16
}
