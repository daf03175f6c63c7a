import FalconetMachine

/// A program that reads and writes a word of each of many pages, at places of all sorts, some of which do not exist
/// before.
package struct PageProgram {
  package private(set) var image: MachineImage
  /// The steps until all is done.
  package let steps: UInt64

  /// Where pages lie: what a VM may keep in different ways.
  private static func bases(_ wordSize: WordSize) -> [UInt64] {
    switch wordSize {
    case .bits32: [0x10_0000, 0x4000_0000, 0x7F00_0000, 0x8000_0000, 0xFE00_0000]
    case .bits64:
      [
        0x10_0000, 0x7F00_0000, 0xC0_0000_0000, 1 << 44, (1 << 47) - (1 << 22), 1 << 47, 1 << 52,
        1 << 63, UInt64.max << 22,
      ]
    }
  }

  /// As many pages at each of these places: more than a VM may make at once.
  private static let pagesAtBase = 150
  /// The last write of a page shows what the first has left.
  private static let rounds = 2

  /// - Parameter seed: chooses the words.
  package init(_ version: StateVersion, seed: UInt64) {
    var random = SeededGenerator(version, seed: seed, salt: 0x9A6E)
    let is32 = version.wordSize == .bits32
    let size = UInt64(version.wordSize.bytes)
    var addresses = Self.bases(version.wordSize).flatMap { base in
      (0..<UInt64(Self.pagesAtBase)).map { base &+ $0 << 12 &+ UInt64(random.below(500)) * size }
    }
    addresses.shuffle(using: &random)
    let (load, store, add, addImmediate): (UInt32, UInt32, UInt32, UInt32) =
      is32 ? (0x23, 0x2B, 0x21, 0x09) : (0x37, 0x3F, 0x2D, 0x19)
    // 16: the place in the table of addresses, which goes from 17 to 18; 19: rounds that are left; 9: a sum.
    let inner: [UInt32] = [
      Assembly.immediate(load, rs: 16, rt: 8), Assembly.immediate(load, rs: 8, rt: 10),
      Assembly.special(add, rs: 9, rt: 10, rd: 9),
      Assembly.immediate(store, rs: 8, rt: 9, Int(size)),
      Assembly.immediate(addImmediate, rs: 16, rt: 16, Int(size)),
      Assembly.immediate(0x05, rs: 16, rt: 18, -6), Assembly.nop,
    ]
    let outer: [UInt32] = [
      Assembly.special(0x25, rs: 17, rd: 16), Assembly.immediate(addImmediate, rs: 19, rt: 19, -1),
      Assembly.immediate(0x05, rs: 19, -10), Assembly.nop,
    ]
    image = MachineImage(version, code: inner + outer + [Assembly.nop])
    let table: UInt64 = 0x2_0000
    for (number, address) in addresses.enumerated() {
      image.write(Self.bytes(address, size), at: table + UInt64(number) * size)
      if !random.chance(3) { image.write(Self.bytes(random.next(), size), at: address) }
    }
    image[register: 16] = table
    image[register: 17] = table
    image[register: 18] = table + UInt64(addresses.count) * size
    image[register: 19] = UInt64(Self.rounds)
    steps = UInt64(Self.rounds * (inner.count * addresses.count + outer.count))
  }

  private static func bytes(_ value: UInt64, _ count: UInt64) -> [UInt8] {
    (1...count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - $0))) }
  }
}
