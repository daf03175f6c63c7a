internal import FalconetMachine
internal import FalconetProofs
internal import FalconetStreams

/// The proof of one step: what a contract executes it from, and the claims before and after it.
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

  /// The proof in a file, as Cannon writes them, compressed or not.
  public init(contentsOf path: String) throws(FalconetError) {
    do { value = try ProofReader.single(FileSource(path: path)) } catch {
      throw FalconetError(error)
    }
  }

  /// A proof from the JSON text that stands in a proof file.
  public init(json: [UInt8]) throws(FalconetError) {
    do { value = try ProofReader.single(MemorySource(json)) } catch { throw FalconetError(error) }
  }

  /// Steps executed before the one that is proved. Nil if the file does not say.
  public var step: UInt64? { value.step }
  /// The claim before the step. Nil if the file does not say.
  public var pre: Claim? { value.pre.map { Claim($0) } }
  /// The claim after the step.
  public var post: Claim { Claim(value.post) }
  /// The witness of the state before the step.
  public var stateData: [UInt8] { value.stateData }
  /// The thread's witness and the memory proofs.
  public var proofData: [UInt8] { value.proofData }
  /// The key of the pre-image that the step reads, the whole pre-image behind its length in 8 bytes,
  /// big-endian, and where in both the part begins that is read. Nil if the step reads none.
  public var preimage: (key: PreimageKey, value: [UInt8], offset: UInt64)? {
    value.oracleKey.map { (PreimageKey($0), value.oracleValue, value.oracleOffset) }
  }

  /// Writes a proof file, which appears whole or not at all. A name that ends in `.gz` is compressed.
  public func save(to path: String) throws(FalconetError) {
    do { try value.save(path: path) } catch { throw FalconetError(error) }
  }

  /// The JSON text of a proof file.
  public func json() throws(FalconetError) -> [UInt8] {
    let sink = MemorySink()
    do { try value.write(to: sink) } catch { throw FalconetError(error) }
    return sink.bytes
  }

  /// Executes the step from the proof alone, as a contract does, and compares the result.
  ///
  /// - Parameters:
  ///   - version: the state version; nil goes by the proof, and if that does not tell, by the sizes
  ///     of its data.
  ///   - revision: whose rules count; nil is the newest of each version.
  public func verify(version: StateVersion? = nil, revision: Revision? = nil) -> Verification {
    Verification(
      ProofVerifier.verify(
        value, version: version?.value ?? revision?.value.version,
        revisions: revision.map { [$0.value] }))
  }
}

/// What a verification of a proof found.
public struct Verification: Sendable {
  private let verdict: ProofVerifier.Verdict

  init(_ verdict: ProofVerifier.Verdict) { self.verdict = verdict }

  /// Whether the proof holds, by the rules of every version that its data may be of.
  public var holds: Bool { verdict.holds }

  /// The revisions by whose rules the proof was checked and holds.
  public var revisions: [Revision] {
    verdict.findings.filter { $0.fault == nil }.map { Revision($0.revision) }
  }

  /// Why the proof does not hold; nil if it does.
  public var failure: String? {
    (verdict.fault ?? verdict.findings.compactMap(\.fault).first).map { "\($0)" }
  }
}
