import FalconetMachine

/// Finds the first step at which two runs differ.
///
/// Claims are compared at 1, 2, 4, 8, … steps from the start on until they differ, then in the
/// middle of what is left, again and again. That takes at most 2·log2(n) + 3 claims a side, where n
/// is the number of steps up to twice the one that is looked for, but not past the end of the
/// program. The last state that both share is saved, so each side executes at most n steps for the
/// first part and n/2 for the second: three times n together.
///
/// A difference that is gone again at every step that is looked at is not found: a wrong value that
/// nothing used before it was overwritten. A dispute would not find it either.
package struct Bisection {
  /// How two runs compare.
  package enum Outcome: Sendable, Equatable {
    /// They are the same as far as they were compared; up to their end, if they have ended by
    /// then.
    case same(until: UInt64, ended: Bool)
    /// They differ from the first state on.
    case differsAtStart(SideClaim, SideClaim)
    /// They have the same claim at `last`, and other ones at `first`: the step after `last` steps,
    /// unless claims of the steps between are not available.
    case differs(last: UInt64, first: UInt64, SideClaim, SideClaim)
  }

  private let a: any BisectSide
  private let b: any BisectSide
  private let steps: [UInt64]?
  /// Called for each step at which claims are compared, with whether they were the same.
  package var onComparison: (UInt64, Bool) -> Void = { _, _ in }

  /// - Throws: ``BisectError/mismatch(_:)`` if the runs begin at different steps, are of
  ///   different versions, or have no steps in common.
  package init(_ a: any BisectSide, _ b: any BisectSide) throws(BisectError) {
    self.a = a
    self.b = b
    if let mine = a.version, let other = b.version, mine != other {
      throw .mismatch(
        "\(a.name) is of state version \(mine.rawValue), \(b.name) of \(other.rawValue)")
    }
    switch (a.steps, b.steps) {
    case (let mine?, let other?): steps = Set(mine).intersection(other).sorted()
    case (let list?, nil): steps = list.filter { $0 >= b.start }
    case (nil, let list?): steps = list.filter { $0 >= a.start }
    case (nil, nil):
      steps = nil
      guard a.start == b.start else {
        throw .mismatch(
          "\(a.name) starts at step \(a.start), \(b.name) at \(b.start): both must start at the same step"
        )
      }
    }
    if let steps, steps.isEmpty {
      throw .mismatch("\(a.name) and \(b.name) have no step in common to compare")
    }
  }

  /// Compares the runs.
  ///
  /// - Parameter limit: the last step that is compared.
  package func find(until limit: UInt64 = .max) throws(BisectError) -> Outcome {
    let start = steps?.first ?? a.start
    var claims = try compare(start)
    guard claims.a.agrees(with: claims.b) else {
      return .differsAtStart(claims.a, claims.b)
    }
    try saveState()
    var last = start
    var distance: UInt64 = 1
    while claims.a.agrees(with: claims.b) {
      let (target, overflow) = start.addingReportingOverflow(distance)
      guard !(claims.a.isEnd && claims.b.isEnd), last < limit,
        // Steps of a list may lie further apart than the distance.
        let step = step(atOrAfter: max(overflow ? .max : target, last + 1), upTo: limit),
        step > last
      else { return .same(until: last, ended: claims.a.isEnd && claims.b.isEnd) }
      claims = try compare(step)
      guard claims.a.agrees(with: claims.b) else {
        return try search(last, step, claims)
      }
      try saveState()
      last = step
      distance = distance > .max / 2 ? .max : distance * 2
    }
    return .same(until: last, ended: false)
  }

  /// Looks between a step at which the runs are the same, which is kept, and one at which they
  /// differ.
  private func search(
    _ last: UInt64, _ first: UInt64, _ claims: (a: SideClaim, b: SideClaim)
  ) throws(BisectError) -> Outcome {
    var (last, first, found) = (last, first, claims)
    while let middle = step(between: last, first) {
      let claims = try compare(middle)
      if claims.a.agrees(with: claims.b) {
        try saveState()
        last = middle
      } else {
        (first, found) = (middle, claims)
      }
    }
    return .differs(last: last, first: first, found.a, found.b)
  }

  private func compare(_ step: UInt64) throws(BisectError) -> (a: SideClaim, b: SideClaim) {
    let claims = (a: try a.claim(at: step), b: try b.claim(at: step))
    onComparison(step, claims.a.agrees(with: claims.b))
    return claims
  }

  private func saveState() throws(BisectError) {
    try a.saveState()
    try b.saveState()
  }

  /// The first step from one on that has claims; the last that has up to a limit, if that one is
  /// past it.
  private func step(atOrAfter step: UInt64, upTo limit: UInt64) -> UInt64? {
    guard let steps else { return min(step, limit) }
    let left = steps.filter { $0 <= limit }
    guard let last = left.last else { return nil }
    return left.first { $0 >= step } ?? last
  }

  /// The step in the middle of two others that has claims; nil if there is none between.
  private func step(between low: UInt64, _ high: UInt64) -> UInt64? {
    guard let steps else { return high - low > 1 ? low + (high - low) / 2 : nil }
    let between = steps.filter { $0 > low && $0 < high }
    return between.isEmpty ? nil : between[between.count / 2]
  }
}
