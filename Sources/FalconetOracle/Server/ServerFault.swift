import FalconetMachine
import FalconetSystem
import Keccak
import SystemPackage

/// What can go wrong between a request and its answer.
enum ServerFault: Error {
  /// Nothing moved for this long.
  case stalled(Duration)
  case interrupted
  /// The server ended, before or in the middle of an answer.
  case ended(ExitStatus)
  /// The server runs, and has closed its side.
  case closed
  /// The server announced a pre-image of so many bytes.
  case oversized(UInt64)
  case failed(Errno)

  /// The error that the machine gets.
  ///
  /// - Parameter progress: how far the answer had come: the end of a sentence.
  func described(key: Bytes32?, lastHint: [UInt8]?, progress: String) -> PreimageError {
    let (kind, message, remedy): (PreimageError.Kind, String, String?) =
      switch self {
      case .stalled(let time):
        (
          .stalled, "the pre-image server did nothing for \(Self.seconds(time)), \(progress)",
          "look at its log to see what it waits for, or allow more time"
        )
      case .interrupted:
        (.interrupted, "interrupted while waiting for the pre-image server", nil)
      case .ended(let status):
        (
          .disconnected, "the pre-image server \(status) \(progress)",
          "look at its log and its arguments"
        )
      case .closed:
        (
          .disconnected, "the pre-image server runs but closed its channel \(progress)",
          "check that the command is a pre-image server, and look at its log"
        )
      case .oversized(let size):
        (
          .wrong,
          "the pre-image server announced a pre-image of \(size) bytes, more than the limit of "
            + "\(PreimageKey.maximumPreimageSize)",
          "check that the command is a pre-image server"
        )
      case .failed(let errno):
        (.disconnected, "the pre-image server cannot be reached, \(progress): \(errno)", nil)
      }
    return PreimageError(kind, key: key, lastHint: lastHint, message: message, remedy: remedy)
  }

  /// `time` in words: whole seconds without a fraction.
  private static func seconds(_ time: Duration) -> String {
    let (seconds, attoseconds) = time.components
    if attoseconds == 0 { return seconds == 1 ? "1 second" : "\(seconds) seconds" }
    return "\(Double(seconds) + Double(attoseconds) / 1e18) seconds"
  }
}
