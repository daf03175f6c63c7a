import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak
import SystemPackage

/// Answers that are kept in the folder. Each counts only together with its claim in ``ClaimLog``,
/// which is written first.
extension TraceFolder {
  /// The step data of an index, where it is there and right.
  ///
  /// - Parameter putsAside: whether a wrong file is put aside. That is for the one alone who may
  ///   write files: for another, a right one may stand there by then.
  func storedStep(
    _ index: UInt64, version: StateVersion, claim: Bytes32?, putsAside: Bool = true
  ) -> StepProof? {
    guard let claim, let proof = read(proof(index), putsAside: putsAside) else { return nil }
    guard proof.step == index, proof.post == claim,
      ProofVerifier.verify(proof, version: version).holds
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
  func storedEnd(_ version: StateVersion, _ claims: ClaimLog) -> TraceEnd? {
    guard let proof = read(last, putsAside: true) else { return nil }
    guard let end = TraceEnd(proof, version), proof.step == end.index &+ 1,
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
  init?(_ proof: StepProof, _ version: StateVersion) {
    guard proof.proofData.isEmpty, ProofVerifier.verify(proof, version: version).holds,
      let witness = try? StateWitness(decoding: proof.stateData, version: version),
      witness.state.scalars.exited, witness.state.scalars.step > 0
    else { return nil }
    self.init(
      index: witness.state.scalars.step - 1, claim: proof.post, witness: proof.stateData)
  }

  /// The end as op-challenger keeps it: a step that changes nothing, and needs no proof.
  var proof: StepProof { StepProof(post: claim, stateData: witness, proofData: []) }
}
