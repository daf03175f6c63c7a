import FalconetMachine

/// Where a random program's code and data lie: ordinary places and odd ones.
struct AddressPool {
  /// The first addresses of the code's regions, multiples of 4096.
  let code: [UInt64]
  /// Bytes of each region of code.
  let codeSize: UInt64
  private let mask: UInt64

  /// The top of the address space, sign changes, and the bits that caches or trees might drop.
  private static let bases: [UInt64] = [
    0, 0x1000, 0x7FFF_F000, 0x8000_0000, 0xFFFF_F000, 1 << 32, 1 << 45, (1 << 47) - 0x1000, 1 << 47,
    (1 << 48) - 0x1000, 1 << 63, (1 << 63) - 0x1000, UInt64.max - 0xFFF, UInt64.max - 0x1FFF,
  ]

  init(
    _ wordSize: WordSize, codeSize: UInt64? = nil, using random: inout SeededGenerator
  ) {
    mask = wordSize.mask
    let usual: UInt64 = random.chance(2) ? 0x1000 : 0x2000
    self.codeSize = codeSize ?? usual
    var code: [UInt64] = [0x1000]
    for _ in 0..<random.below(3) {
      // The same slot of the engine's tables as another page, or anywhere.
      let base =
        random.chance(3)
        ? code[0] &+ random.pick([256, 1024, 4096] as [UInt64]) << 12 : random.pick(Self.bases)
      if !code.contains(base & mask) { code.append(base & mask) }
    }
    if random.chance(3) { code.removeFirst() }
    self.code = code.isEmpty ? [random.pick(Self.bases) & mask] : code
  }

  /// The address of an instruction.
  func instruction(using random: inout SeededGenerator) -> UInt64 {
    let offset =
      random.chance(5) ? codeSize - 4 * UInt64(random.below(4) + 1) : random.next() % codeSize & ~3
    return (random.pick(code) &+ offset) & mask
  }

  /// An address of data, not always aligned, near a page's end at times.
  func data(using random: inout SeededGenerator) -> UInt64 {
    var address = random.pick(Self.bases) &+ random.pick([0, 0x4000, 0x100_0000, 256 << 12])
    if random.chance(4) { address = random.pick(code) &+ 1024 << 12 }
    switch random.below(4) {
    case 0: address &+= UInt64(random.below(64))
    case 1: address &-= UInt64(random.below(16))
    default: address &+= random.next() & 0xFF8
    }
    return address & mask
  }
}
