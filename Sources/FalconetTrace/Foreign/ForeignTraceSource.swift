import FalconetForeignVM
import FalconetStreams
import Keccak

/// What a trace of another VM is computed from.
package struct ForeignTraceSource {
  /// Opens the run at the prestate: when a trace is opened, and if the run must go back to it. What it
  /// keeps in files lies in the directory that is given.
  package var open: (WorkDirectory) throws(ForeignError) -> any ForeignRun
  /// What verifies proofs that are read from files; nil if nothing does.
  package var verifier: ForeignLibrary?
  /// What errors and the directory call the VM, the same each time.
  package var name: String
  /// The VM's name in proofs; nil for a VM that has none.
  package var vm: String?
  /// What the pre-images are of: a text that changes whenever other values could be given for a key. Nil if
  /// no pre-images are given.
  package var identity: [UInt8]?
  /// The last hint that the program wrote, which a host may have to get once more; nil if the VM's hints are
  /// not seen.
  package var hints: ForeignHints?

  package init(
    name: String, vm: String?, identity: [UInt8]?, verifier: ForeignLibrary? = nil,
    hints: ForeignHints? = nil,
    open: @escaping (WorkDirectory) throws(ForeignError) -> any ForeignRun
  ) {
    self.name = name
    self.vm = vm
    self.identity = identity
    self.verifier = verifier
    self.hints = hints
    self.open = open
  }
}

/// The last hint of a run.
///
/// A host may fetch a pre-image only when it is asked for, and then goes by the last hint, which may lie
/// before a state that the run goes on from.
package final class ForeignHints {
  /// The last hint that the program wrote.
  package private(set) var last: [UInt8]?
  private var isDue = false

  package init() {}

  /// The host got a hint.
  package func note(_ hint: [UInt8]) { (last, isDue) = (hint, false) }

  /// The hint that the host must get before it is asked for a pre-image, once; nil if there is none.
  package func takeDue() -> [UInt8]? {
    defer { isDue = false }
    return isDue ? last : nil
  }

  /// The run went to another state.
  func goBack(to hint: [UInt8]?) { (last, isDue) = (hint, hint != nil) }
}

/// The claim at an index of a trace of another VM.
package struct ForeignTraceClaim: Sendable, Equatable {
  package let index: UInt64
  package let claim: [UInt8]
  /// Whether the trace ends before the index.
  package let isPastEnd: Bool
}

/// The proof of a step of such a trace.
package struct ForeignTraceStep: Sendable, Equatable {
  /// The index that the proof is of: the last one of the trace if one past its end was asked for.
  package let index: UInt64
  /// Past the end, the claim of the state that has exited before and after it, and no fields.
  package let proof: ForeignProofFile
  package let isPastEnd: Bool
}

/// The end of such a trace.
package struct ForeignTraceEnd: Sendable, Equatable {
  /// The index of the last step.
  package let index: UInt64
  package let claim: [UInt8]
  package let witness: [UInt8]
  /// Nil if the VM does not say.
  package let exitCode: UInt64?
}

/// What the directory of such a trace has.
package struct ForeignTraceStatus: Sendable, Equatable {
  /// The index of the last step, if it is known.
  package let lastStep: UInt64?
  /// Claims that are known.
  package let claimCount: Int
  /// The steps of the states in the directory.
  package let snapshots: [UInt64]
  /// Bytes that the directory takes, and that it may take.
  package let size: UInt64
  package let budget: UInt64
}
