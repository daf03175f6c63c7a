import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Branches and jumps")
struct BranchTests {
  /// A branch at 0x1000 with a `nop` behind it.
  private static func image(_ version: StateVersion, _ word: UInt32) -> MachineImage {
    MachineImage(version, code: [word, Assembly.nop, Assembly.stop])
  }

  @Test("Conditions", arguments: Versions.all)
  func conditions(_ version: StateVersion) throws {
    let ones = UInt64.max
    let cases: [(UInt32, UInt64, UInt64, Bool)] = [
      (4, 5, 5, true), (4, 5, 6, false), (5, 5, 6, true), (5, 5, 5, false), (6, 0, 9, true),
      (6, ones, 9, true), (6, 1, 9, false), (7, 1, 9, true), (7, 0, 9, false), (7, ones, 9, false),
    ]
    let wide: [(UInt32, UInt64, UInt64, Bool)] = [
      (4, 1 << 32, 0, false), (5, 1 << 32, 0, true), (7, 1 << 32, 9, true),
      (6, 0x8000_0000, 9, false),
    ]
    for (opcode, rs, rt, isTaken) in cases + (version.wordSize == .bits64 ? wide : []) {
      for distance in [16, -3] {
        var image = Self.image(version, Assembly.immediate(opcode, rs: 8, rt: 9, distance))
        image[register: 8] = rs
        image[register: 9] = rt
        let target = isTaken ? UInt64(0x1004 + 4 * distance) : 0x1008
        let thread = try execute(image).thread()
        #expect(thread.pc == 0x1004)
        #expect(thread.nextPC == target, "opcode \(opcode), \(rs), \(rt)")
        let after = try execute(image, steps: 2).thread()
        #expect(after.pc == target)
        #expect(after.nextPC == target + 4)
      }
    }
  }

  @Test("Jumps stay in the 256 MiB of the delay slot", arguments: Versions.all)
  func jumps(_ version: StateVersion) throws {
    let mask = version.wordSize.mask
    let cases: [(UInt64, UInt64)] = [
      (0x1000, 0x0ABC_DEF0), (0x7000_1000, 0x7ABC_DEF0), (0xF000_1000, 0xFABC_DEF0),
      // The delay slot is in the next 256 MiB already.
      (0x0FFF_FFFC, 0x1ABC_DEF0),
    ]
    let wide: [(UInt64, UInt64)] = [
      ((1 << 45) + 0x1000, (1 << 45) + 0x0ABC_DEF0),
      (UInt64.max - 0xFFF, 0xFFFF_FFFF_FABC_DEF0),
    ]
    for (pc, target) in cases + (version.wordSize == .bits64 ? wide : []) {
      for opcode in [2, 3] as [UInt32] {
        let code = [Assembly.jump(opcode, to: 0x0ABC_DEF0), Assembly.nop]
        var image = MachineImage(version, code: code, at: pc)
        image[register: 31] = 0x55
        let thread = try execute(image).thread()
        #expect(thread.pc == (pc + 4) & mask)
        #expect(thread.nextPC == target, "from \(pc)")
        #expect(thread.registers[31] == (opcode == 3 ? (pc &+ 8) & mask : 0x55))
      }
    }
  }

  @Test("jalr links through rd and reads rs first", arguments: Versions.all)
  func registerJumps(_ version: StateVersion) throws {
    for destination in [0, 8, 31] as [UInt32] {
      var image = Self.image(version, Assembly.special(0x09, rs: 8, rd: destination))
      image[register: 8] = 0x2000
      image[register: 31] = 0x55
      let thread = try execute(image).thread()
      #expect(thread.nextPC == 0x2000)
      #expect(thread.registers[0] == 0)
      #expect(thread.registers[8] == (destination == 8 ? 0x1008 : 0x2000))
      #expect(thread.registers[31] == (destination == 31 ? 0x1008 : 0x55))
    }
    var image = Self.image(version, Assembly.special(0x08, rs: 8, rd: 31))
    image[register: 8] = 0x2000
    let thread = try execute(image).thread()
    #expect(thread.nextPC == 0x2000)
    #expect(thread.registers[31] == 0, "jr links nothing")
  }

  @Test("A linking branch looks at register 31 before it writes it", arguments: Versions.all)
  func linkAndCondition(_ version: StateVersion) throws {
    guard version != .v0 else { return }
    var image = Self.image(version, Assembly.immediate(1, rs: 31, rt: 0x10, 16))
    image[register: 31] = .max
    let thread = try execute(image).thread()
    #expect(thread.nextPC == 0x1044)
    #expect(thread.registers[31] == 0x1008)
  }

  @Test("A branch or jump in a delay slot is a panic", arguments: Versions.all)
  func delaySlot(_ version: StateVersion) throws {
    let branches =
      [
        Assembly.jump(2, to: 0x2000), Assembly.jump(3, to: 0x2000), Assembly.special(8, rs: 8),
        Assembly.special(9, rs: 8, rd: 31), Assembly.immediate(4, 3),
        Assembly.immediate(5, 3), Assembly.immediate(6, 3), Assembly.immediate(7, 3),
      ] + (0..<32).map { Assembly.immediate(1, rt: $0, 3) }
    for word in branches {
      let image = MachineImage(version, code: [Assembly.immediate(4, 8), word, Assembly.stop])
      #expect(try panic(image, after: 1) == .branchInDelaySlot(word))
    }
  }

  @Test(
    "A branch may follow one that goes to the instruction after its slot",
    arguments: Versions.all)
  func branchToTheNext(_ version: StateVersion) throws {
    let code = [
      Assembly.immediate(4, 1), Assembly.immediate(4, 3), Assembly.nop, Assembly.stop,
    ]
    let thread = try execute(MachineImage(version, code: code), steps: 3).thread()
    #expect(thread.pc == 0x1014)
  }

  @Test("A misaligned pc is a panic at the fetch, not at the jump", arguments: Versions.all)
  func misaligned(_ version: StateVersion) throws {
    for target in [0x2001, 0x2002, 0x2003] as [UInt64] {
      var image = Self.image(version, Assembly.special(8, rs: 8))
      image[register: 8] = target
      #expect(try execute(image, steps: 2).thread().pc == target)
      #expect(try panic(image, after: 2) == .misalignedFetch)
    }
  }

  @Test("The pc wraps at the end of the address space", arguments: Versions.all)
  func wrap(_ version: StateVersion) throws {
    let mask = version.wordSize.mask
    let last = mask - 3
    var image = MachineImage(version, code: [Assembly.set(8, to: 7)], at: last)
    image.write(words: [Assembly.set(9, to: 8), Assembly.stop], at: 0)
    let thread = try execute(image, steps: 2).thread()
    #expect(thread.pc == 4)
    #expect(thread.registers[8] == 7)
    #expect(thread.registers[9] == 8)
    // A branch in the last word has its slot at address 0.
    image.write(words: [Assembly.immediate(4, 2)], at: last)
    let branched = try execute(image, steps: 2).thread()
    #expect(branched.pc == 8)
    #expect(branched.registers[9] == 8)
  }

  @Test(
    "Register jumps between addresses that share a place in an engine's table",
    arguments: Versions.all)
  func sharedPlace(_ version: StateVersion) throws {
    // Address 0 among them, which an empty entry seems to be of.
    var image = MachineImage(version, code: [Assembly.special(8, rs: 11), Assembly.nop])
    image[register: 11] = 0x1_0000
    image.write(words: [Assembly.special(8), Assembly.nop], at: 0x1_0000)
    image.write(
      words: [Assembly.immediate(9, rs: 10, rt: 10, 1), Assembly.special(8, rs: 11), Assembly.nop],
      at: 0)
    #expect(try execute(image, steps: 500).thread().registers[10] == 100)
  }
}
