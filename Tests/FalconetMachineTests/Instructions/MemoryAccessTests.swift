import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Loads and stores")
struct MemoryAccessTests {
  private static let base: UInt64 = 0x2000
  private static let stored: [UInt8] = [0x81, 0x92, 0xA3, 0xB4, 0xC5, 0xD6, 0xE7, 0xF8]
  private static let register: UInt64 = 0xFEDC_BA98_7654_3210

  /// One access with rt 9 and base 8, at an offset of the golden 8 bytes.
  private static func access(
    _ version: StateVersion, _ opcode: UInt32, _ offset: Int
  ) throws -> (register: UInt64, memory: UInt64) {
    var image = MachineImage(
      version, code: [Assembly.immediate(opcode, rs: 8, rt: 9, offset), Assembly.stop])
    image.write(stored, at: base)
    image[register: 8] = base
    image[register: 9] = register
    let machine = try execute(image)
    return (
      try machine.register(9),
      machine.memory.bytes(at: base, count: 8).reduce(0) { $0 << 8 | UInt64($1) }
    )
  }

  /// Values of register 9 after a load, sign-extended as a 64-bit machine does.
  @Test("Loads", arguments: Versions.all)
  func loads(_ version: StateVersion) throws {
    let cases: [(UInt32, Int, UInt64)] = [
      (0x20, 0, 0xFFFF_FFFF_FFFF_FF81), (0x20, 7, 0xFFFF_FFFF_FFFF_FFF8), (0x24, 0, 0x81),
      (0x24, 5, 0xD6), (0x21, 0, 0xFFFF_FFFF_FFFF_8192), (0x21, 3, 0xFFFF_FFFF_FFFF_A3B4),
      (0x25, 0, 0x8192), (0x25, 5, 0xC5D6), (0x25, 7, 0xE7F8), (0x23, 0, 0xFFFF_FFFF_8192_A3B4),
      (0x23, 3, 0xFFFF_FFFF_8192_A3B4), (0x23, 4, 0xFFFF_FFFF_C5D6_E7F8),
      (0x23, 7, 0xFFFF_FFFF_C5D6_E7F8), (0x30, 2, 0xFFFF_FFFF_8192_A3B4),
      (0x30, 5, 0xFFFF_FFFF_C5D6_E7F8),
    ]
    let wide: [(UInt32, Int, UInt64)] = [
      (0x27, 1, 0x8192_A3B4), (0x27, 6, 0xC5D6_E7F8), (0x37, 0, 0x8192_A3B4_C5D6_E7F8),
      (0x37, 7, 0x8192_A3B4_C5D6_E7F8), (0x34, 3, 0x8192_A3B4_C5D6_E7F8),
      // The golden values.
      (0x22, 0, 0xFFFF_FFFF_8192_A3B4), (0x22, 1, 0xFFFF_FFFF_92A3_B410),
      (0x22, 5, 0xFFFF_FFFF_D6E7_F810), (0x26, 0, 0xFEDC_BA98_7654_3281),
      (0x26, 2, 0xFEDC_BA98_7681_92A3), (0x26, 3, 0xFFFF_FFFF_8192_A3B4),
      (0x26, 5, 0xFEDC_BA98_7654_C5D6), (0x1A, 3, 0xB4C5_D6E7_F854_3210),
      (0x1A, 0, 0x8192_A3B4_C5D6_E7F8), (0x1A, 7, 0xF8DC_BA98_7654_3210),
      (0x1B, 4, 0xFEDC_BA81_92A3_B4C5), (0x1B, 7, 0x8192_A3B4_C5D6_E7F8),
      (0x1B, 0, 0xFEDC_BA98_7654_3281),
    ]
    let narrow: [(UInt32, Int, UInt64)] = [
      (0x22, 0, 0x8192_A3B4), (0x22, 1, 0x92A3_B410), (0x22, 2, 0xA3B4_3210),
      (0x22, 3, 0xB454_3210), (0x26, 0, 0x7654_3281), (0x26, 1, 0x7654_8192),
      (0x26, 2, 0x7681_92A3), (0x26, 3, 0x8192_A3B4), (0x26, 4, 0x7654_32C5),
    ]
    for (opcode, offset, value) in cases + (version.wordSize == .bits64 ? wide : narrow) {
      let result = try Self.access(version, opcode, offset)
      #expect(
        result.register == value & version.wordSize.mask, "opcode \(opcode), offset \(offset)")
      #expect(result.memory == 0x8192_A3B4_C5D6_E7F8)
    }
  }

  @Test("Stores", arguments: Versions.all)
  func stores(_ version: StateVersion) throws {
    let cases: [(UInt32, Int, UInt64)] = [
      (0x28, 0, 0x1092_A3B4_C5D6_E7F8), (0x28, 7, 0x8192_A3B4_C5D6_E710),
      (0x29, 0, 0x3210_A3B4_C5D6_E7F8), (0x29, 1, 0x3210_A3B4_C5D6_E7F8),
      (0x29, 7, 0x8192_A3B4_C5D6_3210), (0x2B, 0, 0x7654_3210_C5D6_E7F8),
      (0x2B, 3, 0x7654_3210_C5D6_E7F8), (0x2B, 6, 0x8192_A3B4_7654_3210),
      (0x2A, 0, 0x7654_3210_C5D6_E7F8), (0x2A, 1, 0x8176_5432_C5D6_E7F8),
      (0x2A, 2, 0x8192_7654_C5D6_E7F8), (0x2A, 3, 0x8192_A376_C5D6_E7F8),
      (0x2A, 5, 0x8192_A3B4_C576_5432), (0x2E, 0, 0x1092_A3B4_C5D6_E7F8),
      (0x2E, 1, 0x3210_A3B4_C5D6_E7F8), (0x2E, 2, 0x5432_10B4_C5D6_E7F8),
      (0x2E, 3, 0x7654_3210_C5D6_E7F8), (0x2E, 6, 0x8192_A3B4_5432_10F8),
    ]
    let wide: [(UInt32, Int, UInt64)] = [
      (0x3F, 0, 0xFEDC_BA98_7654_3210), (0x3F, 7, 0xFEDC_BA98_7654_3210),
      (0x2C, 0, 0xFEDC_BA98_7654_3210), (0x2C, 5, 0x8192_A3B4_C5FE_DCBA),
      (0x2C, 7, 0x8192_A3B4_C5D6_E7FE), (0x2D, 0, 0x1092_A3B4_C5D6_E7F8),
      (0x2D, 2, 0x5432_10B4_C5D6_E7F8), (0x2D, 7, 0xFEDC_BA98_7654_3210),
    ]
    for (opcode, offset, memory) in cases + (version.wordSize == .bits64 ? wide : []) {
      let result = try Self.access(version, opcode, offset)
      #expect(result.memory == memory, "opcode \(opcode), offset \(offset)")
      #expect(result.register == Self.register & version.wordSize.mask)
    }
  }

  @Test("An address wraps, with an offset of either sign", arguments: Versions.all)
  func wrapping(_ version: StateVersion) throws {
    for (base, offset, address) in [(version.wordSize.mask - 3, 8, 4), (4, -8, 0 &- 4)]
      as [(UInt64, Int, UInt64)]
    {
      var image = MachineImage(
        version, code: [Assembly.immediate(0x2B, rs: 8, rt: 9, offset), Assembly.stop])
      image[register: 8] = base
      image[register: 9] = 0x0102_0304
      let machine = try execute(image)
      let address = address & version.wordSize.mask
      #expect(machine.memory.bytes(at: address, count: 4) == [1, 2, 3, 4])
      #expect(machine.memory.hasPage(address >> 12))
    }
  }

  @Test(
    "Odd places of the address space are memory like any other",
    arguments: [0, 0xFFF8, 1 << 31, 0xFFFF_FFF8, 1 << 45, 1 << 47, 1 << 63, UInt64.max - 7])
  func places(_ place: UInt64) throws {
    for version in Versions.bits64 {
      let code = [
        Assembly.immediate(0x3F, rs: 8, rt: 9), Assembly.immediate(0x37, rs: 8, rt: 10),
        Assembly.stop,
      ]
      var image = MachineImage(version, code: code)
      image[register: 8] = place
      image[register: 9] = Self.register
      let machine = try execute(image, steps: 2)
      #expect(try machine.register(10) == Self.register)
      #expect(Set(machine.memory.pageIndices) == [1, place >> 12])
    }
  }

  @Test("Reads make no page; a write makes one whatever it writes", arguments: Versions.all)
  func pages(_ version: StateVersion) throws {
    let loads = [0x20, 0x21, 0x22, 0x23, 0x26, 0x30] as [UInt32]
    for opcode in loads {
      var image = MachineImage(
        version, code: [Assembly.immediate(opcode, rs: 8, rt: 9), Assembly.stop])
      image[register: 8] = 0x9_0000
      #expect(try execute(image).memory.pageIndices == [1], "opcode \(opcode)")
    }
    for opcode in [0x28, 0x29, 0x2A, 0x2B, 0x2E] as [UInt32] {
      var image = MachineImage(
        version, code: [Assembly.immediate(opcode, rs: 8), Assembly.stop])
      image[register: 8] = 0x9_0000
      #expect(try execute(image).memory.pageIndices == [1, 0x90], "opcode \(opcode)")
    }
  }
}
