import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Instructions on registers")
struct ComputeTests {
  /// What one instruction of SPECIAL or SPECIAL2 makes of its operands.
  struct Case: Sendable, CustomStringConvertible {
    var name: String
    var word: UInt32
    var rs: UInt64 = 0
    var rt: UInt64 = 0
    var rd: UInt64
    var versions = Versions.all

    var description: String { name }
  }

  /// With rs in register 8, rt in 9 and the result in 10. Values are those of a 64-bit machine; a
  /// 32-bit one has their low halves.
  private static func three(_ function: UInt32, sa: UInt32 = 0) -> UInt32 {
    Assembly.special(function, rs: 8, rt: 9, rd: 10, sa: sa)
  }

  private static func count(_ function: UInt32) -> UInt32 {
    Assembly.special2(function, rs: 8, rt: 9, rd: 10)
  }

  private static let ones = UInt64.max
  private static let high: UInt64 = 0xFFFF_FFFF_8000_0000
  private static let fixed: [StateVersion] = [.v0, .v1, .v2, .v5, .v6, .v7, .v8]

  static let cases: [Case] =
    singles
    + doublewords.map {
      Case(name: $0.0, word: $0.1, rs: $0.2, rt: $0.3, rd: $0.4, versions: Versions.bits64)
    }

  private static let singles: [Case] = [
    Case(name: "sll", word: three(0x00, sa: 4), rt: 0x0234_5678, rd: 0x2345_6780),
    Case(name: "sll to bit 31", word: three(0x00, sa: 31), rt: 1, rd: high),
    Case(name: "sll of 0 by 0", word: three(0x00), rt: 0, rd: 0),
    Case(name: "sll by 0 sign-extends", word: three(0x00), rt: 0x8000_0000, rd: high),
    Case(
      name: "sll beyond bit 31", word: three(0x00, sa: 1), rt: 0x8000_0000, rd: 0,
      versions: fixed),
    Case(
      name: "sll beyond bit 31, filled", word: three(0x00, sa: 1), rt: 0x8000_0000,
      rd: 0xFFFF_FFFF_0000_0000, versions: [.v3, .v4]),
    Case(
      name: "sll ignores the upper half", word: three(0x00, sa: 1), rt: 0xFFFF_FFFF_0000_0001,
      rd: 2),
    Case(
      name: "sllv beyond bit 31, filled", word: three(0x04), rs: 33, rt: 0xC000_0001,
      rd: 0xFFFF_FFFF_8000_0002, versions: [.v3, .v4]),
    Case(
      name: "sllv beyond bit 31", word: three(0x04), rs: 33, rt: 0x9000_0001, rd: 0x2000_0002,
      versions: fixed),
    Case(name: "srl", word: three(0x02, sa: 4), rt: 0xFFFF_FFFF_8000_0000, rd: 0x0800_0000),
    Case(name: "srl by 0 sign-extends", word: three(0x02), rt: 0x8000_0000, rd: high),
    Case(name: "sra", word: three(0x03, sa: 4), rt: 0x8000_0000, rd: 0xFFFF_FFFF_F800_0000),
    Case(
      name: "srlv by the low five bits", word: three(0x06), rs: 0xFFE4, rt: 0x8000_0000,
      rd: 0x0800_0000),
    Case(
      name: "srav by the low five bits", word: three(0x07), rs: 0xFFE4, rt: 0x8000_0000,
      rd: 0xFFFF_FFFF_F800_0000),
    Case(name: "movz moves", word: three(0x0A), rs: 7, rt: 0, rd: 7),
    Case(name: "movz doesn't", word: three(0x0A), rs: 7, rt: 1, rd: 0x55),
    Case(
      name: "movz looks at the whole word", word: three(0x0A), rs: 7, rt: 1 << 32, rd: 0x55,
      versions: Versions.bits64),
    Case(name: "movn moves", word: three(0x0B), rs: 7, rt: 1, rd: 7),
    Case(name: "movn doesn't", word: three(0x0B), rs: 7, rt: 0, rd: 0x55),
    Case(name: "sync copies rs", word: three(0x0F), rs: 0x1234, rt: 1, rd: 0x1234),
    Case(name: "add wraps", word: three(0x20), rs: 0x7FFF_FFFF, rt: 1, rd: high),
    Case(name: "addu drops the carry", word: three(0x21), rs: 0xFFFF_FFFF, rt: 1, rd: 0),
    Case(name: "sub", word: three(0x22), rs: 0, rt: 1, rd: ones),
    Case(name: "subu", word: three(0x23), rs: 0x8000_0000, rt: 1, rd: 0x7FFF_FFFF),
    Case(name: "and", word: three(0x24), rs: ones, rt: high, rd: high),
    Case(name: "or", word: three(0x25), rs: 0x0F, rt: 0xF0, rd: 0xFF),
    Case(name: "xor", word: three(0x26), rs: ones, rt: 1, rd: ones - 1),
    Case(name: "nor", word: three(0x27), rs: 0, rt: 0, rd: ones),
    Case(name: "slt", word: three(0x2A), rs: ones, rt: 0, rd: 1),
    Case(name: "sltu", word: three(0x2B), rs: ones, rt: 0, rd: 0),
    Case(
      name: "slt compares whole words", word: three(0x2A), rs: 1 << 32, rt: 1, rd: 0,
      versions: Versions.bits64),
    Case(name: "mul", word: count(0x02), rs: 0x1_0001, rt: 0x1_0001, rd: 0x0002_0001),
    Case(name: "mul sign-extends", word: count(0x02), rs: 0x8000_0000, rt: 1, rd: high),
    Case(name: "clz", word: count(0x20), rs: 0x0001_0000, rd: 15),
    Case(name: "clz of 0", word: count(0x20), rs: 0, rd: 32),
    Case(
      name: "clz of the low half", word: count(0x20), rs: 0xFFFF_FFFF_0000_0000, rd: 32),
    Case(name: "clo", word: count(0x21), rs: 0xFFFE_0000, rd: 15),
    Case(name: "clo of all ones", word: count(0x21), rs: ones, rd: 32),
    Case(
      name: "dclz", word: count(0x24), rs: 1, rd: 63, versions: [.v7, .v8]),
    Case(name: "dclz of 0", word: count(0x24), rs: 0, rd: 64, versions: [.v7, .v8]),
    Case(name: "dclo", word: count(0x25), rs: ones - 1, rd: 63, versions: [.v7, .v8]),
    Case(name: "dclo of all ones", word: count(0x25), rs: ones, rd: 64, versions: [.v7, .v8]),
  ]

  private static let doublewords: [(String, UInt32, UInt64, UInt64, UInt64)] = [
    ("dsllv by the low six bits", three(0x14), 0xFFC4, 1, 16),
    ("dsrlv", three(0x16), 60, ones, 15),
    ("dsrav", three(0x17), 60, 1 << 63, 0xFFFF_FFFF_FFFF_FFF8),
    ("dsll", three(0x38, sa: 31), 0, 3, 0x1_8000_0000),
    ("dsrl", three(0x3A, sa: 31), 0, ones, 0x1_FFFF_FFFF),
    ("dsra", three(0x3B, sa: 31), 0, 1 << 63, 0xFFFF_FFFF_0000_0000),
    ("dsll32", three(0x3C, sa: 31), 0, 3, 1 << 63),
    ("dsrl32", three(0x3E, sa: 31), 0, ones, 1),
    ("dsra32", three(0x3F, sa: 31), 0, 1 << 63, ones),
    ("dadd", three(0x2C), ones, 2, 1),
    ("daddu", three(0x2D), 0xFFFF_FFFF, 1, 1 << 32),
    ("dsub", three(0x2E), 0, 1, ones),
    ("dsubu", three(0x2F), 1 << 32, 1, 0xFFFF_FFFF),
  ]

  @Test("Results", arguments: cases)
  func result(_ test: Case) throws {
    for version in test.versions {
      var image = MachineImage(version, code: [test.word, Assembly.stop])
      image[register: 8] = test.rs
      image[register: 9] = test.rt
      image[register: 10] = 0x55
      image.thread.hi = 0x66
      image.thread.lo = 0x77
      let machine = try execute(image)
      var expected = image
      expected[register: 10] = test.rd
      expected.thread.pc = 0x1004
      expected.thread.nextPC = 0x1008
      #expect(try machine.thread() == expected.thread, "version \(version.rawValue)")
    }
  }

  @Test("Immediate operations", arguments: Versions.all)
  func immediates(_ version: StateVersion) throws {
    let cases: [(UInt32, UInt64, Int, UInt64)] = [
      (0x08, 0x7FFF_FFFF, 1, 0xFFFF_FFFF_8000_0000), (0x09, 0, -1, .max),
      (0x09, 0xFFFF_FFFF, 1, 0), (0x0A, .max, 0, 1), (0x0A, 0, -1, 0), (0x0B, 5, -1, 1),
      (0x0B, .max, -1, 0), (0x0C, .max, 0xFFFF, 0xFFFF), (0x0D, 0, 0x8000, 0x8000),
      (0x0E, .max, 0xFFFF, 0xFFFF_FFFF_FFFF_0000), (0x0F, 0, 0x8000, 0xFFFF_FFFF_8000_0000),
      (0x0F, .max, 1, 0x1_0000),
    ]
    let doublewords: [(UInt32, UInt64, Int, UInt64)] = [
      (0x18, 0x7FFF_FFFF, 1, 0x8000_0000), (0x19, 0, -1, .max), (0x19, .max, 1, 0),
    ]
    for (opcode, rs, value, rt) in cases + (version.wordSize == .bits64 ? doublewords : []) {
      var image = MachineImage(
        version, code: [Assembly.immediate(opcode, rs: 8, rt: 9, value), Assembly.stop])
      image[register: 8] = rs
      let result = try execute(image).register(9)
      #expect(result == rt & version.wordSize.mask, "opcode \(opcode), \(value)")
    }
  }

  @Test("Register 0 is not written, and is read as it was loaded", arguments: Versions.all)
  func registerZero(_ version: StateVersion) throws {
    let code = [
      Assembly.special(0x25, rs: 8, rt: 8), Assembly.immediate(0x09, rs: 8, 1),
      Assembly.immediate(0x23, rs: 8), Assembly.special(0x12, rd: 0),
      Assembly.special(0x18, rs: 8, rt: 8), Assembly.special(0x21, rs: 0, rt: 0, rd: 9),
      Assembly.stop,
    ]
    for zero in [0, 5] as [UInt64] {
      var image = MachineImage(version, code: code)
      image[register: 0] = zero
      image[register: 8] = 0x1000
      let machine = try execute(image, steps: 6)
      #expect(try machine.register(0) == zero)
      #expect(try machine.register(9) == 2 * zero)
    }
  }
}
