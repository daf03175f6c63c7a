import FalconetELF
import FalconetMachine
import Testing

@Suite struct InitialStackTests {
  @Test(arguments: StateVersion.allCases.filter { $0.wordSize == .bits32 })
  func `a 32-bit stack has the arguments, environment and vector`(version: StateVersion) throws {
    let memory = try Prestate.load(ELFBuilder(.bits32).file(), version: version).memory
    let words: [UInt64] = [
      1, 0x7FFF_D054, 0, 0x7FFF_D038, 0, 6, 4096, 25, 0x7FFF_D028, 0,
    ]
    let expected =
      words.flatMap { bigEndian($0, 4) } + Array("4;byfairdiceroll".utf8)
      + Array("GODEBUG=memprofilerate=0\0\0\0\0op-program\0\0".utf8)
    #expect(expected.count == 0x60)
    checkStack(memory, at: 0x7FFF_D000, expected)
    let behind: [UInt64] = version == .v0 ? [0x7FFFE] : []
    #expect(memory.pageIndices.filter { $0 > 0x1000 } == Array(0x7FFF9...0x7FFFD) + behind)
  }

  @Test(arguments: StateVersion.allCases.filter { $0.wordSize == .bits64 })
  func `a 64-bit stack has the arguments, environment and vector`(version: StateVersion) throws {
    let memory = try Prestate.load(ELFBuilder(.bits64).file(), version: version).memory
    let top: UInt64 = 0x0000_7FFF_FFFF_F000
    let words: [UInt64] = [1, top + 0x80, 0, top + 0x60, 0, 6, 4096, 25, top + 0x50, 0]
    let expected =
      words.flatMap { bigEndian($0, 8) } + Array("4;byfairdiceroll".utf8)
      + Array("GODEBUG=memprofilerate=0\0\0\0\0\0\0\0\0op-program\0\0\0\0\0\0".utf8)
    #expect(expected.count == 0x90)
    checkStack(memory, at: top, expected)
    #expect(
      memory.pageIndices.filter { $0 > 0x1000 } == Array(0x7_FFFF_FFFB...0x7_FFFF_FFFF))
  }

  /// The five pages hold the expected bytes from the stack pointer up, and zeros.
  private func checkStack(_ memory: Memory, at top: UInt64, _ expected: [UInt8]) {
    #expect(memory.bytes(top, expected.count) == expected)
    #expect(memory.bytes(top - 0x4000, 0x4000).allSatisfy { $0 == 0 })
    let rest = 0x1000 - expected.count
    #expect(memory.bytes(top + UInt64(expected.count), rest).allSatisfy { $0 == 0 })
  }
}
