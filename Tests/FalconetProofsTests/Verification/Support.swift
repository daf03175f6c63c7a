import FalconetMachine
import FalconetProofs
import FalconetTestSupport
import Keccak
import Testing

extension StepProof {
  /// A proof that the reference machine wrote.
  init(_ vector: ProofVector) {
    self.init(post: vector.post, stateData: vector.stateData, proofData: vector.proofData)
    step = vector.step
    pre = vector.pre
    oracleKey = vector.oracleKey
    oracleValue = vector.oracleValue ?? []
    oracleOffset = vector.oracleOffset ?? 0
  }

  /// The place of a memory proof in the proof data: 0 for the instruction's.
  func slot(_ number: Int, _ version: StateVersion) -> Range<Int> {
    let size = version.wordSize == .bits32 ? 896 : 1920
    let start = proofData.count - ((version.isSingleThreaded ? 2 : 3) - number) * size
    return start..<start + size
  }

  /// Makes `pre` the claim of the state's data again.
  mutating func settlePre() {
    let exited = pre?[0]
    pre = Keccak256.hash(stateData)
    pre?[0] = exited ?? 3
  }
}

extension ProofVerifier.Verdict {
  /// Why the proof does not hold, in one word; nil if it does.
  var reason: String? { fault?.reason ?? findings.compactMap { $0.fault?.reason }.first }

  /// What happened, for a failed test's message.
  var text: String {
    ([fault] + findings.map(\.fault)).compactMap { $0?.description }.joined(separator: "; ")
  }
}

/// The version's witness fields with their places.
func fields(of version: StateVersion) -> [(field: StateField, range: Range<Int>)] {
  var start = 0
  return version.witnessLayout.fields.map { field in
    defer { start += field.byteCount(in: version) }
    return (field, start..<start + field.byteCount(in: version))
  }
}
