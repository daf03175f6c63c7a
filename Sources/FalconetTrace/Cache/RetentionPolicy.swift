/// Which states of a trace to discard, if not all can be cached.
///
/// A question costs the steps from the nearest cached state below it. A quarter of the questions are
/// taken to lie anywhere in the trace, since a new game halves from the top; the others in the two
/// gaps beside the last question, since a bisection that has begun asks there next. The state whose
/// loss raises the expected cost the least goes first.
///
/// As long as the end of the trace is not known, it is taken to go on for as many steps again.
package struct RetentionPolicy {
  /// The steps that were asked for, ascending.
  package private(set) var asked: [UInt64] = []
  package private(set) var last: UInt64?
  /// One past the last step that is known of.
  package private(set) var end: UInt64 = 1
  package private(set) var isEndKnown = false

  /// Questions further back than this no longer tell about the next one.
  private static let memory = 256

  package init() {}

  /// Records a step that was asked for.
  package mutating func record(question step: UInt64) {
    last = step
    let place = asked.firstIndex { $0 >= step } ?? asked.count
    if place == asked.count || asked[place] != step { asked.insert(step, at: place) }
    if asked.count > Self.memory { asked.remove(at: place > 0 ? 0 : asked.count - 1) }
  }

  /// Records how far the trace is known to go.
  package mutating func record(reached step: UInt64) { end = max(end, Self.next(step)) }

  /// Records the end of the trace.
  package mutating func record(end step: UInt64) {
    record(reached: step)
    isEndKnown = true
  }

  /// The end that was recorded is not the trace's.
  mutating func forgetEnd() { isEndKnown = false }

  /// One past the step at which the trace is taken to end.
  private var expectedEnd: UInt64 {
    if isEndKnown { return end }
    let (double, overflow) = end.multipliedReportingOverflow(by: 2)
    return overflow ? .max : double
  }

  /// Which of the cached steps to discard.
  ///
  /// - Parameter cached: ascending; the first is never chosen, since all later ones go back to it.
  /// - Returns: a position in `cached`, or nil if there is no choice.
  package func leastValuable(_ cached: [UInt64]) -> Int? {
    var best: (position: Int, cost: Double)?
    for position in cached.indices.dropFirst() {
      let isLast = position + 1 == cached.count
      let next = isLast ? max(expectedEnd, Self.next(cached[position])) : cached[position + 1]
      let cost = weight(cached[position], next) * Double(cached[position] - cached[position - 1])
      if best.map({ cost < $0.cost }) ?? true { best = (position, cost) }
    }
    return best?.position
  }

  private static func next(_ step: UInt64) -> UInt64 { step == .max ? step : step + 1 }

  /// How likely the next question lies between two steps.
  private func weight(_ low: UInt64, _ high: UInt64) -> Double {
    let uniform = Double(high - low) / Double(max(expectedEnd, high))
    guard let (bottom, top) = bracket, top > bottom else { return uniform }
    let (from, to) = (max(low, bottom), min(high, top))
    let near = to > from ? Double(to - from) / Double(top - bottom) : 0
    return uniform / 4 + near * 3 / 4
  }

  /// From the question below the last one to the question above it.
  private var bracket: (UInt64, UInt64)? {
    guard let last, let place = asked.firstIndex(of: last) else { return nil }
    let isTop = place + 1 == asked.count
    return (
      place > 0 ? asked[place - 1] : 0, isTop ? max(expectedEnd, last) : asked[place + 1]
    )
  }
}
