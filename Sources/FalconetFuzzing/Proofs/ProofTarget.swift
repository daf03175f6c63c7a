import FalconetMachine
import FalconetProofs
import FalconetStreams

/// Proof files: read, verified, encoded for the contracts, written and read again. Then the same with
/// proofs whose hashes are made right. Input that begins with the number of a state version is the data
/// of a proof, without the text of a file.
struct ProofTarget: HostileInputCheck {
  func run(_ input: [UInt8]) throws {
    if let proof = ProofSeal.proof(from: input) { return try checkAll(proof) }
    do {
      let reader = try ProofReader(MemorySource(input))
      var left = 8
      while left > 0, let proof = try reader.next() {
        left -= 1
        try checkAll(proof)
      }
    } catch let error as StreamError {
      if error.message.isEmpty { try found("an error without a text") }
      try checkRefused(input, error)
    }
  }

  private func checkAll(_ proof: StepProof) throws {
    try check(proof)
    for sealed in try ProofSeal.sealed(proof) { try check(sealed) }
  }

  /// A file that is refused is refused for the same reason when it comes in pieces.
  private func checkRefused(_ input: [UInt8], _ error: StreamError) throws {
    do {
      let reader = try ProofReader(MemorySource(input, chunk: 7))
      while try reader.next() != nil {}
      try found("a file is refused, and in pieces it is not: \(error)")
    } catch let other as StreamError {
      guard other.kind == error.kind else {
        try found("refused as \(error), in pieces as \(other)")
      }
    }
  }

  private func check(_ proof: StepProof) throws {
    let verdict = ProofVerifier.verify(proof)
    let reasons = [verdict.fault] + verdict.findings.map(\.fault)
    if !verdict.holds, reasons.allSatisfy({ $0 == nil }) {
      try found("a proof is refused without a reason")
    }
    for case let reason? in reasons where reason.description.isEmpty || reason.reason.isEmpty {
      try found("a reason without a text")
    }
    if verdict.holds { try checkSound(proof) }
    var written = proof
    // What comes with no key is not written.
    if proof.oracleKey == nil { (written.oracleValue, written.oracleOffset) = ([], 0) }
    guard try Self.copy(of: proof) == written else {
      try found("a proof is another after it was written")
    }
    try checkCalls(proof)
  }

  /// What holds no longer does with another claim on either side.
  private func checkSound(_ proof: StepProof) throws {
    var other = proof
    other.post[31] ^= 1
    if ProofVerifier.verify(other).holds { try found("a proof holds with another claim after it") }
    guard let pre = proof.pre else { return }
    other = proof
    other.pre = pre
    other.pre?[31] ^= 1
    if ProofVerifier.verify(other).holds { try found("a proof holds with another claim before it") }
  }

  private static func copy(of proof: StepProof) throws -> StepProof? {
    let sink = MemorySink()
    try proof.write(to: sink)
    return try ProofReader(MemorySource(sink.bytes)).next()
  }

  private func checkCalls(_ proof: StepProof) throws {
    do {
      let calls = try StepCalls(proof)
      for case let call? in [calls.step, calls.load, calls.read] {
        // The selector, then whole words.
        guard call.data.count % 32 == 4 else { try found("a call of odd size") }
        for argument in call.arguments where argument.value.text.isEmpty {
          try found("an argument without a text")
        }
      }
    } catch let error as CalldataError {
      if error.description.isEmpty { try found("an error without a text") }
    }
  }

  func seeds() throws -> [FuzzSeed] {
    var seeds: [FuzzSeed] = []
    for version in [StateVersion.v0, .v1, .v5, .v8] {
      let guest = try SampleGuest(version)
      // A store, a part of a key, a part of an input, the exit.
      let word = UInt64(version.wordSize == .bits64 ? 8 : 4)
      for step in [1, 6, 2 + 5 * (32 + 16) / word - 1, guest.last] {
        let sink = MemorySink()
        let witness = try guest.witness(step)
        try StepProof(witness).write(to: sink)
        seeds.append(
          FuzzSeed("\(version)-\(step)-data", ProofSeal.bytes(of: witness, version)))
        seeds.append(FuzzSeed("\(version)-\(step)", sink.bytes))
        if version == .v1, step == 1 {
          let list = Array("[".utf8) + sink.bytes + Array(",".utf8) + sink.bytes + Array("]".utf8)
          seeds.append(FuzzSeed("list", list))
        }
      }
    }
    return seeds
  }
}
