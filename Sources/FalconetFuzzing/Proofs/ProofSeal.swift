import FalconetMachine
import FalconetProofs
import Keccak

/// Makes the hashes of a proof right, whatever else is wrong with it, so that fuzzing gets to the
/// step itself.
enum ProofSeal {
  /// Faults that are mended: the stack's root, two memory proofs, the pre-image's key, offset, length
  /// and hash, the claim after the step.
  private static let rounds = 8

  /// A proof from bytes without any structure: the number of a state version, state and proof data of
  /// its sizes, and the pre-image that the step reads, if it reads one.
  static func proof(from bytes: [UInt8]) -> StepProof? {
    guard let version = bytes.first.flatMap({ StateVersion(rawValue: $0) }) else { return nil }
    let stateEnd = 1 + version.witnessLayout.byteCount
    let proofEnd = stateEnd + version.proofDataBytes
    guard bytes.count >= proofEnd else { return nil }
    var proof = StepProof(
      post: Bytes32(), stateData: Array(bytes[1..<stateEnd]),
      proofData: Array(bytes[stateEnd..<proofEnd]))
    let value = bytes[proofEnd...]
    proof.oracleValue = value.isEmpty ? [] : Packing.big(UInt64(value.count)) + value
    proof.version = version
    return proof
  }

  /// The bytes that ``proof(from:)`` makes a proof of.
  static func bytes(of witness: StepWitness, _ version: StateVersion) -> [UInt8] {
    [version.rawValue] + witness.stateData + witness.proofData
      + (witness.preimage?.value ?? []).dropFirst(8)
  }

  /// The proof as one of each version whose data has its sizes.
  static func sealed(_ proof: StepProof) throws -> [StepProof] {
    try StateVersion.allCases.compactMap { version in
      guard var state = try? StateWitness(decoding: proof.stateData, version: version) else {
        return nil
      }
      guard state.bytes == proof.stateData else {
        try found("a witness is another once it is decoded")
      }
      var sealed = proof
      sealed.version = version
      var memory = MemoryProofSeal(version.wordSize)
      // Each memory proof is then asked for, and the fault says for which address.
      state.memoryRoot = Bytes32()
      for _ in 0..<rounds {
        sealed.stateData = state.bytes
        sealed.pre = state.claim
        sealed.step = state.state.scalars.step
        guard let fault = ProofVerifier.verify(sealed).findings.first?.fault,
          mend(fault, &sealed, &state, &memory)
        else { break }
      }
      return sealed
    }
  }

  /// Does what a fault asks for. Returns whether it is anything that can be done.
  private static func mend(
    _ fault: ProofFault, _ proof: inout StepProof, _ state: inout StateWitness,
    _ memory: inout MemoryProofSeal
  ) -> Bool {
    let version = state.version
    switch fault {
    // The second word of data is proved against the memory that the step has written to.
    case .witness(.memoryRoot(let slot, let address, _, _))
    where slot != .second && proof.proofData.count == version.proofDataBytes:
      let start = version.threadWitnessBytes + slot.rawValue * version.wordSize.memoryProofBytes
      state.memoryRoot = memory.add(proofAt: start, address: address, of: &proof.proofData)
    case .witness(.stackRoot(.left, _, _, let root)): state.leftStackRoot = root
    case .witness(.stackRoot(.right, _, _, let root)): state.rightStackRoot = root
    case .witness(.noPreimage(let key)), .witness(.preimageKey(let key, _)): proof.oracleKey = key
    case .witness(.preimageOffset(let offset, _)): proof.oracleOffset = offset
    case .witness(.preimageLength):
      let content = proof.oracleValue.dropFirst(8)
      proof.oracleValue = Packing.big(UInt64(content.count)) + content
    case .preimage(_, let key): state.state.scalars.preimageKey = key
    case .post(let claim, _): proof.post = claim
    default: return false
    }
    return true
  }
}
