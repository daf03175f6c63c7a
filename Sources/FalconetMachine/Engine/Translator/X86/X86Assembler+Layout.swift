/// Where code lies, and how it goes on behind calls.
extension X86Assembler {
  /// Fills up to a multiple of 16, at which a block begins.
  mutating func align() {
    while position & 15 != 0 { byte(0x90) }
  }

  /// Has the next bytes lie in one line of the host's cache, if they are few.
  mutating func keepTogether(_ count: Int) {
    let lineBytes = 64
    let left = lineBytes - position & (lineBytes - 1)
    if left < count { skip(left) }
  }

  /// Writes one instruction of some bytes, or a few, that do nothing.
  private mutating func skip(_ count: Int) {
    var left = count
    while left > 0 {
      let size = min(left, Self.idle.count)
      start.storeBytes(
        of: Self.idle[size - 1].littleEndian, toByteOffset: position, as: UInt64.self)
      position &+= size
      left -= size
    }
  }

  /// Instructions of 1 to 8 bytes that do nothing: their bytes, the first one lowest.
  private static let idle: [UInt64] = [
    0x90, 0x9066, 0x00_1F0F, 0x0040_1F0F, 0x00_0044_1F0F, 0x0000_441F_0F66, 0x00_0000_0080_1F0F,
    0x0000_0000_0084_1F0F,
  ]

  /// The bytes of ``jump(to:)``.
  static let jumpBytes = 5

  /// Has the code that called go on behind the jump that follows the call.
  mutating func returnBehindJump() {
    // Adds to the return address.
    for value: UInt8 in [0x48, 0x83, 0x04, 0x24, UInt8(Self.jumpBytes)] { byte(value) }
    ret()
  }
}
