import FalconetMachine
import FalconetSnapshots
import Keccak

/// Passes pre-images and hints on, and knows which hints a host must get again if a run continues
/// from its current state with another host.
///
/// A host goes by the last hint when it does not have a pre-image. If the program wrote several
/// since the last pre-image that came, all of them count.
final class HintLog: PreimageOracle {
  private var source: any PreimageOracle
  /// The hints so far; saved and restored by those who take the machine back. Long ones lie in
  /// temporary files.
  var hints: [PendingHint] = []
  /// Whether the next hint begins a new list.
  private var isAnswered = false
  /// Bytes of hints that are stored; the last one always is.
  private static let limit = 1 << 20

  init(_ source: any PreimageOracle) { self.source = source }

  func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
    let preimage = try source.preimage(for: key)
    isAnswered = true
    return preimage
  }

  func hint(_ hint: [UInt8]) throws(PreimageError) {
    try source.hint(hint)
    note(PendingHint(hint))
  }

  func longHint(_ hint: LongHint) throws(PreimageError) {
    // First, so that a disk without room for it fails before the host has it.
    var kept = PendingHint()
    for start in stride(from: 0, to: hint.count, by: PendingHint.partSize) {
      let part = try hint.bytes(start..<min(start + PendingHint.partSize, hint.count))
      do throws(HintStorageError) { try kept.append(part) } catch {
        throw PreimageError(.unreadable, message: "\(error)", remedy: HintStorageError.remedy)
      }
    }
    try source.longHint(hint)
    note(kept)
  }

  private func note(_ hint: PendingHint) {
    if isAnswered { hints = [] }
    isAnswered = false
    hints.append(hint)
    while hints.count > 1, hints.reduce(0, { $0 + $1.count }) > Self.limit { hints.removeFirst() }
  }

  var takesHints: Bool { source.takesHints }

  func flush() throws(PreimageError) { try source.flush() }

  /// A machine's state with the hints in front of its unfinished one. The machine that continues from
  /// it sends them before it asks for the first pre-image.
  ///
  /// - Parameter limit: bytes that the state's format can hold: beyond it, the unfinished hint stays
  ///   alone, which belongs to the state.
  func resumable(
    _ state: MachineState, limit: Int = Snapshot.hintLimit
  ) throws(HintStorageError) -> MachineState {
    let size = hints.reduce(state.lastHint.count) { $0 + 4 + $1.count }
    guard !hints.isEmpty, size <= limit else { return state }
    var joined = PendingHint()
    for hint in hints {
      try joined.append((0..<4).map { UInt8(truncatingIfNeeded: hint.count >> (24 - 8 * $0)) })
      try joined.append(hint)
    }
    try joined.append(state.lastHint)
    var state = state
    state.lastHint = joined
    return state
  }
}
