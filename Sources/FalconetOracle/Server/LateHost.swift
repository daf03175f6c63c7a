import FalconetMachine
import Keccak

/// A host that is started at its first request for a pre-image, and then gets the hints that the program wrote
/// before it. From then on, or if somebody else starts it, it gets each hint as it is written.
final class LateHost: PreimageOracle {
  private let host: PreimageHost
  private var held = HeldHints(.all)

  init(_ host: PreimageHost) { self.host = host }

  var takesHints: Bool { true }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    try sendHeld()
    return try host.preimage(for: key)
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    held.add(hint)
    if host.isStarted || held.isFull { try sendHeld() }
  }

  func longHint(_ hint: LongHint) throws(PreimageError) {
    try sendHeld()
    try host.longHint(hint)
  }

  private func sendHeld() throws(PreimageError) {
    for hint in held.take() { try host.hint(hint) }
  }
}
