import FalconetMachine
import FalconetStreams
import Keccak

/// A step's proof, as it stands in a proof file.
package struct StepProof: Sendable, Equatable {
  /// Steps executed before the one that is proved. Left out, as is ``pre``, when a challenger
  /// shows that a program has exited.
  package var step: UInt64?
  /// The claim before the step.
  package var pre: Bytes32?
  /// The claim after the step.
  package var post: Bytes32
  /// The witness before the step.
  package var stateData: [UInt8]
  /// The thread's witness and the memory proofs; empty when a challenger shows that a program has
  /// exited.
  package var proofData: [UInt8]
  /// The key of the pre-image that the step reads; nil if it reads none.
  package var oracleKey: Bytes32?
  /// The whole pre-image with its length in 8 bytes, big-endian, in front; empty if none is
  /// read.
  package var oracleValue: [UInt8] = []
  /// Where the part that is read starts, counted from the length prefix.
  package var oracleOffset: UInt64 = 0
  /// The state version; nil if the file does not tell, as Cannon's don't.
  package var version: StateVersion?

  package init(post: Bytes32, stateData: [UInt8], proofData: [UInt8]) {
    self.post = post
    self.stateData = stateData
    self.proofData = proofData
  }

  /// The proof of a step that a machine executed.
  package init(_ witness: StepWitness) {
    self.init(post: witness.post, stateData: witness.stateData, proofData: witness.proofData)
    step = witness.step
    pre = witness.pre
    oracleKey = witness.preimage?.key
    oracleValue = witness.preimage?.value ?? []
    oracleOffset = witness.preimage?.offset ?? 0
  }

  /// What a contract executes the step from.
  package var input: StatelessStep.Input {
    StatelessStep.Input(
      stateData: stateData, proofData: proofData,
      preimage: oracleKey.map {
        PreimageRead(key: $0, offset: oracleOffset, value: oracleValue)
      })
  }
}
