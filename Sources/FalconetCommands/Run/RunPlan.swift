import Falconet

/// What a run does, and when.
struct RunPlan {
  var info: StepPatterns
  var proofs: StepPatterns
  var proofName: FileNameFormat
  var snapshots: StepPatterns
  var snapshotName: FileNameFormat
  var stop: StepPatterns
  var preimageStop: PreimageStop?
  /// Where the last state goes; empty for nowhere.
  var output: String
  /// Where the statistics go; empty for nowhere.
  var debugInfo: String
  var tracesThreads: Bool

  /// The first step after `step` at which something is to happen.
  func nextEvent(after step: UInt64) -> UInt64 {
    [info, proofs, snapshots, stop].compactMap { $0.next(after: step) }.min() ?? .max
  }

  /// The step at which the run stops, where one is known from `step` on.
  func knownStop(from step: UInt64) -> UInt64? {
    stop.matches(step) ? step : stop.next(after: step)
  }

  /// Where the state before a guest's illegal act goes: `out.failed.bin.gz` for `out.bin.gz`.
  static func failedOutput(for output: String) -> String? {
    let extensions = [".bin.gz", ".bin"]
    guard let suffix = extensions.first(where: output.hasSuffix) else { return nil }
    return output.dropLast(suffix.count) + ".failed" + suffix
  }
}
