import FalconetMachine
import FalconetStreams
import FalconetSystem
import Keccak
import SystemPackage

/// The hidden file in which runs record which states they cached, and what they were asked.
struct StateCacheRecord {
  /// A state by what tells it from all others.
  struct Identity: Equatable {
    /// The number of the state's version.
    var version: UInt8
    /// The name of the revision that runs execute by.
    var revision: String
    var claim: Bytes32
  }

  struct Content: Equatable {
    /// The prestate that the runs started from; nil if none of them did.
    var root: Identity?
    /// Hashes of the local pre-images that the states depend on, by their keys.
    var inputs: [Bytes32: Bytes32] = [:]
    /// The claims of the states, by their steps.
    var states: [UInt64: Bytes32] = [:]
    /// The steps at which runs ended; the last one is the last that was asked for.
    var questions: [UInt64] = []
    /// The last step that a run came to.
    var reached: UInt64 = 0
    /// The step at which the program exits, if it is known.
    var end: UInt64?
  }

  enum Reading {
    case none
    case content(Content)
    /// The file is no record.
    case corrupt(StreamError)
  }

  static let name = ".falconet-states.json"

  /// More than any record that was written here.
  private static let limit = 1 << 20

  let path: FilePath

  init(directory: String) { path = FilePath(fileName: directory).appending(Self.name) }

  /// What the file says.
  ///
  /// - Throws: ``StreamError`` if the system can't read it.
  func read() throws(StreamError) -> Reading {
    guard FileStatus.isRegular(path) else { return .none }
    guard TraceDirectory.size(path) <= Self.limit else {
      return .corrupt(
        StreamError(.tooLarge, path: path.fileName, message: "more than \(Self.limit) bytes"))
    }
    let json = JSONReader(ByteReader(try FileSource(path: path.fileName)))
    do throws(StreamError) {
      let content = try Self.read(json)
      try json.finish()
      return .content(content)
    } catch {
      if error.isOfSystem { throw error }
      return .corrupt(error.named(path.fileName))
    }
  }

  private static func read(_ json: JSONReader) throws(StreamError) -> Content {
    var content = Content()
    var version: UInt64?
    var root: Bytes32?
    var revision: String?
    var inputs: [Bytes32: Bytes32]?
    try json.beginObject()
    while let key = try json.nextKey() {
      switch key {
      case "version": version = try json.readUInt64()
      case "root": root = try readClaim(json)
      case "revision": revision = try json.readString(maxBytes: 64)
      case "inputs": inputs = try readInputs(json)
      case "states": content.states = try readStates(json)
      case "questions":
        try json.beginArray()
        while try json.nextElement() { content.questions.append(try json.readUInt64()) }
      case "reached": content.reached = try json.readUInt64()
      case "end": content.end = try json.readUInt64()
      default: try json.skipValue()
      }
    }
    if let root, let revision, let version = version.flatMap({ UInt8(exactly: $0) }) {
      content.root = Identity(version: version, revision: revision, claim: root)
    }
    guard let inputs else {
      throw StreamError(.syntax, message: "it does not say which inputs the states depend on")
    }
    content.inputs = inputs
    return content
  }

  private static func readInputs(_ json: JSONReader) throws(StreamError) -> [Bytes32: Bytes32] {
    var inputs: [Bytes32: Bytes32] = [:]
    try json.beginArray()
    while try json.nextElement() {
      var key: Bytes32?
      var hash: Bytes32?
      try json.beginObject()
      while let name = try json.nextKey() {
        switch name {
        case "key": key = try readClaim(json)
        case "hash": hash = try readClaim(json)
        default: try json.skipValue()
        }
      }
      guard let key, let hash else {
        throw StreamError(.syntax, message: "an input without a key or a hash")
      }
      inputs[key] = hash
    }
    return inputs
  }

  private static func readStates(_ json: JSONReader) throws(StreamError) -> [UInt64: Bytes32] {
    var states: [UInt64: Bytes32] = [:]
    try json.beginArray()
    while try json.nextElement() {
      var step: UInt64?
      var claim: Bytes32?
      try json.beginObject()
      while let key = try json.nextKey() {
        switch key {
        case "step": step = try json.readUInt64()
        case "claim": claim = try readClaim(json)
        default: try json.skipValue()
        }
      }
      guard let step, let claim else {
        throw StreamError(.syntax, message: "a cached state without a step or a claim")
      }
      states[step] = claim
    }
    return states
  }

  private static func readClaim(_ json: JSONReader) throws(StreamError) -> Bytes32 {
    let text = try json.readString()
    guard let claim = Bytes32(hex: text) else {
      throw StreamError(.syntax, message: "a claim or a hash that is not 32 bytes in hexadecimal")
    }
    return claim
  }

  func write(_ content: Content) throws(StreamError) {
    try AtomicFile.write(path: path.fileName) { (sink) throws(StreamError) in
      let json = JSONWriter(to: sink)
      try json.beginObject()
      if let root = content.root {
        try json.member("version", UInt64(root.version))
        try json.member("revision", root.revision)
        try json.member("root", hex: root.claim.bytes)
      }
      let inputs = content.inputs.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
      try json.member("inputs", objects: inputs) { (input) throws(StreamError) in
        try json.member("key", hex: input.key.bytes)
        try json.member("hash", hex: input.value.bytes)
      }
      let states = content.states.sorted { $0.key < $1.key }
      try json.member("states", objects: states) { (state) throws(StreamError) in
        try json.member("step", state.key)
        try json.member("claim", hex: state.value.bytes)
      }
      try json.member("questions", array: content.questions) { (step) throws(StreamError) in
        try json.number(step)
      }
      try json.member("reached", content.reached)
      if let end = content.end { try json.member("end", end) }
      try json.endObject()
      try json.finish()
    }
  }
}
