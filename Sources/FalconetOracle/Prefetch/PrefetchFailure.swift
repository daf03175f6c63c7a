import FalconetMachine
import Keccak

/// Why hosts of a plan were ended, or failed.
package enum PrefetchFailure: Error, Sendable, CustomStringConvertible {
  case host(PreimageError)
  /// A host gave what is not its key's.
  case lie(key: Bytes32)
  /// A second host with the same command ended before it answered.
  case refused(PreimageError)

  package var description: String {
    switch self {
    case .host(let error): "a host that fetches ahead failed: \(error)"
    case .lie(let key):
      "a host that fetches ahead gave a wrong pre-image, and is not asked any more (key \(key))"
    case .refused(let error):
      "a second host with the same command ends at its start (\(error)): hosts that lock their "
        + "data need one each: write {n} in the command, which becomes the host's number"
    }
  }
}
