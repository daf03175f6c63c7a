import FalconetStreams
import SystemPackage

/// What a folder remembers of the prestate that it was last opened with: `prestate.json`, with the
/// text that identifies what it was read from, and its witness.
///
/// It is believed where the folder names the trace whose claim the witness has.
enum PrestateRecord {
  case none
  case damaged(String)
  case prestate(TracePrestate)

  /// Longer texts are not remembered.
  static let identityLimit = 1024
}

extension TraceFolder {
  /// What is remembered of a prestate with this identity.
  ///
  /// - Parameter revision: the name of the one that steps are executed by; nil goes by the state.
  func recallPrestate(
    _ identity: String, revision: String?
  ) throws(TraceError) -> PrestateRecord {
    guard Self.isRegular(prestate), let name = try knownName() else { return .none }
    do throws(StreamError) {
      let json = JSONReader(ByteReader(try FileSource(path: prestate.fileName)))
      var (known, witness, recorded): (String?, [UInt8], String?) = (nil, [], nil)
      try json.beginObject()
      while let key = try json.nextKey() {
        switch key {
        case "identity": known = try json.readString(maxBytes: PrestateRecord.identityLimit)
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
        return .damaged("it does not hold the witness of this trace's prestate")
      }
      return known == identity ? .prestate(prestate) : .none
    } catch {
      if error.isOfSystem { throw .file(error) }
      return .damaged(error.description)
    }
  }

  /// Which trace the folder is of, where that is not in doubt.
  private func knownName() throws(TraceError) -> TraceName? {
    guard case .name(let name) = try readName(), case .name(name) = try ClaimLog.readName(claims)
    else { return nil }
    return name
  }

  /// Remembers a prestate, if there is room and the folder can be written. Nothing depends on it.
  func remember(_ prestate: TracePrestate, _ identity: String, hasRoom: (UInt64) -> Bool) {
    guard identity.utf8.count <= PrestateRecord.identityLimit,
      let bytes = try? Self.encode(prestate, identity), hasRoom(UInt64(bytes.count))
    else { return }
    try? write(bytes, to: self.prestate)
  }

  private static func encode(
    _ prestate: TracePrestate, _ identity: String
  ) throws(StreamError) -> [UInt8] {
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
}
