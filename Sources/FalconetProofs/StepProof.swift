import FalconetMachine
import FalconetStreams
import Keccak

/// A step's proof, as it stands in a proof file.
public struct StepProof: Sendable, Equatable {
  /// Steps executed before the one that is proved.
  public var step: UInt64
  /// The claim before the step.
  public var pre: Bytes32
  /// The claim after the step.
  public var post: Bytes32
  /// The witness before the step.
  public var stateData: [UInt8]
  /// The thread's witness and the memory proofs.
  public var proofData: [UInt8]
  /// The key of the pre-image that the step reads; nil where it reads none.
  public var oracleKey: Bytes32?
  /// The whole pre-image with its length in 8 bytes, big-endian, in front; empty where none is read.
  public var oracleValue: [UInt8]
  /// Where the part that is read starts, counted from the length prefix.
  public var oracleOffset: UInt64

  /// The proof of a step that a machine executed.
  public init(_ witness: StepWitness) {
    step = witness.step
    pre = witness.pre
    post = witness.post
    stateData = witness.stateData
    proofData = witness.proofData
    oracleKey = witness.preimage?.key
    oracleValue = witness.preimage?.value ?? []
    oracleOffset = witness.preimage?.offset ?? 0
  }
}
