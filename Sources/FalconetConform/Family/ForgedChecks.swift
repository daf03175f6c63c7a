import CFPVM
import FalconetForeignVM
import FalconetMachine
import FalconetProofs
import FalconetVectors
import Keccak

/// Proofs and pre-images that an opponent makes.
extension ConformKit {
  /// Proofs of states that somebody made up: their claims are right, and what follows from them is for the
  /// verifier to find out.
  func checkForged(_ proof: ForeignProof, _ vector: StepVector, _ kind: String) throws {
    guard library.capabilities.contains(.verify), var forged = proof.step(kind),
      let version = forged.version
    else { return }
    let revisions = VectorKind.revision(kind).map { [$0] }
    let witness = forged.stateData
    for place in places(in: witness.count) {
      forged.stateData = witness
      forged.stateData[place] = [0, 1, 2, 0xFF].randomElement(using: &numbers) ?? 0
      guard forged.stateData != witness else { continue }
      if let state = try? StateWitness(decoding: forged.stateData, version: version) {
        forged.pre = state.claim
        forged.step = state.state.scalars.step
      }
      var verdict = ProofVerifier.verify(forged, version: version, revisions: revisions)
      // What follows is what the rules say, if something does.
      if case .post(let expected, _) = verdict.findings.first?.fault {
        try judge(forged, proof, holds: false, vector, kind)
        forged.post = expected
        verdict = ProofVerifier.verify(forged, version: version, revisions: revisions)
      }
      try judge(forged, proof, holds: verdict.holds, vector, kind)
      if let post = Bytes32(proof.post) { forged.post = post }
    }
  }

  /// Places of a witness: most is in front and behind of the hashes.
  private func places(in count: Int) -> [Int] {
    (0..<8).map { _ in Int.random(in: 32..<max(33, count), using: &numbers) }
  }

  private func judge(
    _ forged: StepProof, _ proof: ForeignProof, holds: Bool, _ vector: StepVector, _ kind: String
  ) throws {
    var other = proof
    other.fields[0].bytes = forged.stateData
    other.step = forged.step ?? 0
    if let pre = forged.pre { other.pre = pre.bytes }
    other.post = forged.post.bytes
    tries(other.fields.flatMap(\.bytes))
    let status = status { try library.verify(other) }
    try require(
      (status == FPVM_OK) == holds,
      "\(vector.name), \(kind): a proof of a state that was made up, which"
        + " \(holds ? "holds" : "does not hold"): the VM says \(ForeignError.name(of: status))",
      step: other.step, input: other.fields.flatMap(\.bytes))
  }

  /// The vectors that read one pre-image to its end, whose key is its hash, and that pre-image.
  private func vectorsOfHashes() throws -> [(vector: StepVector, preimage: [UInt8])] {
    try vectors(.preimages).compactMap { vector in
      guard vector.end == .exited, vector.preimages.count == 1,
        let (key, value) = vector.preimages.first, [2, 4].contains(key[0])
      else { return nil }
      return (vector, value)
    }
  }

  /// Proofs of steps that read pre-images, of keys of all types; and with another pre-image if the key is its hash.
  func checkPreimagesOfProofs() throws(Ended) {
    guard library.capabilities.contains(.verify) else { return skip("the VM verifies no proofs") }
    try check("a proof with a pre-image that its key's contract loads holds") {
      for reading in try readings() where isLoadable(reading.proof, reading.kind) {
        try verify(reading.proof, reading.vector, reading.kind, holds: true)
      }
    }
    try check("a proof with a pre-image that is not its key's does not hold") {
      for reading in try readings() {
        guard let read = reading.proof.read, [2, 4].contains(read.key.first) else { continue }
        for wrong in [
          read.preimage + [0],
          read.preimage.isEmpty ? [1] : [read.preimage[0] ^ 1] + read.preimage.dropFirst(),
        ] {
          var other = reading.proof
          other.read?.preimage = wrong
          try verify(other, reading.vector, reading.kind, holds: false)
        }
      }
    }
  }

  /// The first step of a vector that reads its pre-image.
  private typealias Reading = (vector: StepVector, kind: String, proof: ForeignProof)

  /// Steps that read a pre-image, of all vectors that read one alone to its end, or of the longest of each type of key.
  private func readings() throws -> [Reading] {
    var all = try vectors(.preimages).filter { vector in
      vector.end == .exited && vector.preimages.count == 1 && kind(among: vector.kinds) != nil
    }
    if effort.isQuick {
      func size(_ vector: StepVector) -> Int { vector.preimages.values.first?.count ?? 0 }
      let types = Dictionary(grouping: all) { $0.preimages.keys.first?[0] ?? 0 }
      all = types.keys.sorted().compactMap { type in types[type]?.max { size($0) < size($1) } }
    }
    return try all.compactMap { vector in
      guard let kind = kind(among: vector.kinds) else { return nil }
      tries(vector.state)
      let machine = try library.loadProgram(vector.state, kind: kind)
      try machine.setHost(RecordingHost(ConformProgram(vector)).host)
      for _ in 0..<vector.steps {
        let proof = try machine.prove()
        if proof.read != nil { return (vector, kind, proof) }
      }
      return nil
    }
  }

  /// What a host gives under a hash's key, and has not that hash.
  func checkWrongPreimages() throws(Ended) {
    try check("a pre-image that is not its key's stops the run", isKnown: true) {
      for (vector, value) in try vectorsOfHashes() {
        guard let kind = kind(among: vector.kinds) else { continue }
        for wrong in [value + [0], value.isEmpty ? [1] : Array(value.dropLast()), [0xFF] + value] {
          tries(vector.state)
          let machine = try library.loadProgram(vector.state, kind: kind)
          var host = RecordingHost(ConformProgram(vector)).host
          host.preimage = { _ in .bytes(wrong) }
          try machine.setHost(host)
          let status = status { try machine.run(until: .max) }
          try require(
            status == FPVM_PREIMAGE,
            "\(vector.name), \(kind): \(wrong.count) bytes that are not the key's:"
              + " \(ForeignError.name(of: status)), not FPVM_PREIMAGE", input: vector.state)
        }
      }
    }
  }
}
