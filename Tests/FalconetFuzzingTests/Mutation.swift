import FalconetTestSupport

/// Changes inputs at random, the same ways on every run.
struct Mutation {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// One of some inputs with some changes.
  mutating func input(from seeds: [[UInt8]]) -> [UInt8] {
    var bytes = random.pick(seeds)
    for _ in 0...random.below(4) { change(&bytes, random.pick(seeds)) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
    guard !bytes.isEmpty, !other.isEmpty else {
      bytes += random.bytes(8)
      return
    }
    let place = random.below(bytes.count)
    switch random.below(8) {
    case 0: bytes[place] ^= 1 << UInt8(random.below(8))
    case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 2:
      let number: UInt64 = random.pick([0, 1, .max, .max - 1, 1 << 31, 1 << 32, 1 << 63])
      put(number, at: place, of: &bytes)
    case 3: bytes.removeSubrange(place..<min(place + 1 + random.below(16), bytes.count))
    case 4: bytes.insert(contentsOf: random.bytes(1 + random.below(16)), at: place)
    case 5: bytes.removeSubrange(place...)
    case 6:
      let end = min(place + 1 + random.below(64), bytes.count)
      bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count))
    default:
      let start = random.below(other.count)
      let part = other[start..<min(start + 1 + random.below(64), other.count)]
      bytes.replaceSubrange(place..<min(place + part.count, bytes.count), with: part)
    }
  }

  /// Puts a number over 8 bytes, or as many as there are.
  private func put(_ number: UInt64, at place: Int, of bytes: inout [UInt8]) {
    for index in 0..<8 where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (7 - index)))
    }
  }
}
