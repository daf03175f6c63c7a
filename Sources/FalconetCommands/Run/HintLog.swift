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
  /// The hints so far; saved and restored by those who take the machine back.
  var recent = RecentHints()
  /// Whether the next hint begins a new list.
  private var isAnswered = false

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
    if isAnswered { recent = RecentHints() }
    isAnswered = false
    recent.append(hint)
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
    guard !recent.hints.isEmpty, state.lastHint.count + recent.size <= limit else { return state }
    var joined = PendingHint()
    for hint in recent.hints {
      try joined.append((0..<4).map { UInt8(truncatingIfNeeded: hint.count >> (24 - 8 * $0)) })
      try joined.append(hint)
    }
    try joined.append(state.lastHint)
    var state = state
    state.lastHint = joined
    return state
  }
}

/// The last hints of a run, in order.
struct RecentHints {
  /// Bytes that are stored at most; the last hint always is.
  private static let limit = 1 << 20

  /// Long ones lie in temporary files.
  private(set) var hints: [PendingHint] = []
  /// Bytes of all, each with its length in four bytes.
  private(set) var size = 0

  /// Adds the newest, and drops the oldest if they become too many. On average that takes time in
  /// proportion to the hint: whenever some are dropped, half of the room is free after it.
  mutating func append(_ hint: PendingHint) {
    hints.append(hint)
    size += Self.size(of: hint)
    guard size > Self.limit else { return }
    var dropped = 0
    while dropped < hints.count - 1, size > Self.limit / 2 {
      size -= Self.size(of: hints[dropped])
      dropped += 1
    }
    hints.removeFirst(dropped)
  }

  private static func size(of hint: PendingHint) -> Int { 4 + hint.count }
}
