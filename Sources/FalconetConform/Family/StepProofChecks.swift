import CFPVM
import FalconetForeignVM
import FalconetMachine
import FalconetProofs
import FalconetVectors
import Keccak

/// Proofs of a VM of Cannon's family.
extension ConformKit {
  func checkStepProofs() throws(Ended) {
    guard library.capabilities.contains(.prove) else { return skip("the VM proves no steps") }
    try checkPreimagesOfProofs()
    for area in VectorArea.allCases where area != .recorded {
      try check("proofs of \(area.rawValue) hold, and altered ones do not") {
        for (vector, kind) in try samples([area], 5, few: 16) where vector.steps > 0 {
          try checkProof(vector, kind)
        }
      }
    }
  }

  /// The proof of a vector's last step.
  private func checkProof(_ vector: StepVector, _ kind: String) throws {
    tries(vector.state)
    let machine = try library.loadProgram(vector.state, kind: kind)
    try machine.setHost(RecordingHost(ConformProgram(vector)).host)
    let last = try machine.info().step &+ vector.steps &- 1
    try machine.run(until: last)
    let proof = try machine.prove()
    guard proof.post == vector.claim.bytes else {
      // If a run differs too, that is what is wrong.
      if let fault = try fault(vector, kind) {
        throw ConformFault(
          "\(vector.name), \(kind): \(fault)", step: last, input: vector.state,
          area: ConformArea(rawValue: vector.area.rawValue))
      }
      throw ConformFault(
        "\(vector.name), \(kind): it leads to another claim", step: last, input: vector.state)
    }
    try require(
      proof.pre.count == proof.post.count,
      "\(vector.name), \(kind): the claim before the step has \(proof.pre.count) bytes", step: last,
      input: vector.state)
    guard isLoadable(proof, kind) else { return }
    try verify(proof, vector, kind, holds: true)
    var other = proof
    other.post[31] ^= 1
    try verify(other, vector, kind, holds: false)
    other = proof
    other.pre[31] ^= 1
    try verify(other, vector, kind, holds: false)
    try checkForged(proof, vector, kind)
    for place in proof.fields.indices {
      let count = proof.fields[place].bytes.count
      // The rest of the second field is what the step does not use, in some steps.
      for byte in [0, count / 2, count - 1] where byte >= 0 && byte < count && place == 0 {
        other = proof
        other.fields[place].bytes[byte] ^= 1
        try verify(other, vector, kind, holds: false)
      }
      other = proof
      other.fields[place].bytes.append(0)
      try verify(other, vector, kind, holds: false)
    }
  }

  /// Whether a contract can load the pre-image of a proof. Off the chain there are others, such as local
  /// inputs of more than 32 bytes.
  func isLoadable(_ proof: ForeignProof, _ kind: String) -> Bool {
    guard proof.read != nil, let step = proof.step(kind) else { return true }
    let verdict = ProofVerifier.verify(
      step, version: step.version, revisions: VectorKind.revision(kind).map { [$0] })
    if case .unloadablePreimage = verdict.findings.first?.fault { return false }
    return true
  }

  /// Proofs that the real Cannon wrote.
  func checkRecordedProofs() throws(Ended) {
    guard library.capabilities.contains(.verify) else { return skip("the VM verifies no proofs") }
    let proofs: [RecordedProof]
    do { proofs = try VectorData.proofs() } catch {
      return skip("the proofs cannot be read: \(error)")
    }
    for recorded in proofs {
      guard let kind = kind(among: recorded.kinds) else { continue }
      try check("a proof of \(recorded.name), \(kind)", isKnown: true) {
        let proof = ForeignProof(recorded, kind: try library.number(ofKind: kind))
        tries(proof.fields.flatMap(\.bytes))
        try require(
          status { try library.verify(proof) } == FPVM_OK, "the VM refuses it",
          step: proof.step, input: proof.fields.flatMap(\.bytes))
        var other = proof
        other.post[31] ^= 1
        try require(
          status { try library.verify(other) } == FPVM_REJECTED,
          "the VM accepts it with another claim", step: proof.step,
          input: proof.fields.flatMap(\.bytes))
      }
    }
  }

  /// Compares what the VM says of a proof with what is true, and what Falconet does if the proof should hold.
  func verify(
    _ proof: ForeignProof, _ vector: StepVector, _ kind: String, holds: Bool
  ) throws {
    let what = "\(vector.name), \(kind): a proof that \(holds ? "is right" : "was altered")"
    if library.capabilities.contains(.verify) {
      tries(proof.fields.flatMap(\.bytes))
      let status = status { try library.verify(proof) }
      try require(
        (status == FPVM_OK) == holds, "\(what): the VM says \(ForeignError.name(of: status))",
        step: proof.step, input: proof.fields.flatMap(\.bytes))
    }
    guard holds, let step = proof.step(kind) else { return }
    let verdict = ProofVerifier.verify(
      step, version: step.version, revisions: VectorKind.revision(kind).map { [$0] })
    try require(
      verdict.holds,
      "\(what): Falconet refuses it: \(verdict.findings.first.map { "\($0)" } ?? "")",
      step: proof.step, input: proof.fields.flatMap(\.bytes))
  }
}

extension ForeignProof {
  fileprivate init(_ proof: RecordedProof, kind: UInt32) {
    self.init(
      step: proof.step, kind: kind, pre: proof.pre.bytes, post: proof.post.bytes,
      fields: [
        Field(name: "state-data", bytes: proof.stateData),
        Field(name: "proof-data", bytes: proof.proofData),
      ],
      read: proof.read.map {
        Read(key: $0.key.bytes, preimage: Array($0.value.dropFirst(8)), offset: $0.offset)
      })
  }

  /// The proof as Falconet has it; nil if it can be none, or its fields have not the names of Cannon's.
  func step(_ kind: String) -> StepProof? {
    guard fields.map(\.name) == ["state-data", "proof-data"], let pre = Bytes32(pre),
      let post = Bytes32(post)
    else { return nil }
    var proof = StepProof(
      post: post, stateData: fields[0].bytes, proofData: fields[1].bytes)
    proof.step = step
    proof.pre = pre
    proof.version = kind.split(separator: "-").first.flatMap { UInt8($0) }
      .flatMap(StateVersion.init)
    guard let read else { return proof }
    guard let key = Bytes32(read.key) else { return nil }
    proof.oracleKey = key
    proof.oracleValue =
      withUnsafeBytes(of: UInt64(read.preimage.count).bigEndian) { Array($0) } + read.preimage
    proof.oracleOffset = read.offset
    return proof
  }
}
