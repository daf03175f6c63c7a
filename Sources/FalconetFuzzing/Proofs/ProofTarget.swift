import FalconetMachine
import FalconetProofs
import FalconetStreams

/// Proof files: read, verified, encoded for the contracts, written and read again. Then the same with
/// proofs whose hashes are made right. Input that begins with the number of a state version is the data
/// of a proof, without the text of a file.
struct ProofTarget: HostileInputCheck {
  func run(_ input: [UInt8]) {
    if let proof = ProofSeal.proof(from: input) { return checkAll(proof) }
    do throws(StreamError) {
      let reader = try ProofReader(MemorySource(input))
      var left = 8
      while left > 0, let proof = try reader.next() {
        left -= 1
        checkAll(proof)
      }
    } catch {
      if error.message.isEmpty { found("an error without a text") }
      checkRefused(input, error)
    }
  }

  private func checkAll(_ proof: StepProof) {
    check(proof)
    for sealed in ProofSeal.sealed(proof) { check(sealed) }
  }

  /// A file that is refused is refused for the same reason when it comes in pieces.
  private func checkRefused(_ input: [UInt8], _ error: StreamError) {
    do throws(StreamError) {
      let reader = try ProofReader(MemorySource(input, chunk: 7))
      while try reader.next() != nil {}
      found("a file is refused, and in pieces it is not: \(error)")
    } catch let other {
      guard other.kind == error.kind else { found("refused as \(error), in pieces as \(other)") }
    }
  }

  private func check(_ proof: StepProof) {
    let verdict = ProofVerifier.verify(proof)
    let reasons = [verdict.fault] + verdict.findings.map(\.fault)
    if !verdict.holds, reasons.allSatisfy({ $0 == nil }) {
      found("a proof is refused without a reason")
    }
    for case let reason? in reasons where reason.description.isEmpty || reason.reason.isEmpty {
      found("a reason without a text")
    }
    if verdict.holds { checkSound(proof) }
    var written = proof
    // What comes with no key is not written.
    if proof.oracleKey == nil { (written.oracleValue, written.oracleOffset) = ([], 0) }
    guard Self.copy(of: proof) == written else { found("a proof is another after it was written") }
    checkCalls(proof)
  }

  /// What holds no longer does with another claim on either side.
  private func checkSound(_ proof: StepProof) {
    var other = proof
    other.post[31] ^= 1
    if ProofVerifier.verify(other).holds { found("a proof holds with another claim after it") }
    guard let pre = proof.pre else { return }
    other = proof
    other.pre = pre
    other.pre?[31] ^= 1
    if ProofVerifier.verify(other).holds { found("a proof holds with another claim before it") }
  }

  private static func copy(of proof: StepProof) -> StepProof? {
    let sink = MemorySink()
    do {
      try proof.write(to: sink)
      return try ProofReader(MemorySource(sink.bytes)).next()
    } catch { found("a proof that was read can't be written and read again: \(error)") }
  }

  private func checkCalls(_ proof: StepProof) {
    do throws(CalldataError) {
      let calls = try StepCalls(proof)
      for case let call? in [calls.step, calls.load, calls.read] {
        // The selector, then whole words.
        guard call.data.count % 32 == 4 else { found("a call of odd size") }
        for argument in call.arguments where argument.value.text.isEmpty {
          found("an argument without a text")
        }
      }
    } catch {
      if error.description.isEmpty { found("an error without a text") }
    }
  }

  func seeds() throws -> [FuzzSeed] {
    var seeds: [FuzzSeed] = []
    for version in [StateVersion.v0, .v1, .v5, .v8] {
      let guest = SampleGuest(version)
      // A store, a part of a key, a part of an input, the exit.
      let word = UInt64(version.wordSize == .bits64 ? 8 : 4)
      for step in [1, 6, 2 + 5 * (32 + 16) / word - 1, guest.last] {
        let sink = MemorySink()
        let witness = guest.witness(step)
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
