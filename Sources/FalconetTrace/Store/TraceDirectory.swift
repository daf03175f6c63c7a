import FalconetLibc
import FalconetStreams
import FalconetSystem
import Synchronization
import SystemPackage

/// The directory of a trace provider: the only place that it writes to.
///
/// | name | what |
/// | --- | --- |
/// | `lock` | held by the process that works on the directory |
/// | `trace.json` | which trace it is |
/// | `prestate.json` | the prestate's witness, and what it was read from |
/// | `claims.log` | claims, see ``ClaimLog`` |
/// | `proofs/N.json.gz` | step data by index, as Cannon writes it |
/// | `snapshots/N.fsnap` | states by the number of steps executed; `N.state` in a trace of another VM |
/// | `snapshots/N.hint` | the last hint before such a state, see ``HintFile`` |
/// | `last.json.gz` | the last step, once known |
/// | `.host.json` | what a command got from its host, see ``TraceProvider/hostStatusName`` |
/// | `quarantine/` | corrupt and foreign files |
///
/// May be used from several threads.
final class TraceDirectory: Sendable {
  let path: FilePath
  let states: StateForm
  private let lock: DirectoryLock
  private let record = Mutex(Record())

  private struct Record {
    /// Bytes that the files take.
    var used: UInt64 = 0
    /// Files that were found corrupt since the directory was opened.
    var incidents: [TraceIncident] = []
    /// Whether there was no room for the last file that can be recomputed.
    var isFull = false
  }

  /// Opens a directory, or makes it, and locks it.
  ///
  /// - Throws: ``TraceError`` if it is in use, holds other things, or can't be made.
  init(_ path: String, states: StateForm = .own) throws(TraceError) {
    self.states = states
    try Self.checkName(path)
    try Self.make(Self.followed(path))
    self.path = Self.resolved(path)
    try Self.refuseForeign(self.path)
    try Self.refuseUnknownFormat(self.path)
    lock = try DirectoryLock(self.path, Name.lock)
  }

  /// The path of the directory that a path names. A link to it is followed, one in it never.
  private static func followed(_ path: String) -> FilePath {
    FileStatus.isLink(FilePath(fileName: path)) ? resolved(path) : FilePath(fileName: path)
  }

  /// The absolute path of a directory that is there, so that the process can go to another one.
  private static func resolved(_ path: String) -> FilePath {
    guard let resolved = path.withFileName({ realpath($0, nil) }) else {
      return FilePath(fileName: path)
    }
    // Sound: `realpath` gave a zero-terminated string from `malloc`, which is freed once.
    defer { free(resolved) }
    return FilePath(platformString: resolved)
  }

  /// Opens a directory if there is one; nil if there is none, which may be an error.
  static func ifPresent(
    _ path: String, isRequired: Bool, states: StateForm = .own
  ) throws(TraceError) -> TraceDirectory? {
    if FileStatus.exists(FilePath(fileName: path)) {
      return try TraceDirectory(path, states: states)
    }
    if isRequired { throw missing(path) }
    return nil
  }

  /// Throws if a path has no characters, as that of an unset variable.
  static func checkName(_ path: String) throws(TraceError) {
    guard path.isEmpty else { return }
    throw .file(
      StreamError(
        .notFound, message: "the name of a directory is empty", remedy: "give the directory's path")
    )
  }

  /// The error of a path that names no directory.
  static func missing(_ path: String) -> TraceError {
    if FileStatus.exists(FilePath(fileName: path)) {
      return .file(
        StreamError(
          .notFound, path: path, message: "it is not a directory", remedy: "check the path"))
    }
    return .file(
      StreamError(
        .notFound, path: path, message: "the directory does not exist", remedy: "check the path"))
  }

  /// Opens a directory that is there, to delete it.
  init(existing path: String) throws(TraceError) {
    states = .own
    try Self.checkName(path)
    self.path = Self.resolved(path)
    guard FileStatus.isDirectory(self.path) else { throw Self.missing(path) }
    try Self.refuseForeign(self.path)
    lock = try DirectoryLock(self.path, Name.lock)
  }

  // MARK: Its place

  /// Whether the path still names the directory that was locked. If not, nothing is written there.
  var isInPlace: Bool { lock.isInPlace }

  /// Throws if the path names no directory or another one than was locked.
  func checkPlace() throws(StreamError) {
    guard !isInPlace else { return }
    throw StreamError(
      .notFound, path: path.fileName,
      message: "the directory, or its lock, was moved, replaced or deleted while it was open",
      remedy: "restore it, or reopen the trace")
  }

  /// Whether a directory is this one, or in it, however its path names it. One that isn't there yet
  /// counts by the place that its path names.
  func holds(_ other: FilePath) -> Bool {
    var place = other
    while !FileStatus.exists(place), place.removeLastComponent() {}
    place = Self.resolved(place.isEmpty ? "." : place.fileName)
    repeat { if lock.isOf(place) { return true } } while place.removeLastComponent()
    return false
  }

  /// Opens the log for writing, which can't be another directory's.
  func openClaims() throws(Errno) -> FileDescriptor { try lock.openForWriting(Name.claims) }

  /// Whose states a directory has, by the end of their files' names.
  enum StateForm: String {
    case own = ".fsnap"
    /// Those of another VM.
    case foreign = ".state"
  }

  /// Names in the directory.
  enum Name {
    static let lock = "lock"
    static let identity = "trace.json"
    static let prestate = "prestate.json"
    static let claims = "claims.log"
    static let last = "last.json.gz"
    static let quarantine = "quarantine"
    static let snapshotSuffix = StateForm.own.rawValue
    static let hintSuffix = ".hint"
    static let directories = ["snapshots", "proofs", quarantine]
    static let files = [lock, identity, prestate, claims, last]
    /// Whether a name is that of an unfinished file.
    static func isTemporary(_ name: String) -> Bool { name.contains(".tmp-") }

    /// Whether a name belongs to the system.
    static func isSystem(_ name: String) -> Bool { name.hasPrefix(".") || name == "lost+found" }
  }

  var snapshots: FilePath { path.appending("snapshots") }
  var proofs: FilePath { path.appending("proofs") }
  var quarantinePath: FilePath { path.appending(Name.quarantine) }
  var claims: FilePath { path.appending(Name.claims) }
  var last: FilePath { path.appending(Name.last) }
  var identity: FilePath { path.appending(Name.identity) }
  var prestate: FilePath { path.appending(Name.prestate) }

  func snapshot(_ step: UInt64) -> FilePath { snapshots.appending("\(step)\(states.rawValue)") }
  func hint(_ step: UInt64) -> FilePath { snapshots.appending("\(step)\(Name.hintSuffix)") }
  func proof(_ index: UInt64) -> FilePath { proofs.appending("\(index).json.gz") }

  /// Makes a directory, if there is none.
  static func make(_ directory: FilePath) throws(TraceError) {
    let made = directory.withPlatformString { mkdir($0, 0o777) }
    guard made != 0 else { return }
    let error = Errno(rawValue: errno)
    guard error == .fileExists || FileStatus.isDirectory(directory) else {
      throw .file(StreamError(error, .create, path: directory.fileName))
    }
    guard FileStatus.isDirectory(directory) else {
      throw .file(StreamError(.notDirectory, .create, path: directory.fileName))
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
    if name == Name.lock { return FileStatus.isRegular(file) && size(file) == 0 }
    if name.hasPrefix(Name.identity) { return isOwnTemporary(name) }
    return Name.directories.contains(name) && FileStatus.isDirectory(file)
      && (try? names(in: file))?.isEmpty == true
  }

  static func isOwnTemporary(_ name: String) -> Bool {
    Name.isTemporary(name) && Name.files.contains { name.hasPrefix($0) }
  }

  // MARK: What is counted and reported

  /// Bytes that the directory's files take, quarantined ones included.
  var used: UInt64 { record.withLock { $0.used } }

  var incidents: [TraceIncident] { record.withLock { $0.incidents } }

  func report(_ incident: TraceIncident) { record.withLock { $0.incidents.append(incident) } }

  /// Reports a file that there was no room for, and that can be recomputed. Once, until there is room.
  func reportUncached(_ file: FilePath, _ error: TraceError) {
    record.withLock { record in
      guard !record.isFull else { return }
      record.isFull = true
      record.incidents.append(
        TraceIncident(path: file.fileName, reason: "it is not cached: \(error)", movedTo: ""))
    }
  }

  /// Records that there was room for such a file.
  func reportCached() { record.withLock { $0.isFull = false } }

  /// Bytes of what is never discarded.
  var fixedSize: UInt64 { [identity, claims, last].reduce(0) { $0 + Self.size($1) } }

  /// Counts that a file had some bytes, and has some others.
  func account(from before: UInt64, to after: UInt64) {
    record.withLock { $0.used = ($0.used &+ after).subtractingClamped(before) }
  }
}

extension UInt64 {
  func subtractingClamped(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
