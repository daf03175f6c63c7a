import FalconetOracle
import FalconetStreams
import Glibc
import Synchronization
import SystemPackage

/// The folder of a trace provider: the only place that it writes to.
///
/// | name | what |
/// | --- | --- |
/// | `lock` | held by the process that works on the folder |
/// | `trace.json` | which trace it is |
/// | `prestate.json` | the prestate's witness, and what it was read from |
/// | `claims.log` | claims, see ``ClaimLog`` |
/// | `proofs/N.json.gz` | step data by index, as Cannon writes it |
/// | `snapshots/N.fsnap` | states by the number of steps executed |
/// | `snapshots/N.hint` | the last hint before such a state, see ``SavedHint`` |
/// | `last.json.gz` | the last step, once known |
/// | `quarantine/` | what was found wrong |
///
/// May be used from several threads.
final class TraceFolder: Sendable {
  let path: FilePath
  private let lock: FolderLock
  private let record = Mutex(Record())

  private struct Record {
    /// Bytes that the files take.
    var used: UInt64 = 0
    /// Files that were found wrong since the folder was opened.
    var incidents: [TraceIncident] = []
    /// Whether there was no room for the last file that could be done without.
    var isFull = false
  }

  /// Opens a folder, makes it where it doesn't exist, and locks it.
  ///
  /// - Throws: ``TraceError`` where it is in use, holds other things, or can't be made.
  init(_ path: String) throws(TraceError) {
    try Self.make(Self.followed(path))
    self.path = Self.resolved(path)
    try Self.refuseForeign(self.path)
    try Self.refuseUnknownFormat(self.path)
    lock = try FolderLock(self.path, Name.lock)
  }

  /// The path of the folder that a path names. A link to it is followed, one in it never.
  private static func followed(_ path: String) -> FilePath {
    isLink(FilePath(fileName: path)) ? resolved(path) : FilePath(fileName: path)
  }

  /// The absolute path of a folder that is there, so that the process can go to another one.
  private static func resolved(_ path: String) -> FilePath {
    guard let resolved = path.withFileName({ realpath($0, nil) }) else {
      return FilePath(fileName: path)
    }
    // Sound: `realpath` gave a zero-terminated string from `malloc`, which is freed once.
    defer { free(resolved) }
    return FilePath(platformString: resolved)
  }

  /// Opens a folder where there is one; nil where there is none, which may be an error.
  static func ifPresent(_ path: String, isRequired: Bool) throws(TraceError) -> TraceFolder? {
    if exists(FilePath(fileName: path)) { return try TraceFolder(path) }
    if isRequired { throw missing(path) }
    return nil
  }

  private static func missing(_ path: String) -> TraceError {
    .file(
      StreamError(
        .notFound, path: path, message: "there is no such folder", remedy: "check the path"))
  }

  /// Opens a folder that is there, to delete it.
  init(existing path: String) throws(TraceError) {
    self.path = Self.resolved(path)
    guard Self.isFolder(self.path) else { throw Self.missing(path) }
    try Self.refuseForeign(self.path)
    lock = try FolderLock(self.path, Name.lock)
  }

  // MARK: Its place

  /// Whether the path still names the folder that was locked. Where not, nothing is written there.
  var isInPlace: Bool { lock.isInPlace }

  /// Throws where the path names no folder or another one than was locked.
  func checkPlace() throws(StreamError) {
    guard !isInPlace else { return }
    throw StreamError(
      .notFound, path: path.fileName,
      message: "the folder, or its lock, was moved, replaced or deleted while it was open",
      remedy: "put it back, or open the trace anew")
  }

  /// Whether a folder is this one, or in it, however its path names it. One that isn't there yet
  /// would be made where its path says.
  func holds(_ other: FilePath) -> Bool {
    var place = other
    while !Self.exists(place), place.removeLastComponent() {}
    place = Self.resolved(place.isEmpty ? "." : place.fileName)
    repeat { if lock.isFolder(place) { return true } } while place.removeLastComponent()
    return false
  }

  /// Opens the log for writing, which can't be another folder's.
  func openClaims() throws(Errno) -> FileDescriptor { try lock.openForWriting(Name.claims) }

  /// Names in the folder.
  enum Name {
    static let lock = "lock"
    static let identity = "trace.json"
    static let prestate = "prestate.json"
    static let claims = "claims.log"
    static let last = "last.json.gz"
    static let quarantine = "quarantine"
    static let folders = ["snapshots", "proofs", quarantine]
    static let files = [lock, identity, prestate, claims, last]
    /// Whether a name is a file's that was not finished.
    static func isTemporary(_ name: String) -> Bool { name.contains(".tmp-") }

    /// Whether a name is the system's own affair.
    static func isSystem(_ name: String) -> Bool { name.hasPrefix(".") || name == "lost+found" }
  }

  var snapshots: FilePath { path.appending("snapshots") }
  var proofs: FilePath { path.appending("proofs") }
  var quarantine: FilePath { path.appending(Name.quarantine) }
  var claims: FilePath { path.appending(Name.claims) }
  var last: FilePath { path.appending(Name.last) }
  var identity: FilePath { path.appending(Name.identity) }
  var prestate: FilePath { path.appending(Name.prestate) }

  func snapshot(_ step: UInt64) -> FilePath { snapshots.appending("\(step).fsnap") }
  func hint(_ step: UInt64) -> FilePath { snapshots.appending("\(step).hint") }
  func proof(_ index: UInt64) -> FilePath { proofs.appending("\(index).json.gz") }

  private static func make(_ folder: FilePath) throws(TraceError) {
    let made = folder.withPlatformString { mkdir($0, 0o777) }
    guard made != 0 else { return }
    let error = Errno(rawValue: errno)
    guard error == .fileExists || isFolder(folder) else {
      throw .file(StreamError(error, .create, path: folder.fileName))
    }
    guard isFolder(folder) else {
      throw .file(StreamError(.notDirectory, .create, path: folder.fileName))
    }
  }

  /// A directory given by mistake is left alone: one that holds things, and neither says that it is a
  /// trace's nor holds no more than what a crash leaves of one that was being made.
  static func refuseForeign(_ path: FilePath) throws(TraceError) {
    let names = try names(in: path).filter { !Name.isSystem($0) }
    if names.isEmpty { return }
    if try isTrace(path) { return }
    if names.contains(Name.lock), names.allSatisfy({ isBeginning(path.appending($0), $0) }) {
      return
    }
    throw .notTrace(path: path.fileName)
  }

  /// Whether a file is one that stands in a trace's directory before it says so.
  private static func isBeginning(_ file: FilePath, _ name: String) -> Bool {
    if name == Name.lock { return isRegular(file) && size(file) == 0 }
    if name.hasPrefix(Name.identity) { return isOwnTemporary(name) }
    return Name.folders.contains(name) && isFolder(file) && (try? names(in: file))?.isEmpty == true
  }

  static func isOwnTemporary(_ name: String) -> Bool {
    Name.isTemporary(name) && Name.files.contains { name.hasPrefix($0) }
  }

  // MARK: Contents

  /// Has what is no file leave the names of files, and what is no folder those of folders, so that
  /// nothing outside of the folder is read or written through them.
  func clearNames() throws(TraceError) {
    if Self.exists(quarantine), !Self.isFolder(quarantine) { remove(quarantine) }
    for name in Name.files {
      let file = path.appending(fileName: name)
      if Self.exists(file), !Self.isRegular(file) { putAside(file, "it is not a file") }
    }
    for folder in [snapshots, proofs] { try makeFolder(folder) }
  }

  /// Makes a folder in this one, where there is none. What has its name is put aside.
  func makeFolder(_ folder: FilePath) throws(TraceError) {
    if Self.isFolder(folder) { return }
    if Self.exists(folder) { putAside(folder, "it is not a folder") }
    try Self.make(folder)
  }

  /// The states of the folder, and what was not finished or is foreign dealt with. Counts all
  /// bytes.
  func takeStock() throws(TraceError) -> [UInt64] {
    for name in try Self.names(in: path) where !Name.folders.contains(name) {
      let file = path.appending(fileName: name)
      if Name.isSystem(name) { continue }
      if Self.isOwnTemporary(name) {
        remove(file)
      } else if !Name.files.contains(name) {
        putAside(file, Self.foreign)
      }
    }
    let steps = try numbers(in: snapshots, suffixes: [".fsnap", ".hint"])
    for name in try Self.names(in: snapshots) where name.hasSuffix(".hint") {
      let snapshot = snapshots.appending(name.dropLast(5) + ".fsnap")
      if !Self.isRegular(snapshot) { remove(snapshots.appending(name)) }
    }
    _ = try numbers(in: proofs, suffixes: [".json.gz"])
    let used = Self.size(path)
    record.withLock { $0.used = used }
    return steps
  }

  private static let foreign = "it is no file of a trace"

  /// The numbers N of a folder's files `N` + the first suffix, ascending. What was not finished is
  /// removed; other files are put aside.
  func numbers(in folder: FilePath, suffixes: [String]) throws(TraceError) -> [UInt64] {
    guard Self.isFolder(folder) else { return [] }
    var numbers: [UInt64] = []
    for name in try Self.names(in: folder) where !Name.isSystem(name) {
      let file = folder.appending(fileName: name)
      guard let suffix = suffixes.first(where: name.hasSuffix),
        let number = UInt64(name.dropLast(suffix.count)), "\(number)\(suffix)" == name
      else {
        if Name.isTemporary(name) { remove(file) } else { putAside(file, Self.foreign) }
        continue
      }
      guard Self.isRegular(file) else {
        putAside(file, "it is not a file")
        continue
      }
      if suffix == suffixes.first { numbers.append(number) }
    }
    return numbers.sorted()
  }

  /// Bytes that the folder's files take, those put aside included.
  var used: UInt64 { record.withLock { $0.used } }

  var incidents: [TraceIncident] { record.withLock { $0.incidents } }

  func note(_ incident: TraceIncident) { record.withLock { $0.incidents.append(incident) } }

  /// Notes that a file that can be done without could not be kept. Told once until one is kept.
  func noteUnkept(_ file: FilePath, _ error: TraceError) {
    record.withLock { record in
      guard !record.isFull else { return }
      record.isFull = true
      record.incidents.append(
        TraceIncident(path: file.fileName, reason: "it is not kept: \(error)", movedTo: ""))
    }
  }

  /// Notes that there was room for such a file.
  func noteKept() { record.withLock { $0.isFull = false } }

  /// Bytes of what is never given up.
  var fixedSize: UInt64 { [identity, claims, last].reduce(0) { $0 + Self.size($1) } }

  /// Counts that a file had some bytes, and has some others.
  func account(from before: UInt64, to after: UInt64) {
    record.withLock { $0.used = ($0.used &+ after).subtractingClamped(before) }
  }
}

extension UInt64 {
  func subtractingClamped(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
