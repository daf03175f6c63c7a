import Falconet

/// Passes pre-images and hints on, and knows which hints a host must get again if a run goes on
/// from its current state with another host.
///
/// A host goes by the last hint when it does not have a pre-image. If the program wrote several
/// since the last pre-image that came, all of them count.
final class HintLog: PreimageOracle {
  private var source: any PreimageOracle
  /// The hints so far; kept and put back by those who take the machine back.
  var hints: [[UInt8]] = []
  /// Whether the next hint begins a new list.
  private var isAnswered = false
  /// Bytes of hints that are remembered; the last one always is.
  private static let limit = 1 << 20

  init(_ source: any PreimageOracle) { self.source = source }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let preimage = try source.preimage(for: key)
    isAnswered = true
    return preimage
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    try source.hint(hint)
    if isAnswered { hints = [] }
    isAnswered = false
    hints.append(hint)
    while hints.count > 1, hints.reduce(0, { $0 + $1.count }) > Self.limit { hints.removeFirst() }
  }

  /// Too long to be remembered: a run that goes on from here does without it.
  func longHint(_ hint: LongHint) throws(PreimageError) {
    try source.longHint(hint)
    hints = []
    isAnswered = false
  }

  var takesHints: Bool { source.takesHints }

  /// A machine's state with the hints in front of its unfinished one. The machine that goes on from
  /// it sends them before it asks for the first pre-image.
  func resumable(_ state: MachineState) -> MachineState {
    var state = state
    let frames = hints.flatMap { hint in
      (0..<4).map { UInt8(truncatingIfNeeded: hint.count >> (24 - 8 * $0)) } + hint
    }
    // Without room for both, the unfinished hint, which belongs to the state, is what stays.
    if let hint = try? state.lastHint.following(frames) { state.lastHint = hint }
    return state
  }
}
