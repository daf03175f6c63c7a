import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// Which trace something is of. A claim alone doesn't name a state version.
struct TraceName: Equatable {
  /// The number of the state version.
  let version: UInt8
  /// The claim of the prestate.
  let prestate: Bytes32
  /// The name of the revision, at most 32 bytes.
  let revision: String

  /// In place of the number of a state version, for a trace of another VM.
  private static let foreignVersion = UInt8.max

  init(version: UInt8, prestate: Bytes32, revision: String) {
    self.version = version
    self.prestate = prestate
    self.revision = revision
  }

  /// A trace of another VM. In place of the revision is the name of the VM and of the kind of state, as far
  /// as there is room: the prestate's claim names the trace in any case.
  init(ofVM name: String, prestate: Bytes32) {
    var name = name
    while name.utf8.count > 32 { name.removeLast() }
    self.init(version: Self.foreignVersion, prestate: prestate, revision: name)
  }

  var isForeign: Bool { version == Self.foreignVersion }

  /// What a file says about it.
  enum Found {
    case nothing
    case corrupt(String)
    case name(TraceName)
  }
}

extension TraceDirectory {
  /// Makes sure that the directory is of a trace: writes that into a new one, and checks it in another.
  ///
  /// `trace.json` and `claims.log` both name the trace, so that either may be corrupt. If both are,
  /// nothing says of which trace the rest is, and it is quarantined.
  func identify(_ trace: TraceName) throws(TraceError) {
    let (named, logged) = (try readName(), try ClaimLog.readName(claims))
    switch (named, logged) {
    case (.name(trace), .name(trace)): return
    case (_, .name(trace)):
      switch named {
      case .nothing: break
      case .corrupt(let reason): quarantine(identity, reason)
      case .name: quarantine(identity, "it names another trace than the claims beside it")
      }
    case (.name(trace), _):
      // The valid records of a corrupt log are kept: see ClaimLog.
      if case .name = logged { quarantine(claims, "it is of another trace") }
      return
    case (.name(let other), _), (_, .name(let other)):
      throw .otherTrace(path: path.fileName, expected: other.text, found: trace.text)
    default: try disown(named, logged)
    }
    try write(trace.json(), to: identity)
  }

  /// Quarantines everything, since nothing says of which trace it is.
  private func disown(_ named: TraceName.Found, _ logged: TraceName.Found) throws(TraceError) {
    if case .corrupt(let reason) = named { quarantine(identity, reason) }
    if case .corrupt(let reason) = logged { quarantine(claims, reason) }
    let reason = "its trace is not known"
    for directory in [snapshots, proofs] {
      for name in try Self.names(in: directory) where !Name.isSystem(name) {
        quarantine(directory.appending(name), reason)
      }
    }
    if FileStatus.exists(last) { quarantine(last, reason) }
  }

  /// What `trace.json` says.
  func readName() throws(TraceError) -> TraceName.Found { try Self.readName(identity) }

  /// A directory of another format is left alone, down to its lock.
  static func refuseUnknownFormat(_ path: FilePath) throws(TraceError) {
    _ = try readName(path.appending(Name.identity))
    _ = try ClaimLog.readName(path.appending(Name.claims))
  }

  /// Whether a directory's `trace.json` or `claims.log` says that it is a trace's, of whatever format.
  static func isTrace(_ path: FilePath) throws(TraceError) -> Bool {
    if ClaimLog.isLog(path.appending(Name.claims)) { return true }
    let identity = path.appending(Name.identity)
    guard FileStatus.isRegular(identity) else { return false }
    do throws(StreamError) { return try TraceNameFile(identity).isTrace } catch {
      if error.isOfSystem { throw .file(error) }
      return false
    }
  }

  private static func readName(_ identity: FilePath) throws(TraceError) -> TraceName.Found {
    guard FileStatus.isRegular(identity) else { return .nothing }
    do throws(StreamError) {
      let file = try TraceNameFile(identity)
      if file.isTrace, let format = file.format { try TraceName.check(format: format, identity) }
      return file.name.map { .name($0) }
        ?? .corrupt("it does not name a prestate, a state version and a revision")
    } catch {
      if error.isOfSystem || error.kind == .unsupported { throw .file(error) }
      return .corrupt(error.description)
    }
  }
}

/// The members of a `trace.json`, or of another file of this name.
private struct TraceNameFile {
  static let type = "falconet trace"

  private(set) var format: UInt64?
  private var type: String?
  private var prestate: Bytes32?
  private var version: UInt8?
  private var revision: String?

  /// - Throws: ``StreamError`` if the file can't be read, or has a member of another kind.
  init(_ file: FilePath) throws(StreamError) {
    let json = JSONReader(ByteReader(try FileSource(path: file.fileName)))
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "format": format = try json.readUInt64()
      case "type": type = try json.readString(maxBytes: 64)
      case "prestate": prestate = Bytes32(try json.readHex(maxBytes: 32))
      case "stateVersion": version = UInt8(truncatingIfNeeded: try json.readUInt64(upTo: 255))
      case "revision": revision = try json.readString(maxBytes: 64)
      default: try json.skipValue()
      }
    }
    try json.finish()
  }

  /// Whether the file is a trace's. Format 1 had no type.
  var isTrace: Bool {
    type == Self.type && format != nil || format == 1 && prestate != nil && version != nil
  }

  /// Which trace it names; nil if it names none.
  var name: TraceName? {
    guard isTrace, let prestate, let version, let revision else { return nil }
    return TraceName(version: version, prestate: prestate, revision: revision)
  }
}

extension TraceName {
  /// The format of the directory.
  static let format: UInt64 = 2

  /// Throws if a file says that the directory is of another format.
  static func check(format: UInt64, _ file: FilePath) throws(StreamError) {
    guard format != Self.format else { return }
    let what = "the directory is of format \(format)"
    throw format < Self.format
      ? StreamError(
        .unsupported, path: file.fileName,
        message: "\(what), which does not record the inputs that its claims depend on",
        remedy: "use another directory; this one stays as it is")
      : StreamError(
        .unsupported, path: file.fileName,
        message: "\(what), and this program reads only format \(Self.format)",
        remedy: "use a newer Falconet, or another directory")
  }

  /// The trace as an error names it.
  var text: String {
    if isForeign { return "the prestate \(prestate) of the VM \(revision)" }
    let text = "the prestate \(prestate) of state version \(version)"
    return revision.isEmpty ? text : text + ", revision \(revision)"
  }

  fileprivate func json() throws(TraceError) -> [UInt8] {
    let sink = MemorySink()
    do throws(StreamError) {
      let json = JSONWriter(to: sink)
      try json.beginObject()
      try json.member("format", Self.format)
      try json.member("type", TraceNameFile.type)
      try json.member("stateVersion", version)
      try json.member("revision", revision)
      try json.member("prestate", hex: prestate.bytes)
      try json.endObject()
      try json.finish()
    } catch { throw .file(error) }
    return sink.bytes
  }
}

extension TraceError {
  /// Whether something did not fit: into the budget, onto the disk, or onto a file system that can't be
  /// written.
  var isWantOfRoom: Bool {
    switch self {
    case .budget: true
    case .file(let error): error.isWantOfRoom
    default: false
    }
  }
}

extension StreamError {
  /// Whether the disk is full, or can't be written.
  var isWantOfRoom: Bool { kind == .noSpace || kind == .readOnly }

  /// Whether the system failed, and not the file's content.
  var isOfSystem: Bool {
    switch kind {
    case .system, .permission, .interrupted, .noSpace, .readOnly: true
    default: false
    }
  }
}
