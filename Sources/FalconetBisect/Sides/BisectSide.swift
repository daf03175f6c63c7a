import FalconetForeignVM
import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import Keccak

/// A temporary directory of a comparison.
package typealias WorkDirectory = FalconetForeignVM.WorkDirectory

/// What one run says of its state after so many steps.
package struct SideClaim: Sendable, Equatable {
  /// The state's claim, or why there is no such state.
  package enum Value: Sendable, Equatable {
    case claim(Bytes32)
    /// The claim of a VM whose claims have not 32 bytes.
    case otherClaim([UInt8])
    /// A step before it is illegal.
    case failed(String)
  }

  package var value: Value
  /// Whether the program has ended by then, so that later claims are the same.
  package var isEnd: Bool

  /// The claim of any VM's state.
  package init(bytes: [UInt8], isEnd: Bool) {
    self.init(value: Bytes32(bytes).map { .claim($0) } ?? .otherClaim(bytes), isEnd: isEnd)
  }

  package init(value: Value, isEnd: Bool) {
    self.value = value
    self.isEnd = isEnd
  }

  /// Whether two runs stand the same: with one claim, or both failed.
  func agrees(with other: SideClaim) -> Bool {
    switch (value, other.value) {
    case (.claim(let mine), .claim(let theirs)): mine == theirs
    case (.otherClaim(let mine), .otherClaim(let theirs)): mine == theirs
    case (.failed, .failed): true
    case (.claim, _), (.otherClaim, _), (.failed, _): false
    }
  }
}

/// What one run did in one step.
package struct SideStep {
  /// The proof of the step, if the run gives one.
  package var proof: StepProof?
  /// The state after the step, if the run gives one.
  package var after: MemoryImage?
  /// Why there is no state after the step.
  package var failure: String?
  /// What a VM of which nothing else is known did; nil for others.
  package var foreign: ForeignStep?

  package init(
    proof: StepProof? = nil, after: MemoryImage? = nil, failure: String? = nil,
    foreign: ForeignStep? = nil
  ) {
    self.proof = proof
    self.after = after
    self.failure = failure
    self.foreign = foreign
  }
}

/// What a VM by fpvm.h did in one step.
package struct ForeignStep: Sendable {
  /// What the step does, as the VM says it.
  package var text: String?
  /// The proof of the step, if the VM gives one.
  package var proof: ForeignProofFile?
  /// What the VM says of its own proof: nil if it holds, or if the VM does not verify proofs.
  package var fault: String?
  /// Whether the VM verified the proof.
  package var isVerified = false
}

/// One of two runs that are compared.
///
/// Asked for claims at steps in any order, but at none below the step last kept.
package protocol BisectSide: AnyObject {
  /// What the user calls it.
  var name: String { get }
  /// The version of its states, if it is known.
  var version: StateVersion? { get }
  /// The revision whose rules its steps are executed by, if it is known.
  var revision: Revision? { get }
  /// The first step that it has a claim of.
  var start: UInt64 { get }
  /// The steps that it has claims of, ascending; nil for all.
  var steps: [UInt64]? { get }
  /// Claims asked for.
  var claimCount: Int { get }
  /// Steps executed.
  var executed: UInt64 { get }

  /// The claim of the state after `step` steps.
  func claim(at step: UInt64) throws(BisectError) -> SideClaim
  /// Keeps the state of the last claim, to go on from it.
  func saveState() throws(BisectError)
  /// Executes the step after the state last kept, which is `step`.
  func execute(_ step: UInt64) throws(BisectError) -> SideStep
}

extension BisectSide {
  package var revision: Revision? { nil }
}

/// Why runs can't be compared.
package enum BisectError: Error, Sendable, CustomStringConvertible {
  case interrupted
  /// A run can't be carried on, for a reason that says nothing about it.
  case run(side: String, MachineError)
  /// A file can't be read or written.
  case file(StreamError)
  /// Another program did not do what it was asked for.
  case program(side: String, String)
  /// The two runs have nothing in common to compare.
  case mismatch(String)

  /// What a machine could not do, which may be an interruption while it waited for a host.
  init(_ error: MachineError, of side: String) {
    if case .preimage(let failure, _, _) = error, failure.kind == .interrupted {
      self = .interrupted
    } else {
      self = .run(side: side, error)
    }
  }

  /// What another VM could not do.
  init(_ error: ForeignError, of side: String) {
    self = error.isInterruption ? .interrupted : .program(side: side, "\(error)")
  }

  package init(_ error: StreamError) {
    self = error.kind == .interrupted ? .interrupted : .file(error)
  }

  package var description: String {
    switch self {
    case .interrupted: "command interrupted"
    case .run(let side, let error): "\(side): \(error)"
    case .file(let error): error.description
    case .program(let side, let text): "\(side): \(text)"
    case .mismatch(let text): text
    }
  }
}
