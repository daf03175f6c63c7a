import FalconetMachine
import FalconetOracle
import Keccak

/// The calls that have a contract execute a step: if the step reads a pre-image, one that loads
/// the part that it reads into the oracle contract, then `step` of the MIPS contract.
///
/// ```swift
/// let calls = try StepCalls(proof, StepCalls.Context(store: try DirectoryOracle(path: "datadir")))
/// print(Hex.encode(calls.step.data, prefix: true))
/// ```
package struct StepCalls: Sendable {
  /// What the calls need that a proof does not have.
  package struct Context {
    /// What keys of local inputs are made particular to a dispute with; the game computes it.
    package var localContext = Bytes32()
    /// The dispute game: the caller of both contracts, which makes keys of local inputs particular
    /// to itself.
    package var caller: EthereumAddress?
    /// The KZG proof of a blob's field element: 48 bytes.
    package var kzgProof: [UInt8]?
    /// Where a host stored what keys of blobs and precompiles are hashes of.
    package var store: (any PreimageOracle)?

    package init(
      localContext: Bytes32 = Bytes32(), caller: EthereumAddress? = nil, kzgProof: [UInt8]? = nil,
      store: (any PreimageOracle)? = nil
    ) {
      self.localContext = localContext
      self.caller = caller
      self.kzgProof = kzgProof
      self.store = store
    }
  }

  /// `step` of the MIPS contract, to be called by the dispute game.
  package let step: ContractCall
  /// Loads the part of the pre-image that the step reads; nil if it reads none.
  package let load: ContractCall?
  /// Asks the oracle contract for that part, to see whether it is loaded; nil too for a local input
  /// whose game is not known.
  package let read: ContractCall?
  /// The key that the oracle contract knows the pre-image by.
  package let key: Bytes32?

  /// The calls for a proof, which is not verified.
  ///
  /// - Throws: ``CalldataError`` if something is missing that the calls need.
  package init(_ proof: StepProof, _ context: Context = Context()) throws(CalldataError) {
    step = ContractCall(
      "step",
      [
        .init("stateData", "bytes", .bytes(proof.stateData)),
        .init("proof", "bytes", .bytes(proof.proofData)),
        .init("localContext", "bytes32", .word(context.localContext)),
      ])
    guard let key = proof.oracleKey else {
      (load, read, self.key) = (nil, nil, nil)
      return
    }
    guard proof.oracleValue.count >= 8 else { throw .noLength(key) }
    let part = PreimagePart(
      key: key, data: Array(proof.oracleValue.dropFirst(8)), offset: proof.oracleOffset,
      context: context)
    load = try part.call()
    let onChain = part.localizedKey
    self.key = onChain
    read = onChain.map { key in
      ContractCall(
        "readPreimage",
        [
          .init("key", "bytes32", .word(key)),
          .init("offset", "uint256", .number(proof.oracleOffset)),
        ])
    }
  }
}
