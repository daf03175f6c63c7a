import FalconetMachine
import FalconetStreams
import Keccak

/// What the reference machine did with one guest.
package struct Vector: Sendable {
  /// The claims around one step.
  package struct Checkpoint: Sendable {
    package var step: UInt64
    package var before: Bytes32
    package var after: Bytes32
  }

  /// The guest's file, such as `64/hello.elf`.
  package var elf = ""
  /// SHA-256 of the guest's whole file, debug sections included.
  package var elfSha256: [UInt8] = []
  /// The set of pre-images that served it.
  package var preimages: String?
  /// A set that has other pre-images of some keys, if there is one.
  package var preimagesBesides: String?
  package var prestateHash = Bytes32()
  package var prestateWitness: [UInt8] = []
  /// SHA-256 of the `.bin` snapshot of the prestate.
  package var prestateSha256: [UInt8] = []
  package var steps: UInt64 = 0
  package var exitCode: UInt8 = 0
  package var finalHash = Bytes32()
  package var finalWitness: [UInt8] = []
  package var stdout = ""
  package var stderr = ""
  package var checkpoints: [Checkpoint] = []
}

/// A proof that the reference machine wrote.
package struct ProofVector: Sendable {
  /// The sort of step: `op-XX`, `special-XX`, `special2-XX`, `regimm-XX` or `syscall-N`.
  package var kind = ""
  package var step: UInt64 = 0
  package var pre = Bytes32()
  package var post = Bytes32()
  package var stateData: [UInt8] = []
  /// Slots of memory proofs that the step does not use hold anything.
  package var proofData: [UInt8] = []
  package var oracleKey: Bytes32?
  package var oracleValue: [UInt8]?
  package var oracleOffset: UInt64?
}

extension Fixtures {
  /// The recorded run of a guest: `hello`, `oracle`, `oracle-invalid`, `threads`, `abort`,
  /// `entropy`, `compute` or `heap`. Not every version has each: see ``recordedRuns``.
  package static func vector(
    _ version: StateVersion, _ guest: String
  ) throws(FixtureError) -> Vector {
    let name = "vectors/v\(version.rawValue)/\(guest).json"
    var vector = Vector()
    try readObject(name, json(name)) { (key, json) throws(StreamError) in
      switch key {
      case "elf": vector.elf = try json.readString()
      case "elfSha256": vector.elfSha256 = try json.readHex(maxBytes: 32)
      case "preimages":
        vector.preimages = try json.readNull() ? nil : try json.readString()
      case "preimagesBesides":
        vector.preimagesBesides = try json.readNull() ? nil : try json.readString()
      case "prestateHash": vector.prestateHash = try json.readHash()
      case "prestateWitness": vector.prestateWitness = try json.readHex(maxBytes: 1 << 10)
      case "prestateSha256": vector.prestateSha256 = try json.readHex(maxBytes: 32)
      case "steps": vector.steps = try json.readUInt64()
      case "exitCode": vector.exitCode = try json.readUInt8()
      case "finalHash": vector.finalHash = try json.readHash()
      case "finalWitness": vector.finalWitness = try json.readHex(maxBytes: 1 << 10)
      case "stdout": vector.stdout = try json.readString(maxBytes: 1 << 20)
      case "stderr": vector.stderr = try json.readString(maxBytes: 1 << 20)
      case "checkpoints": vector.checkpoints = try readCheckpoints(json)
      default: try json.skipValue()
      }
    }
    return vector
  }

  /// The recorded proofs of a guest.
  package static func proofs(
    _ version: StateVersion, _ guest: String
  ) throws(FixtureError) -> [ProofVector] {
    let name = "vectors/v\(version.rawValue)/\(guest).proofs.json"
    let json = try json(name)
    var proofs: [ProofVector] = []
    do throws(StreamError) {
      try json.beginArray()
      while try json.nextElement() {
        var proof = ProofVector()
        try readFields(json) { (key, json) throws(StreamError) in
          switch key {
          case "kind": proof.kind = try json.readString()
          case "step": proof.step = try json.readUInt64()
          case "pre": proof.pre = try json.readHash()
          case "post": proof.post = try json.readHash()
          case "state-data": proof.stateData = try json.readHex(maxBytes: 1 << 10)
          case "proof-data": proof.proofData = try json.readHex(maxBytes: 1 << 14)
          case "oracle-key": proof.oracleKey = try json.readHash()
          case "oracle-value": proof.oracleValue = try json.readHex(maxBytes: 1 << 20)
          case "oracle-offset": proof.oracleOffset = try json.readUInt64()
          default: try json.skipValue()
          }
        }
        proofs.append(proof)
      }
      try json.finish()
    } catch {
      throw FixtureError("\(name): \(error)")
    }
    return proofs
  }

  private static func json(_ name: String) throws(FixtureError) -> JSONReader {
    JSONReader(ByteReader(MemorySource(try bytes(name), name: name)))
  }

  private static func readObject(
    _ name: String, _ json: JSONReader,
    _ field: (String, JSONReader) throws(StreamError) -> Void
  ) throws(FixtureError) {
    do throws(StreamError) {
      try readFields(json, field)
      try json.finish()
    } catch {
      throw FixtureError("\(name): \(error)")
    }
  }

  private static func readFields(
    _ json: JSONReader, _ field: (String, JSONReader) throws(StreamError) -> Void
  ) throws(StreamError) {
    try json.beginObject()
    while let key = try json.nextKey() { try field(key, json) }
  }

  private static func readCheckpoints(
    _ json: JSONReader
  ) throws(StreamError) -> [Vector.Checkpoint] {
    var checkpoints: [Vector.Checkpoint] = []
    try json.beginArray()
    while try json.nextElement() {
      try json.beginArray()
      _ = try json.nextElement()
      let step = try json.readUInt64()
      _ = try json.nextElement()
      let before = try json.readHash()
      _ = try json.nextElement()
      checkpoints.append(
        Vector.Checkpoint(step: step, before: before, after: try json.readHash()))
      _ = try json.nextElement()
    }
    return checkpoints
  }
}

extension JSONReader {
  /// 32 bytes in hexadecimal; zeros if the string stands for another number of them, so that a
  /// comparison fails.
  fileprivate func readHash() throws(StreamError) -> Bytes32 {
    Bytes32(try readHex(maxBytes: 32)) ?? Bytes32()
  }
}
