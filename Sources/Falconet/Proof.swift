internal import FalconetMachine
internal import FalconetProofs
internal import FalconetStreams

/// The proof of one step: the data from which a contract executes it, and the claims before and after
/// it.
///
/// ```swift
/// let proof = try Proof(contentsOf: "proof-1000.json.gz")
/// let verification = proof.verify()
/// if !verification.holds { print(verification.failure ?? "") }
/// ```
public struct Proof: Sendable, Equatable {
  let value: StepProof

  init(_ value: StepProof, _ version: FalconetMachine.StateVersion? = nil) {
    var value = value
    if let version { value.version = version }
    self.value = value
  }

  /// Reads the proof from a file, as Cannon writes it, compressed or not.
  public init(contentsOf path: String) throws(FalconetError) {
    do { value = try ProofReader.single(FileSource(path: path)) } catch {
      throw FalconetError(error)
    }
  }

  /// Reads a proof from the JSON text of a proof file.
  public init(json: [UInt8]) throws(FalconetError) {
    do { value = try ProofReader.single(MemorySource(json)) } catch { throw FalconetError(error) }
  }

  /// Steps executed before the proved one. Nil if the file does not say.
  public var step: UInt64? { value.step }
  /// The claim before the step. Nil if the file does not say.
  public var pre: Claim? { value.pre.map { Claim($0) } }
  /// The claim after the step.
  public var post: Claim { Claim(value.post) }
  /// The witness of the state before the step.
  public var stateData: [UInt8] { value.stateData }
  /// The thread's witness and the memory proofs.
  public var proofData: [UInt8] { value.proofData }
  /// The key of the pre-image that the step reads part of; the whole pre-image, preceded by its length
  /// in 8 bytes, big-endian; and the offset of the part in that value. Nil if the step reads none.
  public var preimage: (key: PreimageKey, value: [UInt8], offset: UInt64)? {
    value.oracleKey.map { (PreimageKey($0), value.oracleValue, value.oracleOffset) }
  }

  /// Writes a proof file, which appears completely or not at all.
  ///
  /// - Parameter path: if it ends in `.gz`, the file is compressed with gzip.
  public func save(to path: String) throws(FalconetError) {
    do { try value.save(path: path) } catch { throw FalconetError(error) }
  }

  /// The JSON text of a proof file.
  public func json() throws(FalconetError) -> [UInt8] {
    let sink = MemorySink()
    do { try value.write(to: sink) } catch { throw FalconetError(error) }
    return sink.bytes
  }

  /// Executes the step from the proof alone, as a contract does, and compares the claims.
  ///
  /// - Parameters:
  ///   - version: the state version. Nil is the version that the proof states, or else every version
  ///     whose data has these sizes.
  ///   - revision: the revision whose rules apply. Nil is the newest of each version.
  public func verify(version: StateVersion? = nil, revision: Revision? = nil) -> Verification {
    Verification(
      ProofVerifier.verify(
        value, version: version?.value ?? revision?.value.version,
        revisions: revision.map { [$0.value] }))
  }
}

/// The result of verifying a proof.
public struct Verification: Sendable {
  private let verdict: ProofVerifier.Verdict

  init(_ verdict: ProofVerifier.Verdict) { self.verdict = verdict }

  /// Whether the proof holds in every version that its data can be of.
  public var holds: Bool { verdict.holds }

  /// The revisions in which the proof was checked and holds.
  public var revisions: [Revision] {
    verdict.findings.filter { $0.fault == nil }.map { Revision($0.revision) }
  }

  /// Why the proof does not hold; nil if it does.
  public var failure: String? {
    (verdict.fault ?? verdict.findings.compactMap(\.fault).first).map { "\($0)" }
  }
}
