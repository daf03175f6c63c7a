/// Which states to keep of a trace, when not all can be kept.
///
/// A question costs the steps from the nearest kept state below it. Half of the questions are taken to
/// lie anywhere in the trace, since a new game halves from the top; the other half in the two gaps
/// beside the last question, since a bisection that has begun asks there next. The state whose loss
/// raises the expected cost the least goes first.
struct RetentionPolicy {
  /// The steps that were asked for, ascending.
  private(set) var asked: [UInt64] = []
  private var last: UInt64?
  /// One past the last step that is known of.
  private(set) var end: UInt64 = 1

  /// Questions further back than this no longer say where the next one lies.
  private static let remembered = 256

  /// Notes a step that was asked for.
  mutating func note(question step: UInt64) {
    last = step
    let place = asked.firstIndex { $0 >= step } ?? asked.count
    if place == asked.count || asked[place] != step { asked.insert(step, at: place) }
    if asked.count > Self.remembered { asked.remove(at: place > 0 ? 0 : asked.count - 1) }
  }

  /// Notes how far the trace is known to go.
  mutating func note(reached step: UInt64) { end = max(end, step + 1) }

  /// Which of the kept steps to give up.
  ///
  /// - Parameter kept: ascending; the first is never chosen, since all later ones go back to it.
  /// - Returns: a position in `kept`, or nil where there is no choice.
  func leastValuable(_ kept: [UInt64]) -> Int? {
    var best: (position: Int, cost: Double)?
    for position in kept.indices.dropFirst() {
      let next = position + 1 < kept.count ? kept[position + 1] : max(end, kept[position] + 1)
      let cost = weight(kept[position], next) * Double(kept[position] - kept[position - 1])
      if best.map({ cost < $0.cost }) ?? true { best = (position, cost) }
    }
    return best?.position
  }

  /// How likely the next question lies between two steps.
  private func weight(_ low: UInt64, _ high: UInt64) -> Double {
    let uniform = Double(high - low) / Double(max(end, high))
    guard let (bottom, top) = bracket, top > bottom else { return uniform }
    let (from, to) = (max(low, bottom), min(high, top))
    let near = to > from ? Double(to - from) / Double(top - bottom) : 0
    return (uniform + near) / 2
  }

  /// From the question below the last one to the question above it.
  private var bracket: (UInt64, UInt64)? {
    guard let last, let place = asked.firstIndex(of: last) else { return nil }
    return (
      place > 0 ? asked[place - 1] : 0, place + 1 < asked.count ? asked[place + 1] : max(end, last)
    )
  }
}
