import FalconetMachine
import Keccak

/// Checks that a step's `post` follows from its `pre`, with no state at hand but the proof.
///
/// ```swift
/// let verdict = ProofVerifier.verify(proof)
/// if !verdict.holds { print(verdict.description) }
/// ```
public enum ProofVerifier {
  /// What was found by the rules of one version.
  public struct Finding: Sendable {
    public let version: StateVersion
    /// The step as it was executed; nil where it could not be.
    public let execution: WitnessStep?
    /// Why the proof does not hold; nil where it does.
    public let fault: ProofFault?
  }

  /// What was found by the rules of each version that the proof may be of.
  public struct Verdict: Sendable {
    /// At least one.
    public let findings: [Finding]
    /// Where there is no version to try.
    public let fault: ProofFault?

    /// Whether the proof holds, in all versions that it may be of.
    public var holds: Bool { fault == nil && findings.allSatisfy { $0.fault == nil } }
  }

  /// Verifies a proof.
  ///
  /// - Parameter version: the state version; nil goes by the proof's own, and where it has none, by the
  ///   sizes of its data.
  public static func verify(_ proof: StepProof, version: StateVersion? = nil) -> Verdict {
    let versions =
      (version ?? proof.version).map { [$0] } ?? candidates(for: proof)
    guard !versions.isEmpty else {
      return Verdict(
        findings: [],
        fault: .unknownSizes(
          stateData: proof.stateData.count, proofData: proof.proofData.count))
    }
    let steps = WitnessStep.execute(proof.input, versions: versions)
    return Verdict(
      findings: zip(versions, steps).map { version, step in
        Finding(
          version: version, execution: try? step.get(), fault: fault(of: proof, version, step))
      }, fault: nil)
  }

  /// The versions whose data has a proof's sizes. Where no version has both, those whose state has.
  static func candidates(for proof: StepProof) -> [StateVersion] {
    let fitting = sizes.filter { $0.state == proof.stateData.count }
    let exact = fitting.filter { proof.proofData.isEmpty || $0.proof == proof.proofData.count }
    return (exact.isEmpty ? fitting : exact).map(\.version)
  }

  private static let sizes = StateVersion.allCases.map {
    (version: $0, state: $0.witnessLayout.byteCount, proof: $0.proofDataBytes)
  }

  private static func fault(
    of proof: StepProof, _ version: StateVersion, _ step: Result<WitnessStep, StepError>
  ) -> ProofFault? {
    do throws(ProofFault) {
      // The state first: what is wrong with it makes everything else wrong too.
      try check(proof, version)
      let step = try step.mapError { ProofFault($0) }.get()
      if step.readsPreimage, let key = proof.oracleKey {
        try LoadablePreimage.check(key, value: proof.oracleValue)
      }
      let expected = step.after.claim
      if expected != proof.post { throw .post(expected: expected, given: proof.post) }
      return nil
    } catch { return error }
  }

  /// Holds the proof's `pre` and `step` against the state.
  private static func check(_ proof: StepProof, _ version: StateVersion) throws(ProofFault) {
    let before: StateWitness
    do { before = try StateWitness(decoding: proof.stateData, version: version) } catch {
      throw .witness(error)
    }
    let mayLackFields = before.state.scalars.exited && proof.proofData.isEmpty
    if let pre = proof.pre {
      let claim = before.claim
      if pre != claim { throw .pre(expected: claim, given: pre) }
    } else if !mayLackFields {
      throw .missing(field: "pre")
    }
    if let step = proof.step {
      let expected = before.state.scalars.step
      if step != expected { throw .step(expected: expected, given: step) }
    } else if !mayLackFields {
      throw .missing(field: "step")
    }
  }
}
