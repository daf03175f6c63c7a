import FalconetMachine

/// Programs that write one long hint in several pieces, most of it pages that do not exist, and a short hint after it.
package struct HintProgram {
  /// The bytes of the long hint, without its length.
  package private(set) var hint: [UInt8] = []
  package private(set) var image: MachineImage
  /// The steps until the long hint lacks its last piece, and until all is written.
  package private(set) var stepsToLast: UInt64 = 0
  package private(set) var steps: UInt64 = 0

  /// What is written after the long hint.
  package static let short = Array("after".utf8)

  /// A random program, the same for the same version and seed.
  package static func image(_ version: StateVersion, seed: UInt64) -> MachineImage {
    HintProgram(version, seed: seed).image
  }

  /// The long hint has a little more than 16 MiB.
  package init(_ version: StateVersion, seed: UInt64) {
    image = MachineImage(version)
    var random = SeededGenerator(version, seed: seed, salt: 0x417)
    let write: UInt16 = version.wordSize == .bits32 ? 4004 : 5001
    let sizes = [9 << 20, 7 << 20, 20, (1 << 20) + 3].map { $0 + random.below(3000) }
    var code: [UInt32] = []
    func call(_ address: UInt32, _ size: UInt32) {
      code += [
        Assembly.set(4, to: 4), Assembly.special(0x25, rs: address, rd: 5),
        Assembly.special(0x25, rs: size, rd: 6), Assembly.set(2, to: write), Assembly.syscall,
      ]
    }
    for (number, size) in sizes.enumerated() {
      var bytes = [UInt8](repeating: 0, count: size)
      let address = UInt64(number + 1) << 24 | UInt64(random.below(4096))
      // At both ends and in between, so that no piece is whole without each of its pages.
      for start in [0, random.below(size), size - 12] {
        for place in start..<min(start + 12, size) { bytes[place] = UInt8(1 + random.below(255)) }
      }
      if number == 0 { bytes.replaceSubrange(0..<4, with: Self.length(sizes.reduce(0, +) - 4)) }
      var place = 0
      while place < size {
        let end = min(size, place + 4096 - Int(address &+ UInt64(place)) & 4095)
        let part = Array(bytes[place..<end])
        if part.contains(where: { $0 != 0 }) { image.write(part, at: address + UInt64(place)) }
        place = end
      }
      hint += number == 0 ? Array(bytes[4...]) : bytes
      image[register: 16 + number] = address
      image[register: 20 + number] = UInt64(size)
      if number == sizes.count - 1 { stepsToLast = UInt64(code.count) }
      call(16 + UInt32(number), 20 + UInt32(number))
    }
    image.write(Self.length(Self.short.count) + Self.short, at: 0x2000)
    image[register: 8] = 0x2000
    image[register: 9] = UInt64(4 + Self.short.count)
    call(8, 9)
    steps = UInt64(code.count)
    image.write(words: code + [Assembly.nop], at: 0x1000)
  }

  private static func length(_ count: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
  }
}
