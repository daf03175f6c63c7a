import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Futexes")
struct FutexTests {
  private static let wait: UInt64 = 128
  private static let wake: UInt64 = 129
  private static let place: UInt64 = 0x2000

  private static func futex(
    _ version: StateVersion, _ operation: UInt64, at address: UInt64 = place, value: UInt64 = 0,
    timeout: UInt64 = 0
  ) -> MachineImage {
    var image = call(
      version, number(version, 4238, 5194), address, operation, value, timeout)
    image.write(words: [0x0102_0304, 0x0506_0708], at: place)
    return image
  }

  /// The address that a futex of `address` has, and the value there.
  private static func effective(
    _ version: StateVersion, _ address: UInt64
  ) -> (address: UInt64, value: UInt64) {
    if version == .v3 { return (place, 0x0102_0304_0506_0708) }
    return address < place + 4 ? (place, 0x0102_0304) : (place + 4, 0x0506_0708)
  }

  @Test(
    "A wait for another value fails, and other operations do",
    arguments: Versions.multiThreaded)
  func refused(_ version: StateVersion) throws {
    let mismatch = Self.futex(version, Self.wait, value: 5)
    #expect(try execute(mismatch).state == mismatch.failed(11))
    for operation in [0, 1, 127, 130, 256 + 128, .max] as [UInt64] {
      let other = Self.futex(version, operation, value: 0x0102_0304)
      #expect(try execute(other).state == other.failed(22))
    }
  }

  @Test("A wait blocks the thread where it is", arguments: Versions.blocking)
  func blocks(_ version: StateVersion) throws {
    for offset in [0, 3, 4, 7] as [UInt64] {
      for timeout in [0, 1] as [UInt64] {
        let (address, value) = Self.effective(version, Self.place + offset)
        var image = Self.futex(
          version, Self.wait, at: Self.place + offset, value: value, timeout: timeout)
        image.state.scalars.step = 70
        let machine = try execute(image)
        var expected = image.state
        expected.scalars.step = 71
        expected.scalars.stepsSinceContextSwitch = 1
        expected.threads.left[0].futexAddress = address
        expected.threads.left[0].futexValue = value
        expected.threads.left[0].futexTimeoutStep = timeout == 0 ? .max : 10_071
        #expect(machine.state == expected)
      }
    }
  }

  @Test("A wait compares the low 32 bits of the value", arguments: [StateVersion.v4, .v6, .v8])
  func comparesHalf(_ version: StateVersion) throws {
    let image = Self.futex(version, Self.wait, value: 0x99_0102_0304)
    #expect(try execute(image).state != image.failed(11))
  }

  @Test("A wait and a wake yield", arguments: Versions.yielding)
  func yields(_ version: StateVersion) throws {
    for operation in [Self.wait, Self.wake] {
      var image = Self.futex(version, operation, at: Self.place + 3, value: 0x0102_0304, timeout: 1)
      image.state.threads.left.insert(ThreadState(id: 1, version: version), at: 0)
      var expected = image.answered(0)
      expected.threads.right = [expected.threads.left.removeLast()]
      expected.scalars.stepsSinceContextSwitch = 0
      #expect(try execute(image).state == expected)
    }
  }

  /// A thread 1 that waits at ``place``, alone with thread 0 in a loop.
  private static func waiting(
    _ version: StateVersion, until timeout: UInt64 = .max
  ) -> MachineImage {
    var image = MachineImage(version)
    image.write(words: [0x0102_0304, 0x0506_0708], at: place)
    image.thread.id = 1
    (image.thread.futexAddress, image.thread.futexValue) = effective(version, place)
    image.thread.futexTimeoutStep = timeout
    image[register: 2] = 55
    image[register: 7] = 66
    return image
  }

  @Test(
    "A blocked thread is passed over while the value is the same",
    arguments: Versions.blocking)
  func passedOver(_ version: StateVersion) throws {
    let image = Self.waiting(version)
    let machine = try execute(image)
    var expected = image.state
    expected.threads = ThreadTable(left: [], right: image.state.threads.left)
    expected.scalars.traverseRight = true
    expected.scalars.step = 1
    #expect(machine.state == expected)
  }

  @Test("A blocked thread goes on when the value is another one", arguments: Versions.blocking)
  func goesOn(_ version: StateVersion) throws {
    var image = Self.waiting(version)
    image.write([9], at: Self.place + 3)
    image.state.scalars.stepsSinceContextSwitch = 30
    var expected = image.answered(0)
    expected.scalars.stepsSinceContextSwitch = 30
    expected.threads.left[0].futexAddress = version.wordSize.mask
    expected.threads.left[0].futexValue = 0
    expected.threads.left[0].futexTimeoutStep = 0
    #expect(try execute(image).state == expected)
  }

  @Test("A wait is over when its time is", arguments: Versions.blocking)
  func timesOut(_ version: StateVersion) throws {
    var image = Self.waiting(version, until: 100)
    image.state.scalars.step = 99
    #expect(try execute(image).state.threads.right.count == 1, "step 100 is still in time")
    image.state.scalars.step = 100
    var expected = image.failed(145)
    expected.scalars.stepsSinceContextSwitch = 0
    expected.threads.left[0].futexAddress = version.wordSize.mask
    expected.threads.left[0].futexValue = 0
    expected.threads.left[0].futexTimeoutStep = 0
    #expect(try execute(image).state == expected)
  }

  @Test("A wake looks for the waiter, a thread a step", arguments: Versions.blocking)
  func wake(_ version: StateVersion) throws {
    let waiter = Self.waiting(version).thread
    var image = Self.futex(version, Self.wake, at: Self.place + 1)
    image.thread.id = 2
    let first = ThreadState(id: 0, version: version)
    image.state.threads.left = [first, waiter] + image.state.threads.left
    let none = version.wordSize.mask
    let machine = try image.machine(.step)

    try machine.runStep()
    #expect(machine.state.threads.left.map(\.id) == [0, 1])
    #expect(machine.state.threads.right.map(\.id) == [2])
    #expect(machine.state.scalars.wakeup == Self.place)
    #expect(!machine.state.scalars.traverseRight)
    #expect(machine.state.threads.right[0].pc == 0x1004)

    try machine.runStep()
    #expect(machine.state.scalars.wakeup == none)
    #expect(machine.state.threads.left.map(\.id) == [0, 1])

    try machine.runStep()
    // The value is unchanged, so the waiter waits on.
    #expect(machine.state.threads.left.map(\.id) == [0])
    #expect(machine.state.threads.right.map(\.id) == [2, 1])
  }

  @Test("A wake of nobody looks at every thread once", arguments: Versions.blocking)
  func wakeNobody(_ version: StateVersion) throws {
    var image = Self.futex(version, Self.wake)
    image.state.threads.right = [ThreadState(id: 1, version: version)]
    let none = version.wordSize.mask
    let machine = try image.machine(.step)
    try machine.runStep()
    // The left stack is empty: the search starts on the right.
    #expect(machine.state.scalars.traverseRight)
    #expect(machine.state.threads.right.map(\.id) == [1, 0])
    #expect(machine.state.scalars.wakeup == Self.place)
    try machine.runStep()
    #expect(machine.state.threads.right.map(\.id) == [1])
    #expect(machine.state.scalars.wakeup == Self.place)
    try machine.runStep()
    // It ends when it turns from the right to the left.
    #expect(machine.state.threads.left.map(\.id) == [0, 1])
    #expect(!machine.state.scalars.traverseRight)
    #expect(machine.state.scalars.wakeup == none)
  }

  @Test("The search moves exited threads too", arguments: Versions.blocking)
  func searchMovesExited(_ version: StateVersion) throws {
    var image = MachineImage(version)
    image.thread.exited = true
    image.state.threads.left.insert(ThreadState(id: 1, version: version), at: 0)
    image.state.scalars.wakeup = Self.place
    let machine = try execute(image)
    #expect(machine.state.threads.left.map(\.id) == [1])
    #expect(machine.state.threads.right.map(\.id) == [0])
  }
}
