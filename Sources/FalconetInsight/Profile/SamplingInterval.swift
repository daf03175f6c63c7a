/// How many steps lie between two samples of a profile.
package enum SamplingInterval: Sendable, Equatable {
  /// As many as keep the time for samples a small part of the run's. Begins with 10,007.
  case adaptive
  /// So many, at least 1: the profile of the same run is then always the same.
  case steps(UInt64)
}

/// The interval in use, and how it adapts.
struct IntervalControl {
  /// Primes, each about twice the one before: no loop of a program, and no turn of its scheduler,
  /// keeps pace with them.
  private static let ladder: [UInt64] = [
    10_007, 20_011, 40_009, 80_021, 160_001, 320_009, 640_007, 1_280_023, 2_560_021, 5_120_029,
    10_240_033,
  ]
  /// Of all time, the part that samples may take before they get fewer, in percent; and the part
  /// below which they get more.
  private static let most = 5.0
  private static let least = 2.0
  /// What the end of a slice costs besides its sample: the engine is left and entered, and the last
  /// steps, which are no whole block, are plain steps.
  private static let sliceEnd = Duration.microseconds(4)
  /// Samples between two decisions.
  private static let period = 64

  private let fixed: UInt64?
  private var rung = 0
  private var samples = 0
  private var sampling = Duration.zero
  private var running = Duration.zero

  init(_ interval: SamplingInterval) {
    if case .steps(let steps) = interval { fixed = max(steps, 1) } else { fixed = nil }
  }

  /// Steps until the next sample.
  var steps: UInt64 { fixed ?? Self.ladder[rung] }

  /// Notes how long a stretch of execution took, and the sample after it.
  mutating func record(running: Duration, sampling: Duration) {
    self.running += running > Self.sliceEnd ? running - Self.sliceEnd : .zero
    self.sampling += sampling + Self.sliceEnd
    samples += 1
    guard fixed == nil, samples == Self.period else { return }
    let part = 100 * (self.sampling / (self.sampling + self.running))
    if part > Self.most, rung < Self.ladder.count - 1 { rung += 1 }
    if part < Self.least, rung > 0 { rung -= 1 }
    samples = 0
    self.sampling = .zero
    self.running = .zero
  }
}
