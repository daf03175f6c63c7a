import FalconetTestSupport
import Testing

@testable import FalconetMachine

/// Runs that end in the middle of a block, which ``RunningMachine/stepOrdinary(atMost:_:)`` executes in part.
@Suite("Blocks that don't fit into what is left of a run")
struct CutBlockTests {
  private static let setups: [EngineSetup] = [
    .translator, .translatorPageTable, .portable, .portableSwitch,
  ]
  private static let count = Assembly.immediate(0x09, rs: 8, rt: 8, 1)
  private static let page: UInt64 = 0x5000

  /// Some computations, other instructions, and more computations: one block.
  private static func image(
    _ version: StateVersion, _ words: [UInt32], before: Int = 6
  ) -> MachineImage {
    let some = [UInt32](repeating: count, count: before)
    let more = [UInt32](repeating: count, count: 6)
    var image = MachineImage(version, code: some + words + more + [Assembly.stop])
    image[register: 20] = page
    image[register: 9] = 7
    return image
  }

  /// Runs both machines to a step, and then to their end.
  private static func run(
    _ image: MachineImage, _ setup: EngineSetup, stops: [UInt64], pageLimit: Int? = nil
  ) throws -> LockStep.Outcome {
    let machines = try LockStep(image, setup)
    if let pageLimit {
      machines.fast.pageLimit = pageLimit
      machines.plain.pageLimit = pageLimit
    }
    for stop in stops where stop > machines.plain.step {
      let outcome = try machines.advance(stop - machines.plain.step)
      guard outcome == .stopped(.step) else { return outcome }
    }
    let outcome = try machines.advance(1000)
    try machines.compareMemory()
    try machines.compareClaims()
    return outcome
  }

  @Test("A step that panics there is reported as the plain step reports it", arguments: setups)
  func panics(_ setup: EngineSetup) throws {
    let panics = [
      [Assembly.special(0x1A, rs: 8, rt: 0)],
      [Assembly.special(0x34, rs: 9, rt: 9), Assembly.stop],
      // A branch in a branch's delay slot.
      [Assembly.immediate(4, rs: 0, rt: 0, 1), Assembly.immediate(4, rs: 0, rt: 0, 1)],
      // A jump to an address that is no multiple of 4.
      [Assembly.special(0x08, rs: 9), Assembly.nop],
    ]
    for words in panics {
      for stop in 1...14 as ClosedRange<UInt64> {
        let outcome = try Self.run(Self.image(.v8, words), setup, stops: [stop, stop + 2])
        guard case .failed(let message) = outcome else {
          Issue.record("\(words) ended with \(outcome)")
          continue
        }
        #expect(message.contains("at step"))
      }
    }
  }

  @Test(
    "A store that the machine has no page for changes nothing, even if it ended a reservation",
    arguments: setups)
  func missingPage(_ setup: EngineSetup) throws {
    let words = [
      Assembly.immediate(0x30, rs: 20, rt: 10, 8), Self.count, Self.count,
      Assembly.immediate(0x2B, rs: 20, rt: 9, 8),
    ]
    for stop in 7...14 as ClosedRange<UInt64> {
      let image = Self.image(.v8, words)
      // Up to the `ll`, then a part of the block behind it.
      let outcome = try Self.run(image, setup, stops: [7, stop], pageLimit: 1)
      guard case .failed(let message) = outcome else {
        Issue.record("it ended with \(outcome)")
        continue
      }
      #expect(message.contains("at step 9"))
    }
  }

  @Test(
    "A store there ends a reservation, and the `sc` behind it fails", arguments: setups,
    [StateVersion.v8, .v4])
  func reservations(_ setup: EngineSetup, _ version: StateVersion) throws {
    let words = [
      Assembly.immediate(0x30, rs: 20, rt: 10, 8), Self.count,
      Assembly.immediate(0x2B, rs: 20, rt: 9, 8), Self.count,
      Assembly.immediate(0x38, rs: 20, rt: 9, 8), Assembly.immediate(0x2B, rs: 0, rt: 9, 0x100),
    ]
    for stop in 1...20 as ClosedRange<UInt64> {
      for second in 0...6 as ClosedRange<UInt64> {
        _ = try Self.run(Self.image(version, words), setup, stops: [stop, stop + second])
      }
    }
  }

  /// A store of another instruction over one behind it in the block, which gives the thread's turn to another.
  @Test("What the block overwrites there is executed as written", arguments: setups)
  func overwritten(_ setup: EngineSetup) throws {
    for (place, word) in [(9, Assembly.syscall), (10, Assembly.stop), (11, Assembly.set(8, to: 9))]
    {
      var image = Self.image(
        .v8, [Assembly.immediate(0x2B, rt: 16, 0x1000 + 4 * place), Self.count, Self.count])
      image[register: 16] = UInt64(word)
      image[register: 2] = 5023
      var other = try #require(image.state.activeThread)
      other.id = 1
      (other.pc, other.nextPC) = (0x1000, 0x1004)
      image.state.threads.right.append(other)
      // The quantum ends soon after.
      for steps in 99_970...100_000 as ClosedRange<UInt64> {
        image.state.scalars.stepsSinceContextSwitch = steps
        _ = try Self.run(image, setup, stops: [])
        _ = try Self.run(image, setup, stops: [7, 9, 10])
      }
    }
  }

  /// The same with a wake of waiting threads, after which the next step is the scheduler's.
  @Test(
    "Behind a system call that the block writes into itself there, the scheduler comes first",
    arguments: setups, Versions.all)
  func overwrittenByWake(_ setup: EngineSetup, _ version: StateVersion) throws {
    for place in [9, 10] {
      var image = Self.image(
        version, [Assembly.immediate(0x2B, rt: 16, 0x1000 + 4 * place), Self.count, Self.count])
      image[register: 16] = UInt64(Assembly.syscall)
      image[register: 2] = version.wordSize == .bits64 ? 5194 : 4238
      image[register: 4] = Self.page
      image[register: 5] = 129
      for steps in 99_970...100_000 as ClosedRange<UInt64> {
        image.state.scalars.stepsSinceContextSwitch = steps
        _ = try Self.run(image, setup, stops: [])
      }
    }
  }

  @Test("A loop may be cut time and again, wherever", arguments: setups)
  func loops(_ setup: EngineSetup) throws {
    let body = [
      Self.count, Assembly.immediate(0x37, rs: 20, rt: 10, 16), Self.count,
      Assembly.special(0x2D, rs: 10, rt: 8, rd: 10), Assembly.immediate(0x3F, rs: 20, rt: 10, 16),
      Assembly.special(0x19, rs: 10, rt: 8), Assembly.special(0x12, rd: 11), Self.count,
      Assembly.immediate(0x19, rs: 9, rt: 9, -1), Assembly.immediate(5, rs: 9, rt: 0, -10),
      Assembly.special(0x25, rs: 11, rd: 12),
    ]
    var image = MachineImage(.v8, code: body + [Assembly.stop])
    image[register: 20] = Self.page
    image[register: 9] = 200
    for distance in 1...25 as ClosedRange<UInt64> {
      let machines = try LockStep(image, setup)
      while try machines.advance(distance) == .stopped(.step) {}
      try machines.compareMemory()
      try machines.compareClaims()
      #expect(machines.plain.step == 11 * 200)
    }
  }

  @Test("The rest of a block is executed without code once")
  func once() {
    let cuts = CutBlocks()
    #expect(cuts.take(0) == nil)
    cuts.note(0x1000, length: 10, executed: 4)
    #expect(cuts.take(0x1000) == nil)
    #expect(cuts.take(0x1010) == 6)
    #expect(cuts.take(0x1010) == nil)
    cuts.note(0x1000, length: 10, executed: 4)
    #expect(cuts.take(0x1010) == nil)
    // Nothing executed, and nothing left.
    cuts.note(0x2000, length: 10, executed: 0)
    cuts.note(0x3000, length: 10, executed: 10)
    #expect(cuts.take(0x2000) == nil && cuts.take(0x3028) == nil)
    // Another address in its place.
    cuts.note(0x4000, length: 3, executed: 1)
    cuts.note(0x4000 + 4096, length: 3, executed: 2)
    cuts.note(0x4000 + 4092, length: 3, executed: 2)
    #expect(cuts.take(0x4004) == nil)
    #expect(cuts.take(0x5004) == 1)
  }
}
