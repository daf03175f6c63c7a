import FalconetMachine
import FalconetTestSupport
import Testing

/// Every encoding of every version, against lists of what exists.
@Suite("Which instructions exist")
struct DecodingTests {
  private static let opcodes: Set<UInt32> = Set(0x02...0x0F).union(
    [0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x28, 0x29, 0x2A, 0x2B, 0x2E, 0x30, 0x38])
  private static let opcodes64: Set<UInt32> = opcodes.union(
    [0x18, 0x19, 0x1A, 0x1B, 0x27, 0x2C, 0x2D, 0x34, 0x37, 0x3C, 0x3F])
  private static let functions: Set<UInt32> = Set(0x20...0x27).union(
    [0, 2, 3, 4, 6, 7, 8, 9, 0x0A, 0x0B, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1A, 0x1B])
    .union([0x2A, 0x2B])
  private static let functions64: Set<UInt32> = functions.union(
    [0x14, 0x16, 0x17, 0x1C, 0x1D, 0x1E, 0x1F, 0x2C, 0x2D, 0x2E, 0x2F, 0x38, 0x3A, 0x3B, 0x3C])
    .union([0x3E, 0x3F])

  /// Executes one instruction whose registers hold nothing that makes it fail.
  private static func accepts(_ word: UInt32, _ version: StateVersion) throws -> Bool {
    var image = MachineImage(version, code: [word, Assembly.nop, Assembly.stop])
    image[register: 8] = 0x2000
    image[register: 9] = 3
    let panic = try panic(image)
    #expect(panic == nil || panic == .unknownInstruction(word))
    return panic == nil
  }

  @Test("Primary opcodes", arguments: Versions.all)
  func primary(_ version: StateVersion) throws {
    let known = version.wordSize == .bits64 ? Self.opcodes64 : Self.opcodes
    for opcode in 0..<64 as Range<UInt32> where ![0, 1, 0x1C].contains(opcode) {
      let word = Assembly.immediate(opcode, rs: 8, rt: 9, 0x10)
      #expect(try Self.accepts(word, version) == known.contains(opcode), "opcode \(opcode)")
    }
  }

  @Test("Functions of SPECIAL", arguments: Versions.all)
  func special(_ version: StateVersion) throws {
    let known = version.wordSize == .bits64 ? Self.functions64 : Self.functions
    // The system call is looked at elsewhere; break has a panic of its own.
    for function in 0..<64 as Range<UInt32> where function != 0x0C && function != 0x0D {
      let word = Assembly.special(function, rs: 8, rt: 9, rd: 10)
      #expect(try Self.accepts(word, version) == known.contains(function), "function \(function)")
    }
    #expect(try panic(MachineImage(version, code: [0x0D])) == .breakInstruction)
  }

  @Test("Functions of SPECIAL2", arguments: Versions.all)
  func special2(_ version: StateVersion) throws {
    var known: Set<UInt32> = [0x02, 0x20, 0x21]
    if [.v7, .v8].contains(version) { known.formUnion([0x24, 0x25]) }
    for function in 0..<64 as Range<UInt32> {
      let word = Assembly.special2(function, rs: 8, rt: 9, rd: 10)
      #expect(try Self.accepts(word, version) == known.contains(function), "function \(function)")
    }
  }

  @Test("All REGIMM fields are branches; only four are ever taken", arguments: Versions.all)
  func registerImmediate(_ version: StateVersion) throws {
    for field in 0..<32 as Range<UInt32> {
      for (value, isNegative) in [(0, false), (UInt64.max, true)] {
        var image = MachineImage(
          version,
          code: [Assembly.immediate(1, rs: 8, rt: field, 16), Assembly.nop, Assembly.stop])
        image[register: 8] = value
        image[register: 31] = 0x55
        let thread = try execute(image).thread()
        let links = [0x10, 0x11].contains(field) && version != .v0
        let isTaken =
          switch field {
          case 0: isNegative
          case 1: !isNegative
          case 0x10: isNegative && links
          case 0x11: !isNegative && links
          default: false
          }
        #expect(thread.pc == 0x1004)
        #expect(thread.nextPC == (isTaken ? 0x1044 : 0x1008), "field \(field)")
        #expect(thread.registers[31] == (links ? 0x1008 : 0x55), "field \(field)")
      }
    }
  }

  @Test("Fields that should be zero are not checked", arguments: Versions.all)
  func unusedFields(_ version: StateVersion) throws {
    let words = [
      Assembly.special(0x21, rs: 8, rt: 9, rd: 10, sa: 31),
      Assembly.immediate(0x0F, rs: 31, rt: 10, 1), Assembly.immediate(6, rs: 8, rt: 31, 4),
      Assembly.special2(0x20, rs: 8, rt: 31, rd: 10) | 31 << 6,
    ]
    for word in words { #expect(try Self.accepts(word, version)) }
  }
}
