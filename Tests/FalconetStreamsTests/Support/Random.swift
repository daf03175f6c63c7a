/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Bytes that compress somewhat: runs, repeats of earlier bytes, and noise, in turn.
  mutating func mixedBytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let length = Int.random(in: 1...2000, using: &self)
      switch Int.random(in: 0..<3, using: &self) {
      case 0:
        bytes += [UInt8](repeating: .random(in: 0...255, using: &self), count: length)
      case 1 where bytes.count > length:
        let start = Int.random(in: 0..<bytes.count - length, using: &self)
        bytes += bytes[start..<start + length]
      default:
        for _ in 0..<length { bytes.append(.random(in: 0...255, using: &self)) }
      }
    }
    return Array(bytes.prefix(count))
  }
}
