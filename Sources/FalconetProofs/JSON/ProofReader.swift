import FalconetMachine
import FalconetOracle
import FalconetStreams
import Keccak

/// Reads the proofs of a file: one JSON object, or an array of them; gzip or zstd are recognized.
///
/// Unknown keys are ignored. Memory is bounded by the limits below, whatever the file holds.
package final class ProofReader {
  /// Bytes of a pre-image with its prefix: what a machine can have read from.
  package static let maximumPreimage = PreimageKey.maximumPreimageSize + 8
  /// Bytes of state and proof data: some times what any version has.
  private static let maximumData = 32 << 10
  /// Bytes of one proof's JSON besides the digits of its pre-image.
  private static let maximumText = UInt64(16 << 20)

  private enum Stage { case start, array, end }

  private let source: BoundedSource
  private let json: JSONReader
  private let preimageLimit: Int
  private var stage = Stage.start
  /// Whether the file is an array of proofs, once the first was read.
  package private(set) var isArray = false

  /// A reader of the proofs in `source`.
  package convenience init(_ source: any ByteSource) throws(StreamError) {
    try self.init(source, maximumPreimage: Self.maximumPreimage)
  }

  /// A reader that refuses pre-images, with their prefixes, of more than `maximumPreimage` bytes.
  package init(_ source: any ByteSource, maximumPreimage: Int) throws(StreamError) {
    preimageLimit = maximumPreimage
    self.source = BoundedSource(
      try ByteReader.decompressing(source).reader, limit: Self.maximumText)
    json = JSONReader(ByteReader(self.source))
  }

  /// The next proof, or nil after the last.
  ///
  /// - Throws: ``StreamError`` if the file can't be read or is no proof. No call after that
  ///   gives a proof.
  package func next() throws(StreamError) -> StepProof? {
    source.renew()
    do throws(StreamError) {
      if stage == .start {
        stage = try json.peekKind() == .array ? .array : .end
        if stage == .end {
          let proof = try readProof()
          try json.finish()
          return proof
        }
        isArray = true
        try json.beginArray()
      }
      guard stage == .array else { return nil }
      if try json.nextElement() { return try readProof() }
      stage = .end
      try json.finish()
      return nil
    } catch {
      stage = .end
      throw error.named(source.name)
    }
  }

  /// The proof of a file that holds one.
  ///
  /// - Throws: ``StreamError`` if the file can't be read, is no proof, or holds none or several.
  package static func single(_ source: any ByteSource) throws(StreamError) -> StepProof {
    let reader = try ProofReader(source)
    guard let proof = try reader.next() else {
      throw StreamError(.corrupt, path: source.name, message: "the file holds no proof")
    }
    guard try reader.next() == nil else {
      throw StreamError(
        .unsupported, path: source.name, message: "the file holds more than one proof",
        remedy: "open its proofs one at a time")
    }
    return proof
  }

  private func readProof() throws(StreamError) -> StepProof {
    var fields = ProofFields()
    let start = json.position
    try json.beginObject()
    while let key = try json.nextKey() {
      guard fields.insert(key) else { throw error("the key \"\(key)\" appears twice") }
      // Go takes null for a key that is not there.
      if try json.readNull() { continue }
      switch key {
      case "step": fields.step = try json.readUInt64()
      case "pre": fields.pre = try hash(key)
      case "post": fields.post = try hash(key)
      case "state-data": fields.stateData = try json.readHex(maxBytes: Self.maximumData)
      case "proof-data": fields.proofData = try json.readHex(maxBytes: Self.maximumData)
      case "oracle-key": fields.oracleKey = try hash(key)
      case "oracle-value":
        source.extend(by: 2 * UInt64(preimageLimit))
        fields.oracleValue = try json.readHex(maxBytes: preimageLimit)
      case "oracle-offset": fields.oracleOffset = try json.readUInt64()
      case "stateVersion": fields.version = try version()
      default: try json.skipValue()
      }
    }
    guard let proof = fields.proof else {
      throw error("the key \"\(fields.missing)\" is missing", at: start)
    }
    return proof
  }

  private func hash(_ key: String) throws(StreamError) -> Bytes32 {
    let start = json.position
    let bytes = try json.readHex(maxBytes: 64)
    guard let hash = Bytes32(bytes) else {
      throw error("\"\(key)\" has \(bytes.count) bytes instead of 32", at: start)
    }
    return hash
  }

  /// A version by its number, or by its name.
  private func version() throws(StreamError) -> StateVersion {
    let start = json.position
    let text =
      try json.peekKind() == .string ? json.readString() : String(try json.readUInt64(upTo: 255))
    guard let version = StateVersion(named: text) else {
      throw error("unknown state version \"\(text)\"", at: start)
    }
    return version
  }

  private func error(_ message: String, at offset: UInt64? = nil) -> StreamError {
    StreamError(
      .corrupt, path: source.name, offset: offset ?? json.position, message: message,
      remedy: "the file is corrupt or not a proof")
  }
}

/// The fields of a proof as they come.
private struct ProofFields {
  var step: UInt64?
  var pre: Bytes32?
  var post: Bytes32?
  var stateData: [UInt8]?
  var proofData: [UInt8]?
  var oracleKey: Bytes32?
  var oracleValue: [UInt8]?
  var oracleOffset: UInt64?
  var version: StateVersion?
  private var keys: Set<String> = []

  private static let known: Set<String> = [
    "step", "pre", "post", "state-data", "proof-data", "oracle-key", "oracle-value",
    "oracle-offset", "stateVersion",
  ]

  /// Notes a key; unknown ones are not kept.
  /// - Returns: false if it was there before.
  mutating func insert(_ key: String) -> Bool {
    !Self.known.contains(key) || keys.insert(key).inserted
  }

  /// A key that a proof needs and that is not there.
  var missing: String {
    if post == nil { "post" } else if stateData == nil { "state-data" } else { "proof-data" }
  }

  var proof: StepProof? {
    guard let post, let stateData, let proofData else { return nil }
    var proof = StepProof(post: post, stateData: stateData, proofData: proofData)
    proof.step = step
    proof.pre = pre
    proof.oracleKey = oracleKey
    proof.oracleValue = oracleValue ?? []
    proof.oracleOffset = oracleOffset ?? 0
    proof.version = version
    return proof
  }
}
