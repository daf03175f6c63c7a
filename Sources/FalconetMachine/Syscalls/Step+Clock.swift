/// The clock that `clock_gettime` tells.
package enum GuestClock {
  /// Steps in a second of guest time.
  package static let stepsPerSecond: UInt64 = 10_000_000
}

extension Step {
  /// Steps in a second of guest time.
  private static var stepsPerSecond: UInt64 { GuestClock.stepsPerSecond }
  private static var nanosecondsPerStep: UInt64 { 100 }

  /// Writes seconds and nanoseconds, a word each: zeros for clock 0, the steps executed for clock 1.
  static func clockGetTime(
    _ clock: Word, _ address: Word, _ environment: Environment
  ) throws(StepError) -> SystemCallResult {
    guard clock <= 1 else { return .failed(.invalid) }
    let steps = clock == 0 ? 0 : environment.scalars.step
    let seconds = Word(truncatingIfNeeded: steps / stepsPerSecond)
    let nanoseconds = Word(truncatingIfNeeded: steps % stepsPerSecond * nanosecondsPerStep)
    let first = address.alignedToWord
    let second = first &+ Word(Word.size.bytes)
    _ = try environment.loadWord(at: UInt64(first), .first)
    try storeWord(seconds, at: first, .first, environment)
    _ = try environment.loadWord(at: UInt64(second), .second)
    try storeWord(nanoseconds, at: second, .second, environment)
    return .value(0)
  }

  /// Replaces bytes of one word by the same bytes of a number made from the step: splitmix64.
  static func getRandom(
    _ address: Word, _ count: Word, _ environment: Environment
  ) throws(StepError) -> SystemCallResult {
    let word = try loadWord(at: address, environment)
    let start = address.offsetInWord
    let size = Int(min(count, Word(Word.size.bytes - start)))
    let random = splitMix64(environment.scalars.step)
    let mask = mask(start, size)
    let result = word & ~mask | leading(random) & mask
    if environment.rules.randomBytesEndReservations {
      try storeWord(result, at: address.alignedToWord, .first, environment)
    } else {
      try environment.storeWord(UInt64(result), at: UInt64(address.alignedToWord), .first)
    }
    return .value(UInt64(size))
  }

  /// Constants: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
  private static func splitMix64(_ seed: UInt64) -> UInt64 {
    var z = seed &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
