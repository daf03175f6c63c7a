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
      let size = min(left, 8)
      // Its bytes, the first one lowest.
      let bytes: UInt64 =
        switch size {
        case 1: 0x90
        case 2: 0x9066
        case 3: 0x00_1F0F
        case 4: 0x0040_1F0F
        case 5: 0x00_0044_1F0F
        case 6: 0x0000_441F_0F66
        case 7: 0x00_0000_0080_1F0F
        // The longest is 8.
        default: 0x0000_0000_0084_1F0F
        }
      memory.writable.storeBytes(of: bytes.littleEndian, toByteOffset: position, as: UInt64.self)
      position &+= size
      left -= size
    }
  }

  /// The bytes of ``jump(to:)``.
  static let jumpBytes = 5

  /// Has the code that called go on behind the jump that follows the call.
  mutating func returnBehindJump() {
    // Adds to the return address.
    for value: UInt8 in [0x48, 0x83, 0x04, 0x24, UInt8(Self.jumpBytes)] { byte(value) }
    ret()
  }
}
