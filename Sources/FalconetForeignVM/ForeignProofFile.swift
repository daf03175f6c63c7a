import CFPVM
import FalconetStreams

/// A proof of any VM as a JSON object: which VM and kind it is of, the step, the claims, the named fields
/// and the pre-image that the step reads.
///
/// Cannon's proofs are read too. Their fields are `state-data` and `proof-data`, and their pre-image
/// begins with its length in 8 bytes.
package struct ForeignProofFile: Sendable, Equatable {
  /// The VM's name; nil if the file does not say.
  package var vm: String?
  /// The name of the kind of state; nil if the file does not say.
  package var kind: String?
  /// The proof. Its kind is a number of one library, so it is 0 until a library is asked: see
  /// ``proof(for:kind:)``.
  package var proof: ForeignProof

  package init(vm: String?, kind: String?, proof: ForeignProof) {
    self.vm = vm
    self.kind = kind
    self.proof = proof
  }

  /// The proof with the kind's number in a library.
  ///
  /// - Parameter kind: the kind's name, if the file does not say it.
  package func proof(
    for library: ForeignLibrary, kind: String? = nil
  ) throws(ForeignError) -> ForeignProof {
    var result = proof
    if let name = self.kind ?? kind {
      result.kind = try library.number(ofKind: name)
    } else if library.kinds.count > 1 {
      throw ForeignError(
        FPVM_UNSUPPORTED,
        "the proof does not say of which kind it is, and \(library.name) has "
          + library.kinds.map(\.name).joined(separator: ", ") + ": name it")
    }
    return result
  }

  // MARK: Writing

  package func write(to sink: any ByteSink) throws(StreamError) {
    let json = JSONWriter(to: sink)
    try json.object { () throws(StreamError) in try writeMembers(to: json) }
    try json.finish()
  }

  package func writeMembers(to json: JSONWriter) throws(StreamError) {
    if let vm { try json.member("vm", vm) }
    if let kind { try json.member("kind", kind) }
    try json.member("step", proof.step)
    try json.member("pre", hex: proof.pre)
    try json.member("post", hex: proof.post)
    try json.member("fields", objects: proof.fields) { (field) throws(StreamError) in
      try json.member("name", field.name)
      try json.member("bytes", hex: field.bytes)
    }
    guard let read = proof.read else { return }
    try json.member("key", hex: read.key)
    try json.member("preimage", hex: read.preimage)
    try json.member("offset", read.offset)
  }

  // MARK: Reading

  /// Bytes of a claim or a key, of a field, and of a pre-image.
  private static let limits = (key: 1 << 16, field: 64 << 20, preimage: 64 << 20)
  /// Fields of a proof.
  private static let fieldLimit = 1 << 12

  /// The proof of a file that holds one.
  package static func read(_ source: any ByteSource) throws(StreamError) -> ForeignProofFile {
    let proofs = try readAll(source)
    guard let proof = proofs.first, proofs.count == 1 else {
      throw StreamError(
        .corrupt, path: source.name, message: "the file holds \(proofs.count) proofs, not one")
    }
    return proof
  }

  /// The proofs of a file: one object, or an array of them, as it is or compressed.
  package static func readAll(_ source: any ByteSource) throws(StreamError) -> [ForeignProofFile] {
    let json = JSONReader(try ByteReader.decompressing(source).reader)
    do throws(StreamError) {
      var proofs: [ForeignProofFile] = []
      if try json.peekKind() == .array {
        try json.beginArray()
        while try json.nextElement() { proofs.append(try read(json)) }
      } else {
        proofs.append(try read(json))
      }
      try json.finish()
      return proofs
    } catch { throw error.named(source.name) }
  }

  private static func read(_ json: JSONReader) throws(StreamError) -> ForeignProofFile {
    var members = Members()
    try json.beginObject()
    while let key = try json.nextKey() {
      guard members.names.insert(key).inserted else {
        throw StreamError(.corrupt, message: "the key \"\(key)\" appears twice")
      }
      // Go takes null for a key that is not there.
      if try json.readNull() { continue }
      switch key {
      case "vm": members.vm = try json.readString(maxBytes: 1024)
      case "kind": members.kind = try json.readString(maxBytes: 1024)
      case "step": members.step = try json.readUInt64()
      case "pre": members.pre = try json.readHex(maxBytes: limits.key)
      case "post": members.post = try json.readHex(maxBytes: limits.key)
      case "fields": members.fields = try readFields(json)
      case "state-data", "proof-data":
        members.fields.append(
          ForeignProof.Field(name: key, bytes: try json.readHex(maxBytes: limits.field)))
      case "key", "oracle-key": members.key = try json.readHex(maxBytes: limits.key)
      case "preimage": members.preimage = try json.readHex(maxBytes: limits.preimage)
      case "oracle-value":
        members.preimage = Array(try json.readHex(maxBytes: limits.preimage).dropFirst(8))
      case "offset", "oracle-offset": members.offset = try json.readUInt64()
      default: try json.skipValue()
      }
    }
    return try members.file()
  }

  private static func readFields(_ json: JSONReader) throws(StreamError) -> [ForeignProof.Field] {
    var fields: [ForeignProof.Field] = []
    try json.beginArray()
    while try json.nextElement() {
      guard fields.count < fieldLimit else {
        throw StreamError(.tooLarge, message: "a proof has at most \(fieldLimit) fields")
      }
      var field = ForeignProof.Field(name: "", bytes: [])
      try json.beginObject()
      while let key = try json.nextKey() {
        switch key {
        case "name": field.name = try json.readString(maxBytes: 1024)
        case "bytes": field.bytes = try json.readHex(maxBytes: limits.field)
        default: try json.skipValue()
        }
      }
      fields.append(field)
    }
    return fields
  }

  /// The members of a file as they come.
  private struct Members {
    var names: Set<String> = []
    var vm: String?
    var kind: String?
    var step: UInt64?
    var pre: [UInt8]?
    var post: [UInt8]?
    var fields: [ForeignProof.Field] = []
    var key: [UInt8]?
    var preimage: [UInt8]?
    var offset: UInt64?

    func file() throws(StreamError) -> ForeignProofFile {
      guard let step, let pre, let post else {
        throw StreamError(
          .corrupt, message: "the keys step, pre and post are required",
          remedy: "the file is corrupt or not a proof")
      }
      let read = key.map {
        ForeignProof.Read(key: $0, preimage: preimage ?? [], offset: offset ?? 0)
      }
      return ForeignProofFile(
        vm: vm, kind: kind,
        proof: ForeignProof(
          step: step, kind: 0, pre: pre, post: post, fields: fields, read: read))
    }
  }
}
