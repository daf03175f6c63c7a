import FalconetMachine
import FalconetStreams
import Keccak

/// A step's proof, as it stands in a proof file.
public struct StepProof: Sendable, Equatable {
  /// Steps executed before the one that is proved. Left out, as is ``pre``, where a challenger shows
  /// that a program has exited.
  public var step: UInt64?
  /// The claim before the step.
  public var pre: Bytes32?
  /// The claim after the step.
  public var post: Bytes32
  /// The witness before the step.
  public var stateData: [UInt8]
  /// The thread's witness and the memory proofs; empty where a challenger shows that a program has
  /// exited.
  public var proofData: [UInt8]
  /// The key of the pre-image that the step reads; nil where it reads none.
  public var oracleKey: Bytes32?
  /// The whole pre-image with its length in 8 bytes, big-endian, in front; empty where none is read.
  public var oracleValue: [UInt8] = []
  /// Where the part that is read starts, counted from the length prefix.
  public var oracleOffset: UInt64 = 0
  /// The state version; nil where the file does not tell, as Cannon's don't.
  public var version: StateVersion?

  public init(post: Bytes32, stateData: [UInt8], proofData: [UInt8]) {
    self.post = post
    self.stateData = stateData
    self.proofData = proofData
  }

  /// The proof of a step that a machine executed.
  public init(_ witness: StepWitness) {
    self.init(post: witness.post, stateData: witness.stateData, proofData: witness.proofData)
    step = witness.step
    pre = witness.pre
    oracleKey = witness.preimage?.key
    oracleValue = witness.preimage?.value ?? []
    oracleOffset = witness.preimage?.offset ?? 0
  }

  /// What a contract executes the step from.
  public var input: WitnessStep.Input {
    WitnessStep.Input(
      stateData: stateData, proofData: proofData,
      preimage: oracleKey.map {
        PreimageRead(key: $0, offset: oracleOffset, value: oracleValue)
      })
  }
}
