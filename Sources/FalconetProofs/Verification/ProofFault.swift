import FalconetMachine
import Keccak

/// Why a proof does not hold.
package enum ProofFault: Error, Sendable, Equatable {
  /// No state version has data of these sizes, in bytes.
  case unknownSizes(stateData: Int, proofData: Int)
  /// None of the revisions that were asked for is one of these versions, whose data has the proof's
  /// sizes.
  case noRevision(versions: [StateVersion])
  /// A field that only the proof of an exited state may leave out is not there.
  case missing(field: String)
  /// `pre` is not the claim of the state.
  case pre(expected: Bytes32, given: Bytes32)
  /// `step` is not the state's.
  case step(expected: UInt64, given: UInt64)
  /// The data is not what the step needs: a contract would revert.
  case witness(WitnessFault)
  /// No state follows: a contract would revert.
  case panic(Panic)
  /// The pre-image is not that of its key.
  case preimage(key: Bytes32, actual: Bytes32)
  /// No contract function loads such a pre-image.
  case unloadablePreimage(key: Bytes32, reason: String)
  /// `post` is not the claim of the state after the step.
  case post(expected: Bytes32, given: Bytes32)
  /// The step could not be executed for a reason that is none of the proof's.
  case other(String)

  init(_ error: StepError) {
    switch error {
    case .panic(let panic): self = .panic(panic)
    case .witness(let fault): self = .witness(fault)
    case .preimage(let error): self = .other(error.description)
    case .memory(let error): self = .other("\(error)")
    }
  }

  /// A word for the reason, for programs.
  package var reason: String {
    switch self {
    case .unknownSizes, .witness(.stateDataSize), .witness(.proofDataSize): "size"
    case .noRevision: "revision"
    case .missing: "missing-field"
    case .pre: "pre"
    case .step: "step"
    case .witness(.boolean): "state"
    case .witness(.stackRoot): "thread"
    case .witness(.memoryRoot(.instruction, _, _, _)): "instruction-proof"
    case .witness(.memoryRoot(.first, _, _, _)): "memory-proof-1"
    case .witness(.memoryRoot(.second, _, _, _)): "memory-proof-2"
    case .witness(.noPreimage), .witness(.preimageKey): "oracle-key"
    case .witness(.preimageOffset): "oracle-offset"
    case .witness(.preimageLength), .preimage, .unloadablePreimage: "oracle-value"
    case .panic: "panic"
    case .post: "post"
    case .other: "other"
    }
  }
}

extension ProofFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownSizes(let state, let proof):
      "no state version has state-data of \(state) bytes and proof-data of \(proof)"
    case .noRevision(let versions):
      "the revision belongs to no state version that the proof fits: it fits "
        + versions.map { "\($0.rawValue)" }.joined(separator: ", ")
    case .missing(let field):
      "\"\(field)\" is missing; only the proof of an exited state may omit it"
    case .pre(let expected, let given):
      "pre is \(given), the claim of state-data is \(expected)"
    case .step(let expected, let given):
      "step is \(given), the state is the one at step \(expected)"
    case .witness(let fault): fault.description
    case .panic(let panic): "no state follows: \(panic.message)"
    case .preimage(let key, let actual):
      "oracle-value is not the pre-image of \(key) but of \(actual)"
    case .unloadablePreimage(let key, let reason):
      "no contract can load the pre-image of \(key): \(reason)"
    case .post(let expected, let given):
      "post is \(given), the claim after the step is \(expected)"
    case .other(let text): text
    }
  }
}
