import FalconetMachine
import Keccak

/// Checks that a step's `post` follows from its `pre`, with no state at hand but the proof.
///
/// ```swift
/// let verdict = ProofVerifier.verify(proof)
/// if !verdict.holds { print(verdict.description) }
/// ```
package enum ProofVerifier {
  /// What was found by the rules of one revision of a version.
  package struct Finding: Sendable {
    package let revision: Revision
    /// The step as it was executed; nil if it could not be.
    package let execution: StatelessStep?
    /// Why the proof does not hold; nil if it does.
    package let fault: ProofFault?

    package var version: StateVersion { revision.version }

    /// Whether another revision finds the same.
    func agrees(with other: Finding) -> Bool {
      (fault == nil) == (other.fault == nil)
    }
  }

  /// What was found by the rules of each version that the proof may be of.
  package struct Verdict: Sendable {
    /// Those that decide: of each version the newest revision, or the revisions that were asked for.
    /// At least one, unless ``fault`` says why there is none.
    package let findings: [Finding]
    /// What the older revisions of the same versions find, if none was asked for.
    package let older: [Finding]
    /// Why there is no version to try.
    package let fault: ProofFault?

    /// Whether the proof holds, in all versions that it may be of.
    package var holds: Bool { fault == nil && findings.allSatisfy { $0.fault == nil } }

    /// Whether it depends on the revision of a version if the proof holds.
    package func dependsOnRevision(_ version: StateVersion) -> Bool {
      let findings = (findings + older).filter { $0.version == version }
      return findings.contains { !$0.agrees(with: findings[0]) }
    }
  }

  /// Verifies a proof.
  ///
  /// - Parameters:
  ///   - version: the state version; nil goes by the proof's own, and if it has none, by the sizes of
  ///     its data.
  ///   - revisions: the revisions that count; nil are the newest of each version.
  package static func verify(
    _ proof: StepProof, version: StateVersion? = nil, revisions: [Revision]? = nil
  ) -> Verdict {
    let versions =
      (version ?? proof.version).map { [$0] } ?? candidates(for: proof)
    guard !versions.isEmpty else {
      return Verdict(
        findings: [], older: [],
        fault: .unknownSizes(
          stateData: proof.stateData.count, proofData: proof.proofData.count))
    }
    let tried = revisions?.filter { versions.contains($0.version) } ?? versions.flatMap(\.revisions)
    guard !tried.isEmpty else {
      return Verdict(findings: [], older: [], fault: .noRevision(versions: versions))
    }
    let findings = findings(of: proof, tried)
    return Verdict(
      findings: findings.filter { revisions != nil || $0.revision.isNewest },
      older: findings.filter { revisions == nil && !$0.revision.isNewest }, fault: nil)
  }

  /// What the rules of each revision find.
  ///
  /// Of each version the first one's are applied. Most steps are no system call that the others answer
  /// differently, so that they find the same; if the step fails, each is tried.
  private static func findings(of proof: StepProof, _ revisions: [Revision]) -> [Finding] {
    let firsts = revisions.indices.filter { number in
      !revisions[..<number].contains { $0.version == revisions[number].version }
    }
    var findings = [Finding?](repeating: nil, count: revisions.count)
    for (number, finding) in zip(firsts, execute(proof, firsts.map { revisions[$0] })) {
      findings[number] = finding
      guard let execution = finding.execution else { continue }
      for other in revisions.indices where findings[other] == nil {
        guard revisions[other].agrees(with: finding.revision, on: execution) else { continue }
        findings[other] = Finding(
          revision: revisions[other], execution: execution, fault: finding.fault)
      }
    }
    let others = revisions.indices.filter { findings[$0] == nil }
    for (number, finding) in zip(others, execute(proof, others.map { revisions[$0] })) {
      findings[number] = finding
    }
    return findings.compactMap { $0 }
  }

  /// Applies the rules of each revision.
  private static func execute(_ proof: StepProof, _ revisions: [Revision]) -> [Finding] {
    zip(revisions, StatelessStep.execute(proof.input, revisions: revisions)).map { revision, step in
      Finding(
        revision: revision, execution: try? step.get(),
        fault: fault(of: proof, revision.version, step))
    }
  }

  /// The versions whose data has a proof's sizes. If no version has both, those whose state has.
  static func candidates(for proof: StepProof) -> [StateVersion] {
    let fitting = sizes.filter { $0.state == proof.stateData.count }
    let exact = fitting.filter { proof.proofData.isEmpty || $0.proof == proof.proofData.count }
    return (exact.isEmpty ? fitting : exact).map(\.version)
  }

  private static let sizes = StateVersion.allCases.map {
    (version: $0, state: $0.witnessLayout.byteCount, proof: $0.proofDataBytes)
  }

  private static func fault(
    of proof: StepProof, _ version: StateVersion, _ step: Result<StatelessStep, StepError>
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
