import FalconetStreams
import Keccak

/// A proof that the real Cannon wrote, with the members of its proof files.
package struct RecordedProof: Sendable, Equatable {
  package var name: String
  /// As ``StepVector/kinds``.
  package var kinds: [String]
  package var step: UInt64
  package var pre: Bytes32
  package var post: Bytes32
  package var stateData: [UInt8]
  package var proofData: [UInt8]
  package var read: Read?

  /// The pre-image that the step reads.
  package struct Read: Sendable, Equatable {
    package var key: Bytes32
    /// Its length in 8 bytes, and its bytes.
    package var value: [UInt8]
    package var offset: UInt64

    package init(key: Bytes32, value: [UInt8], offset: UInt64) {
      self.key = key
      self.value = value
      self.offset = offset
    }
  }

  package init(
    name: String, kinds: [String], step: UInt64, pre: Bytes32, post: Bytes32, stateData: [UInt8],
    proofData: [UInt8], read: Read?
  ) {
    self.name = name
    self.kinds = kinds
    self.step = step
    self.pre = pre
    self.post = post
    self.stateData = stateData
    self.proofData = proofData
    self.read = read
  }

  package static let fileName = "proofs.json.zst"

  package static func write(_ proofs: [RecordedProof], to sink: any ByteSink) throws(StreamError) {
    let compressed = try ZstdSink(over: sink, level: 12)
    let json = JSONWriter(to: compressed, style: .compact)
    try json.beginArray()
    for proof in proofs {
      try json.object { () throws(StreamError) in
        try json.member("name", proof.name)
        try json.member("kinds", array: proof.kinds) { (kind) throws(StreamError) in
          try json.string(kind)
        }
        try json.member("step", proof.step)
        try json.member("pre", hex: proof.pre.bytes)
        try json.member("post", hex: proof.post.bytes)
        try json.member("state-data", hex: proof.stateData)
        try json.member("proof-data", hex: proof.proofData)
        if let read = proof.read {
          try json.member("oracle-key", hex: read.key.bytes)
          try json.member("oracle-value", hex: read.value)
          try json.member("oracle-offset", read.offset)
        }
      }
    }
    try json.endArray()
    try json.finish()
    try compressed.finish()
  }

  package static func readAll(_ source: any ByteSource) throws(StreamError) -> [RecordedProof] {
    let json = JSONReader(ByteReader(try ZstdSource(over: source)))
    var proofs: [RecordedProof] = []
    try json.beginArray()
    while try json.nextElement() {
      var proof = RecordedProof(
        name: "", kinds: [], step: 0, pre: Bytes32(), post: Bytes32(), stateData: [],
        proofData: [], read: nil)
      var read = Read(key: Bytes32(), value: [], offset: 0)
      var reads = false
      try json.beginObject()
      while let key = try json.nextKey() {
        switch key {
        case "name": proof.name = try json.readString()
        case "kinds":
          try json.beginArray()
          while try json.nextElement() { proof.kinds.append(try json.readString()) }
        case "step": proof.step = try json.readUInt64()
        case "pre": proof.pre = Bytes32(try json.readHex(maxBytes: 32)) ?? Bytes32()
        case "post": proof.post = Bytes32(try json.readHex(maxBytes: 32)) ?? Bytes32()
        case "state-data": proof.stateData = try json.readHex(maxBytes: 1 << 16)
        case "proof-data": proof.proofData = try json.readHex(maxBytes: 1 << 16)
        case "oracle-key":
          reads = true
          read.key = Bytes32(try json.readHex(maxBytes: 32)) ?? Bytes32()
        case "oracle-value": read.value = try json.readHex(maxBytes: 1 << 20)
        case "oracle-offset": read.offset = try json.readUInt64()
        default: try json.skipValue()
        }
      }
      proof.read = reads ? read : nil
      proofs.append(proof)
    }
    try json.finish()
    return proofs
  }
}
