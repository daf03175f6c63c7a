/// How far a comparison has come.
struct BisectProgress {
  private var count = 0
  private var same: UInt64?
  private var different: UInt64?

  /// Notes that claims at a step were compared.
  mutating func note(_ step: UInt64, _ isSame: Bool) {
    count += 1
    if isSame { same = step } else { different = step }
  }

  var text: String {
    "compared \(count) claims" + (same.map { ": the same at step \($0.grouped)" } ?? "")
      + (different.map { ", different at step \($0.grouped)" } ?? "")
  }
}
