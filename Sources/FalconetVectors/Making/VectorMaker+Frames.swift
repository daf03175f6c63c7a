import FalconetMachine

/// Programs that call functions with stack frames, which a VM may check once for many accesses.
extension VectorMaker {
  /// Where stacks are: amid pages, across the end of one, at an odd address, at the ends of the address space, and in
  /// a 64-bit space also where programs have theirs and far from everything.
  private static func stackPlaces(_ version: StateVersion) -> [UInt64] {
    let places: [UInt64] = [0x5_0800, 0x6_0010, 0x5_FFF2, 0x40, version.wordSize.mask - 0x3F]
    return places
      + (version.wordSize == .bits64
        ? [0x7FFF_FFFF_0000, 0x7FFF_FFFF_EC40, 1 << 44, (1 << 40) - 0x40]
        : [0x7FFF_D000, 0x7FFF_CC40, 0x8000_0010])
  }

  mutating func addFrames(_ version: StateVersion) throws {
    for (number, place) in Self.stackPlaces(version).enumerated() {
      let image = FrameProgram.image(
        version, seed: 9000 + UInt64(number), stackPlace: place & version.wordSize.mask)
      try add("frames at 0x" + String(place & version.wordSize.mask, radix: 16), image, steps: 360)
    }
  }
}
