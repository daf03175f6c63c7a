import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// The prestate that a trace is opened with: read, or all but its memory from `prestate.json`, which
/// holds the text that identifies what it was read from, and its witness.
///
/// The file is believed if the directory names the trace whose claim the witness has.
struct PrestateCache {
  let prestate: TracePrestate
  private let source: TraceSource
  /// The state itself, if it was read when the trace was opened.
  private var image: MemoryImage?
  /// The text to store with the prestate, if it was read and has one.
  private var identity: String?
  /// What is wrong with the file.
  private var fault: String?

  /// Longer texts are not stored.
  private static let identityLimit = 1024

  /// What the file says.
  private enum Entry {
    case none
    case corrupt(String)
    case prestate(TracePrestate)
  }

  /// - Parameter directory: nil if there is none yet.
  /// - Throws: ``TraceError`` if the prestate can't be read, or has exited.
  init(_ source: TraceSource, _ directory: TraceDirectory?) throws(TraceError) {
    self.source = source
    let before = source.identity?()
    if let before, let directory {
      switch try Self.entry(in: directory, before, revision: source.revision) {
      case .prestate(let prestate):
        self.prestate = prestate
        return
      case .corrupt(let reason): fault = reason
      case .none: break
      }
    }
    let image: MemoryImage
    do { image = try source.prestate() } catch { throw .file(error) }
    prestate = try TracePrestate(image, revision: source.revision)
    self.image = image
    guard !prestate.hasExited else { throw .exitedPrestate(step: prestate.step) }
    // If the file changed while it was read, what was read may be half of each.
    if let before, source.identity?() == before { identity = before }
  }

  /// The state itself, if it was read when the trace was opened; once, so that its memory is freed when
  /// nothing else needs it.
  mutating func takeImage() -> MemoryImage? {
    defer { image = nil }
    return image
  }

  /// The state, read now. A prestate that was taken to be the same as before is checked here, before
  /// anything is computed from it.
  func read() throws(TraceError) -> MemoryImage {
    let image: MemoryImage
    do { image = try source.prestate() } catch { throw .file(error) }
    let found = try TracePrestate(image, revision: source.revision)
    guard found == prestate else {
      throw .prestateChanged(expected: prestate.claim, found: found.claim)
    }
    return image
  }

  // MARK: The file

  /// Replaces the file by what was read, if there is room and the directory can be written. Nothing
  /// depends on it.
  ///
  /// - Parameter directory: one that was found to be of this trace.
  func store(in directory: TraceDirectory, hasRoom: (UInt64) -> Bool) {
    if let fault { directory.quarantine(directory.prestate, fault) }
    guard let identity, identity.utf8.count <= Self.identityLimit,
      let bytes = try? encode(identity), hasRoom(UInt64(bytes.count))
    else { return }
    try? directory.write(bytes, to: directory.prestate)
  }

  private func encode(_ identity: String) throws(StreamError) -> [UInt8] {
    let sink = MemorySink()
    let json = JSONWriter(to: sink)
    try json.beginObject()
    try json.member("identity", identity)
    if let revision = prestate.recordedRevision { try json.member("revision", revision) }
    try json.member("witness", hex: prestate.witness)
    try json.endObject()
    try json.finish()
    return sink.bytes
  }

  /// The prestate in the file, if its text is this one.
  ///
  /// - Parameter revision: the name of the one that steps are executed by; nil goes by the state.
  private static func entry(
    in directory: TraceDirectory, _ identity: String, revision: String?
  ) throws(TraceError) -> Entry {
    let file = directory.prestate
    guard FileStatus.isRegular(file), let name = try directory.undoubtedName()
    else { return .none }
    do throws(StreamError) {
      let json = JSONReader(ByteReader(try FileSource(path: file.fileName)))
      var (known, witness, recorded): (String?, [UInt8], String?) = (nil, [], nil)
      try json.beginObject()
      while let key = try json.nextKey() {
        switch key {
        case "identity": known = try json.readString(maxBytes: identityLimit)
        case "revision": recorded = try json.readString(maxBytes: 64)
        case "witness": witness = try json.readHex(maxBytes: 1024)
        default: try json.skipValue()
        }
      }
      try json.finish()
      guard
        let prestate = TracePrestate(witness, of: name, recorded: recorded, revision: revision),
        !prestate.hasExited
      else {
        return .corrupt("it does not hold the witness of this trace's prestate")
      }
      return known == identity ? .prestate(prestate) : .none
    } catch {
      if error.isOfSystem { throw .file(error) }
      return .corrupt(error.description)
    }
  }
}

extension TraceDirectory {
  /// Which trace the directory is of, if that is not in doubt.
  fileprivate func undoubtedName() throws(TraceError) -> TraceName? {
    guard case .name(let name) = try readName(), case .name(name) = try ClaimLog.readName(claims)
    else { return nil }
    return name
  }
}

/// What answers need of a prestate: all but its memory.
struct TracePrestate: Equatable {
  /// The revision that steps are executed by.
  let revision: Revision
  /// The name of the revision that the state says it was executed by.
  let recordedRevision: String?
  let claim: Bytes32
  let witness: [UInt8]
  /// The steps that led to it.
  let step: UInt64
  let hasExited: Bool

  var version: StateVersion { revision.version }

  var name: TraceName {
    TraceName(version: version.rawValue, prestate: claim, revision: revision.name)
  }

  private init(
    _ state: MachineState, _ witness: [UInt8], revision: String?
  ) throws(RevisionError) {
    self.revision = try Revision.chosen(named: revision, for: state)
    recordedRevision = state.revision
    claim = state.claim(witness: witness)
    self.witness = witness
    step = state.scalars.step
    hasExited = state.scalars.exited
  }

  /// Hashes the image's memory.
  ///
  /// - Parameter revision: the name of the one that steps are executed by; nil goes by the state.
  init(_ image: MemoryImage, revision: String?) throws(TraceError) {
    do throws(RevisionError) {
      try self.init(image.state, image.witness, revision: revision)
    } catch { throw .revision(error) }
  }

  /// The prestate of a trace by its witness; nil if the witness is another state's.
  ///
  /// - Parameter recorded: the name of the revision that the state says it was executed by.
  init?(_ witness: [UInt8], of name: TraceName, recorded: String?, revision: String?) {
    guard let version = StateVersion(rawValue: name.version),
      var state = try? StateWitness(decoding: witness, version: version).state
    else { return nil }
    state.revision = recorded
    guard let prestate = try? Self(state, witness, revision: revision),
      prestate.claim == name.prestate
    else { return nil }
    self = prestate
  }
}
