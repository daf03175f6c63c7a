import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak
import SystemPackage

/// Answers that are kept in the folder. Each counts only together with its claim in ``ClaimLog``,
/// which is written first.
extension TraceFolder {
  /// The step data of an index, if it is there and right.
  ///
  /// - Parameters:
  ///   - before: the claim before the step, if it is known.
  ///   - claim: the claim after it, if it is known.
  ///   - inputs: hashes of the local pre-images of the trace.
  ///   - putsAside: whether a wrong file is put in quarantine. That is for the one alone who may
  ///     write files: for another, a right one may stand there by then.
  func storedStep(
    _ index: UInt64, revision: Revision, before: Bytes32?, claim: Bytes32?,
    inputs: [Bytes32: Bytes32], putsAside: Bool = true
  ) -> StepProof? {
    guard let before, let claim, let proof = read(proof(index), putsAside: putsAside)
    else { return nil }
    guard proof.step == index, proof.pre == before, proof.post == claim,
      proof.localInput.map({ inputs[$0.key] == $0.hash }) ?? true,
      proof.holds(revision)
    else {
      if putsAside {
        putAside(self.proof(index), "it does not prove step \(index) of this trace")
      }
      return nil
    }
    return proof
  }

  /// The last step, where it is there and right: kept as a proof of no step, which holds the number
  /// of steps executed.
  func storedEnd(_ revision: Revision, _ claims: ClaimLog) -> TraceEnd? {
    guard let proof = read(last, putsAside: true) else { return nil }
    guard let end = TraceEnd(proof, revision), proof.step == end.index &+ 1,
      claims[end.index] == end.claim
    else {
      putAside(last, "it does not show the end of this trace")
      return nil
    }
    return end
  }

  private func read(_ file: FilePath, putsAside: Bool) -> StepProof? {
    guard Self.isRegular(file) else { return nil }
    do throws(StreamError) {
      let reader = try ProofReader(FileSource(path: file.fileName))
      if let proof = try reader.next(), try reader.next() == nil { return proof }
      if putsAside { putAside(file, "it does not hold one proof") }
    } catch {
      if putsAside, !error.isOfSystem, error.kind != .notFound {
        putAside(file, error.description)
      }
    }
    return nil
  }
}

extension StepProof {
  /// Whether the proof holds by the rules of a revision.
  func holds(_ revision: Revision) -> Bool {
    ProofVerifier.verify(self, version: revision.version, revisions: [revision]).holds
  }

  /// The local pre-image that the step reads: its key, and the hash of its value as a log has it. The
  /// value is whole, behind its length in 8 bytes.
  var localInput: (key: Bytes32, hash: Bytes32)? {
    guard let oracleKey, TraceInputs.isLocal(oracleKey) else { return nil }
    return (oracleKey, TraceInputs.hash(Array(oracleValue.dropFirst(8))))
  }

  /// The bytes of the proof's file, compressed with gzip.
  func compressed() throws(TraceError) -> [UInt8] {
    let bytes = MemorySink()
    do throws(StreamError) {
      let sink = GzipSink(over: bytes)
      try write(to: sink)
      try sink.finish()
    } catch { throw .file(error) }
    return bytes.bytes
  }
}

extension TraceEnd {
  /// The end that a proof of no step shows; nil where it shows none.
  init?(_ proof: StepProof, _ revision: Revision) {
    guard proof.proofData.isEmpty, proof.holds(revision),
      let witness = try? StateWitness(decoding: proof.stateData, version: revision.version),
      witness.state.scalars.exited, witness.state.scalars.step > 0
    else { return nil }
    self.init(
      index: witness.state.scalars.step - 1, claim: proof.post, witness: proof.stateData)
  }

  /// The end as op-challenger keeps it: a step that changes nothing, and needs no proof.
  var proof: StepProof { StepProof(post: claim, stateData: witness, proofData: []) }
}
