import FalconetTestSupport

extension SeededGenerator {
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
