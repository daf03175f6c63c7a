import FalconetMachine
import Keccak

extension TraceCore {
  /// Executes steps. If a claim that they lead to contradicts a known one, and one of the two was adopted or
  /// depends on what was, everything that was adopted and not confirmed is discarded, and the steps are
  /// executed once more.
  func executing<Answer>(
    _ body: () throws(TraceError) -> Answer
  ) throws(TraceError) -> Answer {
    do throws(TraceError) { return try body() } catch {
      guard case .contradiction(let index, let known, let computed) = error,
        runner.isAdopted || claims.isAdopted(index)
      else { throw error }
      try discardAdopted(index, known, computed)
    }
    // Nothing adopted is left: what contradicts now was computed from the prestate.
    return try body()
  }

  /// Discards the adopted claims, moves their files to quarantine, and reports the step that shows that they
  /// are wrong. They are taken to be of one trace, so none of them is believed any more.
  private func discardAdopted(
    _ index: UInt64, _ known: Bytes32, _ computed: Bytes32
  ) throws(TraceError) {
    let adopted = claims.adopted
    let reason =
      claims.isAdopted(index)
      ? "the claim at index \(index) was adopted as \(known), but computed as \(computed)"
      : "the claim at index \(index) is \(known), but an adopted state leads to \(computed)"
    try snapshots.makeRoom(for: 4 * UInt64(ClaimRecord.size))
    try claims.discardAdopted()
    directory.report(
      TraceIncident(
        path: directory.claims.fileName,
        reason: "\(reason): \(adopted.count) adopted claims were discarded", movedTo: ""))
    try answers.quarantine(adopted, reason)
    snapshots.quarantine(after: adopted, reason)
    if runner.isAdopted { runner.forget() }
  }
}
