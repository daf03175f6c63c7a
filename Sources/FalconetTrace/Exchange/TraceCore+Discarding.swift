import FalconetMachine
import Keccak

extension TraceCore {
  /// Throws if the source's inputs are not those that the claims depend on. Adopted files that depend on
  /// others are discarded.
  func checkInputs() throws(TraceError) {
    try executing { () throws(TraceError) in try inputs.check() }
  }

  /// Executes steps. If a claim that they lead to contradicts a known one, and one of the two was adopted or
  /// depends on what was, or if the source has another input than an adopted file says, everything that was
  /// adopted and not confirmed is discarded, and the steps are executed once more.
  func executing<Answer>(
    _ body: () throws(TraceError) -> Answer
  ) throws(TraceError) -> Answer {
    do throws(TraceError) { return try body() } catch {
      guard let reason = reasonToDiscardAdopted(error) else { throw error }
      try discardAdopted(reason)
    }
    // Nothing adopted is left: what contradicts now was computed from the prestate.
    return try body()
  }

  /// What shows that something adopted is wrong; nil if an error does not.
  private func reasonToDiscardAdopted(_ error: TraceError) -> String? {
    switch error {
    case .contradiction(let index, let known, let computed) where claims.isAdopted(index):
      "the claim at index \(index) was adopted as \(known), but computed as \(computed)"
    case .contradiction(let index, let known, let computed) where runner.isAdopted:
      "the claim at index \(index) is \(known), but an adopted state leads to \(computed)"
    case .otherInputs(_, let key, isMissing: false) where claims.isAdopted(input: key):
      "an adopted proof reads another value of \(TraceInputs.name(key)) than the source has"
    // Other errors say nothing of what was adopted.
    default: nil
    }
  }

  /// Discards the adopted claims, moves their files to quarantine, and reports what shows that they are
  /// wrong. They are taken to be of one trace, so none of them is believed any more.
  private func discardAdopted(_ reason: String) throws(TraceError) {
    let adopted = claims.adopted
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
