import FalconetForeignVM
import FalconetMachine
import FalconetProofs
import FalconetStreams
import Keccak

/// Why a trace provider could not answer. What it answered before stays; the same question can be
/// asked again once the cause is gone, of the same provider too.
package enum TraceError: Error, Sendable, CustomStringConvertible {
  /// The program could not be executed: it did something illegal, or a pre-image is missing.
  case machine(MachineError)
  /// Another VM could not execute the program, or do something else that it was asked for.
  case vm(ForeignError)
  /// The pre-image source could not be opened.
  case source(PreimageError)
  /// A file of the directory, or the prestate, could not be read or written.
  case file(StreamError)
  /// Another process has the directory.
  case locked(path: String)
  /// The directory is of another trace, or of another revision: which each of them is.
  case otherTrace(path: String, expected: String, found: String)
  /// The source has other inputs than the directory's claims depend on.
  ///
  /// - Parameters:
  ///   - key: the key of the local pre-image, of which it has another value, or none.
  ///   - isMissing: whether it has none.
  case otherInputs(path: String, key: Bytes32, isMissing: Bool)
  /// What was adopted into the directory was bound to another source, and it is not known which inputs
  /// it depends on.
  case otherSource(path: String)
  /// The directory is of another VM's trace, and was made with another source of pre-images.
  case otherPreimages(path: String)
  /// The directory is no trace's, and holds something else.
  case notTrace(path: String)
  /// The state version has no such revision, or the prestate records one that is not known.
  case revision(RevisionError)
  /// The prestate has exited: its trace has no step.
  case exitedPrestate(step: UInt64)
  /// The index lies before the prestate, which `step` steps led to.
  case beforePrestate(index: UInt64, step: UInt64)
  /// The prestate is not the one that the provider was opened with.
  case prestateChanged(expected: Bytes32, found: Bytes32)
  /// The claim at an index is computed to be another than the one that is known.
  case contradiction(index: UInt64, known: Bytes32, computed: Bytes32)
  /// More bytes than the budget of the directory allows, after everything was discarded that can be.
  case budget(path: String, budget: UInt64, needed: UInt64)
  /// A proof is not what a second execution by plain steps gives.
  case unconfirmed(ConfirmationFailure)
  /// The provider was told to delete all.
  case deleted(path: String)
  /// The caller asked to stop.
  case interrupted

  package var description: String {
    switch self {
    case .machine(let error): "\(error)"
    case .vm(let error): "\(error)"
    case .source(let error): "\(error)"
    case .file(let error): "\(error)"
    case .locked(let path):
      "\(path): another process has this trace open: wait for it, or use another directory"
    case .otherTrace(let path, let expected, let found):
      "\(path): the directory is of \(expected), not of \(found): use another directory, or delete"
        + " this one"
    case .otherInputs(let path, let key, let isMissing):
      "\(path): \(TraceInputs.name(key)) "
        + (isMissing
          ? "is not available from the source, and the directory's claims depend on it"
          : "has another value than the directory records: its claims are of other inputs")
        + ": use the inputs of this trace, or a directory for each game"
    case .otherSource(let path):
      "\(path): files were adopted whose inputs are not known, and which belong to another source of"
        + " pre-images: use that source, or a directory for each game"
    case .otherPreimages(let path):
      "\(path): the directory's claims are of another source of pre-images: use that source, or a"
        + " directory for each"
    case .notTrace(let path):
      "\(path): the directory is not empty, and not of a trace: use another one"
    case .revision(let error): "\(error)"
    case .exitedPrestate(let step):
      "the prestate has exited at step \(step), so its trace has no steps: use an earlier"
        + " state"
    case .beforePrestate(let index, let step):
      "index \(index) lies before the prestate, which is the state after \(step) steps: ask for"
        + " a later index, or use an earlier prestate"
    case .prestateChanged(let expected, let found):
      "the prestate has the claim \(found), but had \(expected) when the trace was opened: restore the"
        + " file"
    case .contradiction(let index, let known, let computed):
      "the claim at index \(index) is cached as \(known), but computed as \(computed): the"
        + " source gives other pre-images than before; delete the directory"
    case .budget(let path, let budget, 0):
      "\(path): the claims, and what names the trace, take more than the disk budget of \(budget) bytes:"
        + " raise it"
    case .budget(let path, let budget, let needed):
      "\(path): the disk budget of \(budget) bytes has no room for \(needed) more: raise it"
    case .unconfirmed(let failure): failure.description
    case .deleted(let path): "\(path): the trace was deleted: reopen it"
    case .interrupted: "interrupted"
    }
  }
}

/// A corrupt or foreign file, and what became of it; or one that there was no room for and that can be
/// recomputed.
package struct TraceIncident: Sendable, Equatable {
  /// The file's path.
  package let path: String
  /// What is wrong with it.
  package let reason: String
  /// Where it is now; empty if it was not moved.
  package let movedTo: String
}
