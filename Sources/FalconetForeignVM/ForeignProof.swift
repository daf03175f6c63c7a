import CFPVM

/// A proof of another VM.
///
/// Safety: what a structure of a VM points to is copied while it is valid; what is given to a VM lives until
/// the closure returns.
package struct ForeignProof: Sendable, Equatable {
  /// A named part.
  package struct Field: Sendable, Equatable {
    package var name: String
    package var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// The part of a pre-image that the step reads.
  package struct Read: Sendable, Equatable {
    package var key: [UInt8]
    package var preimage: [UInt8]
    package var offset: UInt64

    package init(key: [UInt8], preimage: [UInt8], offset: UInt64) {
      self.key = key
      self.preimage = preimage
      self.offset = offset
    }
  }

  package var step: UInt64
  package var kind: UInt32
  package var pre: [UInt8]
  package var post: [UInt8]
  package var fields: [Field]
  package var read: Read?

  package init(
    step: UInt64, kind: UInt32, pre: [UInt8], post: [UInt8], fields: [Field], read: Read? = nil
  ) {
    self.step = step
    self.kind = kind
    self.pre = pre
    self.post = post
    self.fields = fields
    self.read = read
  }

  init(_ proof: fpvm_proof) throws(ForeignError) {
    guard proof.has_read == 1 || proof.has_read == 0 && proof.hasNoRead else {
      throw ForeignError(
        FPVM_INTERNAL,
        "the VM gave a proof whose has_read is \(proof.has_read), with a key of \(proof.key.count) bytes,"
          + " a pre-image of \(proof.preimage.count), and the offset \(proof.offset)")
    }
    step = proof.step
    kind = proof.kind
    pre = try [UInt8](proof.pre, named: "the claim before a proof's step")
    post = try [UInt8](proof.post, named: "the claim after a proof's step")
    let count = proof.field_count
    guard count <= UInt64(FPVM_LIST_MAX), count == 0 || proof.fields != nil else {
      throw ForeignError(
        FPVM_INTERNAL,
        "the proof of the VM has \(count) fields\(proof.fields == nil ? " at NULL" : "")")
    }
    fields = []
    for field in UnsafeBufferPointer(start: proof.fields, count: Int(count)) {
      let name = try String(field.name, named: "the name of a proof's field")
      fields.append(
        Field(name: name, bytes: try [UInt8](field.bytes, named: "the field \(name.printableName)"))
      )
    }
    guard proof.has_read != 0 else { return }
    read = Read(
      key: try [UInt8](proof.key, named: "a proof's key"),
      preimage: try [UInt8](proof.preimage, named: "a proof's pre-image"), offset: proof.offset)
  }

  /// Calls `body` with the proof in the form of fpvm.h.
  package func withStructure<Value>(_ body: (UnsafePointer<fpvm_proof>) -> Value) -> Value {
    let texts = ForeignTexts()
    let parts = ForeignParts()
    let fields = self.fields.map {
      fpvm_field(name: texts.add($0.name), bytes: parts.add($0.bytes))
    }
    var proof = fpvm_proof()
    proof.size = UInt64(MemoryLayout<fpvm_proof>.size)
    proof.step = step
    proof.kind = kind
    proof.pre = parts.add(pre)
    proof.post = parts.add(post)
    if let read {
      proof.has_read = 1
      proof.key = parts.add(read.key)
      proof.preimage = parts.add(read.preimage)
      proof.offset = read.offset
    }
    return withExtendedLifetime((texts, parts)) {
      fields.withUnsafeBufferPointer { fields in
        proof.fields = fields.baseAddress
        proof.field_count = UInt64(fields.count)
        return body(&proof)
      }
    }
  }
}

/// Copies of bytes for one call.
///
/// Safety: as ``ForeignTexts``.
private final class ForeignParts {
  private var copies: [UnsafeMutableBufferPointer<UInt8>] = []

  deinit {
    for copy in copies { copy.deallocate() }
  }

  func add(_ bytes: [UInt8]) -> fpvm_bytes {
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes)
    copies.append(copy)
    return fpvm_bytes(bytes: copy.baseAddress, count: UInt64(bytes.count))
  }
}

extension fpvm_proof {
  /// Whether nothing says what a step reads.
  fileprivate var hasNoRead: Bool { key.count == 0 && preimage.count == 0 && offset == 0 }
}
