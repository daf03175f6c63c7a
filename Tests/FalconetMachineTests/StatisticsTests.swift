import FalconetMachine
import FalconetOracle
import FalconetTestSupport
import Testing

@Suite("What a machine counts")
struct StatisticsTests {
  private static let ll = Assembly.immediate(0x30, rs: 8, rt: 9)
  private static let sc = Assembly.immediate(0x38, rs: 8, rt: 10)

  private static func image(_ version: StateVersion, _ code: [UInt32]) -> MachineImage {
    var image = MachineImage(version, code: code + [Assembly.stop])
    image[register: 8] = 0x2000
    return image
  }

  @Test("sc that succeed and that fail", arguments: Versions.multiThreaded)
  func conditionals(_ version: StateVersion) throws {
    let code = [Self.ll, Self.sc, Self.sc, Self.ll, Assembly.nop, Assembly.nop, Self.sc, Self.sc]
    let statistics = try execute(Self.image(version, code), steps: 8).statistics
    #expect(statistics.storeConditionalSuccesses == 2)
    #expect(statistics.storeConditionalFailures == 2)
    // Each ll counts once, so the sc without one of its own add nothing.
    #expect(statistics.longestReservation == 3)
    #expect(statistics.reservationsEnded == 0)
  }

  @Test(
    "The longest reservation counts an sc that fails as well",
    arguments: Versions.multiThreaded)
  func longest(_ version: StateVersion) throws {
    let store = Assembly.immediate(0x28, rs: 8, 1)
    let code = [Self.ll, Assembly.nop, store, Assembly.nop, Self.sc]
    let statistics = try execute(Self.image(version, code), steps: 5).statistics
    #expect(statistics.storeConditionalFailures == 1)
    #expect(statistics.longestReservation == 4)
    #expect(statistics.reservationsEnded == 1)
  }

  @Test("Distances in steps begin anew at a restored step", arguments: Versions.multiThreaded)
  func restored(_ version: StateVersion) throws {
    let code = [Assembly.nop, Self.sc, Assembly.nop, Assembly.nop, Self.ll, Assembly.nop]
    let machine = try Self.image(version, code).machine(oracle: NoPreimages())
    let start = machine.checkpoint()
    _ = try machine.run(until: 6)
    machine.restore(start)
    _ = try machine.run(until: 3)
    #expect(machine.statistics.storeConditionalFailures == 2)
    #expect(machine.statistics.longestReservation == 0)
  }

  @Test("A write of word 0 counts when nothing is reserved", arguments: Versions.multiThreaded)
  func wordZero(_ version: StateVersion) throws {
    let code = [Assembly.immediate(0x28, 3), Assembly.immediate(0x28, rs: 8)]
    #expect(try execute(Self.image(version, code), steps: 2).statistics.reservationsEnded == 1)
  }

  @Test("A single-threaded machine counts no reservations", arguments: Versions.singleThreaded)
  func singleThreaded(_ version: StateVersion) throws {
    let code = [Self.ll, Self.sc, Assembly.immediate(0x28, 3)]
    let machine = try execute(Self.image(version, code), steps: 3)
    #expect(try machine.statistics == MachineImage(version).machine().statistics)
  }

  @Test("Only the five threads with the latest ll are recorded", arguments: [5, 6])
  func remembered(_ threads: Int) throws {
    // Threads 0, 1, … do an ll each and exit, but thread 0, which yields. Its sc comes last.
    let yield: [UInt32] = [Assembly.set(2, to: 5023), Assembly.syscall]
    var image = Self.image(.v8, [Self.ll] + yield + [Self.sc])
    for id in 1..<UInt64(threads) {
      var thread = image.thread
      thread.id = id
      thread.pc = 0x1100
      thread.nextPC = 0x1104
      image.state.threads.left.insert(thread, at: 0)
    }
    image.write(words: [Self.ll, Assembly.set(2, to: 5058), Assembly.syscall], at: 0x1100)
    // An exit takes a step more, in which the thread is removed.
    let steps = UInt64(3 + 4 * (threads - 1) + 1)
    let statistics = try execute(image, steps: steps).statistics
    #expect(statistics.storeConditionalFailures == 1)
    #expect(statistics.longestReservation == (threads == 5 ? steps - 1 : 0))
  }

  @Test("Requests for pre-images and their bytes", arguments: Versions.all)
  func preimages(_ version: StateVersion) throws {
    let read =
      [Assembly.set(2, to: UInt16(number(version, 4003, 5000)))]
      + [Assembly.set(7, to: 0), Assembly.syscall]
    var image = Self.image(version, read + read + read)
    image[register: 4] = 5
    image[register: 5] = 0x2000
    image[register: 6] = 4
    var oracle = DictionaryOracle()
    image.state.scalars.preimageKey = oracle.insert(keccak256: Array(1...20))
    let statistics = try execute(image, steps: 9, oracle: oracle).statistics
    #expect(statistics.preimageRequests == 1)
    #expect(statistics.preimageBytes == 20)
  }

  @Test("A wake whose waiter waits on is a failed one", arguments: Versions.blocking)
  func failedWakes(_ version: StateVersion) throws {
    let wake = [Assembly.set(2, to: UInt16(number(version, 4238, 5194))), Assembly.syscall]
    for (value, count) in [(UInt64(0), UInt64(1)), (7, 0)] {
      var image = Self.image(version, wake + [Assembly.nop])
      image[register: 4] = 0x2000
      image[register: 5] = 129
      var waiter = image.thread
      waiter.id = 1
      waiter.futexAddress = 0x2000
      waiter.futexValue = value
      waiter.futexTimeoutStep = .max
      image.state.threads.left.insert(waiter, at: 0)
      image.write(words: [0, 0], at: 0x2000)
      // The call, the search for the waiter, and the look at it.
      #expect(try execute(image, steps: 4).statistics.failedWakes == count)
    }
  }

  @Test("Steps that thread 0 waits, from a switch away to a switch back")
  func idle() throws {
    let yield: [UInt32] = [Assembly.set(2, to: 5023), Assembly.syscall]
    // Thread 0 yields in step 2; thread 1 yields to itself in step 5 and to thread 0 in step 8.
    var image = MachineImage(.v8, code: yield + [Assembly.nop, Assembly.stop])
    var other = ThreadState(id: 1, version: .v8)
    other.pc = 0x1100
    other.nextPC = 0x1104
    image.state.threads.left.insert(other, at: 0)
    let turn = [Assembly.nop] + yield
    image.write(words: turn + turn, at: 0x1100)
    let machine = try execute(image, steps: 9)
    #expect(machine.state.activeThread?.id == 0)
    #expect(machine.statistics.idleStepsOfFirstThread == 6)
    #expect(machine.statistics.forcedPreemptions == 0)
  }
}
