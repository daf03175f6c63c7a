import FalconetMachine
import FalconetStreams
import Keccak

/// Why a trace provider could not answer. What it answered before stays; the same question can be
/// asked again once the cause is gone.
public enum TraceError: Error, Sendable, CustomStringConvertible {
  /// The program could not be executed: it did something illegal, or a pre-image is missing.
  case machine(MachineError)
  /// The pre-image source could not be had.
  case source(PreimageError)
  /// A file of the folder, or the prestate, could not be read or written.
  case file(StreamError)
  /// Another process has the folder.
  case locked(path: String)
  /// The folder is of another trace: claims of prestates, and state versions.
  case otherTrace(
    path: String, expected: Bytes32, UInt8, found: Bytes32, UInt8)
  /// The caller asked to stop.
  case interrupted

  public var description: String {
    switch self {
    case .machine(let error): "\(error)"
    case .source(let error): "\(error)"
    case .file(let error): "\(error)"
    case .locked(let path):
      "\(path): another process works on this trace: wait for it, or give another folder"
    case .otherTrace(let path, let expected, let expectedVersion, let found, let version):
      "\(path): the folder is of the prestate \(expected) of state version \(expectedVersion), not"
        + " of \(found) of version \(version): give another folder, or delete this one"
    case .interrupted: "interrupted"
    }
  }
}

/// A file that was found wrong, and what became of it.
public struct TraceIncident: Sendable, Equatable {
  /// The file's path inside the folder.
  public let path: String
  /// What is wrong with it.
  public let reason: String
  /// Where it was put.
  public let movedTo: String
}
