import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Multiplication and division")
struct HiLoTests {
  struct Case: Sendable, CustomStringConvertible {
    var name: String
    var function: UInt32
    var rs: UInt64
    var rt: UInt64
    var hi: UInt64
    var lo: UInt64
    var versions = Versions.all

    var description: String { name }
  }

  private static let ones = UInt64.max
  private static let least: UInt64 = 1 << 63

  static let cases: [Case] = [
    Case(name: "mthi", function: 0x11, rs: 5, rt: 6, hi: 5, lo: 0x77),
    Case(name: "mtlo", function: 0x13, rs: 5, rt: 6, hi: 0x66, lo: 5),
    Case(name: "mult", function: 0x18, rs: 0xFFFF_FFFF, rt: 2, hi: ones, lo: ones - 1),
    Case(
      name: "mult of the least", function: 0x18, rs: 0x8000_0000, rt: 0x8000_0000,
      hi: 0x4000_0000, lo: 0),
    Case(name: "multu", function: 0x19, rs: 0xFFFF_FFFF, rt: 2, hi: 1, lo: ones - 1),
    Case(
      name: "multu sign-extends", function: 0x19, rs: 0xFFFF_FFFF, rt: 0xFFFF_FFFF, hi: ones - 1,
      lo: 1),
    Case(name: "div to zero", function: 0x1A, rs: ones - 6, rt: 2, hi: ones, lo: ones - 2),
    Case(name: "div by a negative", function: 0x1A, rs: 7, rt: ones - 1, hi: 1, lo: ones - 2),
    Case(
      name: "div of the least by -1", function: 0x1A, rs: 0x8000_0000, rt: ones, hi: 0,
      lo: 0xFFFF_FFFF_8000_0000),
    Case(name: "div by -1", function: 0x1A, rs: 7, rt: ones, hi: 0, lo: ones - 6),
    Case(name: "divu", function: 0x1B, rs: 0xFFFF_FFFF, rt: 2, hi: 1, lo: 0x7FFF_FFFF),
    Case(name: "divu sign-extends", function: 0x1B, rs: 0xFFFF_FFFF, rt: 1, hi: 0, lo: ones),
    Case(
      name: "div looks at low halves", function: 0x1A, rs: 0x5_0000_0007, rt: 0x9_0000_0002, hi: 1,
      lo: 3, versions: Versions.bits64),
    Case(
      name: "dmult", function: 0x1C, rs: ones, rt: 2, hi: ones, lo: ones - 1,
      versions: Versions.bits64),
    Case(
      name: "dmultu", function: 0x1D, rs: ones, rt: 2, hi: 1, lo: ones - 1,
      versions: Versions.bits64),
    Case(
      name: "ddiv", function: 0x1E, rs: ones - 6, rt: 2, hi: ones, lo: ones - 2,
      versions: Versions.bits64),
    Case(
      name: "ddiv of the least by -1", function: 0x1E, rs: least, rt: ones, hi: 0, lo: least,
      versions: Versions.bits64),
    Case(
      name: "ddiv by -1", function: 0x1E, rs: 7, rt: ones, hi: 0, lo: ones - 6,
      versions: Versions.bits64),
    Case(
      name: "ddivu", function: 0x1F, rs: ones, rt: 16, hi: 15, lo: ones >> 4,
      versions: Versions.bits64),
  ]

  @Test("HI and LO, and zero in rd", arguments: cases)
  func result(_ test: Case) throws {
    for version in test.versions {
      let word = Assembly.special(test.function, rs: 8, rt: 9, rd: 10)
      var image = MachineImage(version, code: [word, Assembly.stop])
      image[register: 8] = test.rs
      image[register: 9] = test.rt
      image[register: 10] = 0x55
      image.thread.hi = 0x66
      image.thread.lo = 0x77
      let thread = try execute(image).thread()
      #expect(thread.hi == test.hi & version.wordSize.mask, "version \(version.rawValue)")
      #expect(thread.lo == test.lo & version.wordSize.mask, "version \(version.rawValue)")
      #expect(thread.registers[10] == 0)
      #expect(thread.pc == 0x1004)
    }
  }

  @Test("mfhi and mflo read", arguments: Versions.all)
  func reads(_ version: StateVersion) throws {
    var image = MachineImage(
      version,
      code: [Assembly.special(0x10, rd: 8), Assembly.special(0x12, rd: 9), Assembly.stop])
    image.thread.hi = 0x1234
    image.thread.lo = 0x5678
    let machine = try execute(image, steps: 2)
    #expect(try machine.register(8) == 0x1234)
    #expect(try machine.register(9) == 0x5678)
  }

  @Test("Division by zero is a panic, also in a delay slot", arguments: Versions.all)
  func divisionByZero(_ version: StateVersion) throws {
    let is64 = version.wordSize == .bits64
    for function in [0x1A, 0x1B] + (is64 ? [0x1E, 0x1F] : []) as [UInt32] {
      let word = Assembly.special(function, rs: 8, rt: 9, rd: 10)
      var image = MachineImage(version, code: [Assembly.nop, word])
      image[register: 8] = 1
      // A word whose low half is zero, for those that look at the low half only.
      if is64, function < 0x1E { image[register: 9] = 1 << 32 }
      #expect(try panic(image, after: 1) == .divisionByZero(word))
      image.write(words: [Assembly.immediate(4, 64), word], at: 0x1000)
      #expect(try panic(image, after: 1) == .divisionByZero(word))
    }
  }
}
