import FalconetTestSupport
import Testing

@testable import FalconetMachine

/// Programs whose stack pointer is no frame's, see ``FramePlan``, for longer than a few blocks.
@Suite("Stack pointers that are no frame's")
struct LostFrameTests {
  private static let rounds: UInt64 = 20_000
  private static let isWritable: UInt64 = 0x10_0000

  /// In each round five blocks, which access what the stack pointer names.
  private static let body: [UInt32] = {
    let split = [Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.nop]
    let store = Assembly.immediate(0x3F, rs: 29, rt: 16, 8)
    let load = Assembly.immediate(0x37, rs: 29, rt: 17, 16)
    return [store, load, Assembly.immediate(0x19, rs: 16, rt: 16, 3)] + split
      + [Assembly.immediate(0x3F, rs: 29, rt: 17, 24)] + split + [load] + split + [store] + split
  }()

  /// A loop of rounds, counted down in a register.
  private static func loop(_ counter: UInt32) -> [UInt32] {
    body + [
      Assembly.immediate(0x19, rs: counter, rt: counter, -1),
      Assembly.immediate(5, rs: counter, rt: 0, -(body.count + 2)), Assembly.nop,
    ]
  }

  /// Rounds with a stack pointer, then some with one that is a frame's.
  private static func image(_ stackPointer: UInt64, rounds: UInt64 = rounds) -> MachineImage {
    let words = loop(11) + [Assembly.special(0x25, rs: 4, rd: 29)] + loop(12) + [Assembly.stop]
    var image = MachineImage(.v8, code: words)
    image[register: 29] = stackPointer
    image[register: 4] = isWritable
    image[register: 11] = rounds
    image[register: 12] = 50
    image[register: 16] = 0x1234
    image.write([1], at: isWritable)
    return image
  }

  @Test(
    "After many blocks, no block asks for a frame any longer",
    arguments: [0, 0x10_0004, 0xFFFF_0000_0000_0000, 0x20_0000] as [UInt64])
  func lost(_ stackPointer: UInt64) throws {
    let machines = try LockStep(Self.image(stackPointer), .translator)
    while try machines.advance(60_000) == .stopped(.step), machines.plain.step < 1_000_000 {
      try machines.compareClaims()
    }
    try machines.compareMemory()
    try machines.compareClaims()
    #expect(machines.plain.state.activeThread?.registers[12] == 0)
    if let translator = machines.fast.blockEngine as? Translator {
      // The page at the last address is made by the first store.
      #expect(translator.emitter.usesFrames == (stackPointer == 0x20_0000))
    }
  }

  @Test("Steps of a machine that is taken back time and again count each time")
  func restored() throws {
    // The first store makes the stack's page. Until then the stack pointer is no frame's.
    let machine = try Self.image(0x20_0000, rounds: 20).machine(
      EngineSetup.translator, oracle: NoPreimages())
    let start = machine.checkpoint()
    var (last, hasLooked) = (UInt64(0), false)
    for _ in 0..<70_000 where !hasLooked {
      _ = try machine.run(until: 500)
      guard let translator = machine.blockEngine as? Translator else { return }
      hasLooked = translator.stack.misses < last
      last = translator.stack.misses
      #expect(translator.emitter.usesFrames)
      machine.restore(start)
    }
    #expect(hasLooked)
  }

  @Test(
    "A comparison that a branch asks for may write the stack pointer",
    arguments: [.v8, .v5] as [StateVersion])
  func compared(_ version: StateVersion) throws {
    let isWide = version.wordSize == .bits64
    let add: UInt32 = isWide ? 0x19 : 9
    for (function, branch) in [(0x2A, 4), (0x2A, 5), (0x2B, 4), (0x2B, 5)] as [(UInt32, UInt32)] {
      for stack in [Self.isWritable, 0x7FFF_FFFF_8000] where isWide || stack == Self.isWritable {
        let body: [UInt32] = [
          Assembly.special(0x25, rs: 4, rd: 29), Assembly.immediate(add, rs: 16, rt: 16, 3),
          Assembly.immediate(4, rs: 0, rt: 0, 2), Assembly.nop, Assembly.nop,
          Assembly.special(function, rs: 0, rt: 8, rd: 29),
          Assembly.immediate(branch, rs: 29, rt: 0, 2), Assembly.nop, Assembly.nop,
          Assembly.immediate(isWide ? 0x3F : 0x2B, rs: 29, rt: 16, 8),
        ]
        let words =
          body + [
            Assembly.immediate(add, rs: 11, rt: 11, -1),
            Assembly.immediate(5, rs: 11, rt: 0, -(body.count + 2)), Assembly.nop, Assembly.stop,
          ]
        var image = MachineImage(version, code: words)
        image[register: 4] = stack
        image[register: 8] = 1
        image[register: 11] = 40
        image[register: 16] = 0x1234
        image.write([1], at: stack)
        let machines = try LockStep(image, .translator)
        while try machines.advance(10_000) == .stopped(.step), machines.plain.step < 20_000 {}
        try machines.compareMemory()
        try machines.compareClaims()
      }
    }
  }
}
