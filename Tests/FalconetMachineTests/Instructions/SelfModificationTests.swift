import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Testing

/// Each program replaces an instruction by `ori r10, r0, 7` and comes to it, all within what an
/// engine that executes a run at a time would take as one.
@Suite("Code that the guest writes executes as written")
struct SelfModificationTests {
  private static let replacement = Assembly.set(10, to: 7)
  private static let nop = Assembly.nop
  private static let stop = Assembly.stop

  /// `sw r9, place(r0)`: puts the replacement at a place below 32 KiB.
  private static func store(to place: Int) -> UInt32 {
    Assembly.immediate(0x2B, rt: 9, place)
  }

  private static func image(_ version: StateVersion, _ code: [UInt32]) -> MachineImage {
    var image = MachineImage(version, code: code)
    image[register: 9] = UInt64(replacement)
    return image
  }

  private static func expectReplaced(
    _ image: MachineImage, steps: UInt64, oracle: any PreimageOracle = NoPreimages(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let machine = try execute(
      image, steps: steps, oracle: oracle, sourceLocation: sourceLocation)
    #expect(try machine.register(10) == 7, sourceLocation: sourceLocation)
  }

  @Test("Ahead of the store", arguments: Versions.all)
  func ahead(_ version: StateVersion) throws {
    for distance in 1...4 {
      var code = [Self.store(to: 0x1000 + 4 * distance), Self.nop, Self.nop, Self.nop, Self.nop]
      code.append(Self.stop)
      try Self.expectReplaced(Self.image(version, code), steps: 5)
    }
  }

  @Test("Behind the store, in a loop", arguments: Versions.all)
  func behind(_ version: StateVersion) throws {
    let code = [Self.nop, Self.store(to: 0x1000), Assembly.immediate(4, -3), Self.nop, Self.stop]
    try Self.expectReplaced(Self.image(version, code), steps: 8)
  }

  @Test("At a branch's target, stored from its delay slot", arguments: Versions.all)
  func fromDelaySlot(_ version: StateVersion) throws {
    let code = [
      Assembly.immediate(4, 3), Self.store(to: 0x1010), Self.stop, Self.stop, Self.nop, Self.stop,
    ]
    try Self.expectReplaced(Self.image(version, code), steps: 3)
  }

  @Test("In a delay slot, and in place of a branch", arguments: Versions.all)
  func branches(_ version: StateVersion) throws {
    let slot = [Self.store(to: 0x1008), Assembly.immediate(4, 2), Self.nop, Self.stop, Self.nop]
    try Self.expectReplaced(Self.image(version, slot + [Self.stop]), steps: 3)
    let branch = [Self.store(to: 0x1004), Assembly.immediate(4, -2), Self.nop, Self.stop]
    try Self.expectReplaced(Self.image(version, branch), steps: 3)
  }

  @Test("On another page that was executed before", arguments: Versions.all)
  func otherPage(_ version: StateVersion) throws {
    let call = Assembly.jump(3, to: 0x2000)
    var image = Self.image(
      version, [call, Self.nop, Self.store(to: 0x2000), call, Self.nop, Self.stop])
    image.write(words: [Self.nop, Assembly.special(8, rs: 31), Self.nop, Self.stop], at: 0x2000)
    try Self.expectReplaced(image, steps: 11)
  }

  @Test("By every kind of store", arguments: Versions.all)
  func kinds(_ version: StateVersion) throws {
    let ll = Assembly.immediate(0x30, rt: 8, 0x1010)
    let stores: [[UInt32]] = [
      [ll, Assembly.immediate(0x38, rt: 9, 0x1010), Self.nop],
      // Byte by byte would pass through other instructions: halves, the high one first.
      [
        Assembly.immediate(0x29, rt: 12, 0x1010), Assembly.immediate(0x29, rt: 9, 0x1012), Self.nop,
      ],
      [Assembly.immediate(0x2A, rt: 9, 0x1010), Self.nop, Self.nop],
      [Assembly.immediate(0x2E, rt: 9, 0x1013), Self.nop, Self.nop],
    ]
    for words in stores {
      var image = Self.image(version, words + [Self.nop, Self.nop, Self.stop])
      image[register: 12] = UInt64(Self.replacement >> 16)
      try Self.expectReplaced(image, steps: 5)
    }
  }

  /// A system call, a branch to 0x1020, and four instructions there.
  private static func calling(_ version: StateVersion, _ number: UInt64) -> MachineImage {
    var image = image(
      version,
      [Assembly.set(2, to: UInt16(number)), Assembly.syscall, Assembly.immediate(4, 5), nop, stop])
    image.write(words: [nop, nop, nop, nop, stop], at: 0x1020)
    image[register: 5] = 0x1020
    return image
  }

  @Test("By a read of a pre-image", arguments: Versions.all)
  func preimage(_ version: StateVersion) throws {
    var image = Self.calling(version, number(version, 4003, 5000))
    image[register: 4] = 5
    image[register: 6] = 4
    var oracle = DictionaryOracle()
    let word = (0..<4).map { UInt8(truncatingIfNeeded: Self.replacement >> UInt32(24 - 8 * $0)) }
    image.state.scalars.preimageKey = oracle.insert(keccak256: word)
    image.state.scalars.preimageOffset = 8
    try Self.expectReplaced(image, steps: 8, oracle: oracle)
  }

  @Test("By clock_gettime, whose seconds are an instruction", arguments: Versions.multiThreaded)
  func clock(_ version: StateVersion) throws {
    var image = Self.calling(version, number(version, 4263, 5222))
    image[register: 4] = 1
    // The call is the second step; no nanoseconds, which are a nop.
    image.state.scalars.step = 10_000_000 * UInt64(Self.replacement) - 2
    try Self.expectReplaced(image, steps: 8)
  }
}
