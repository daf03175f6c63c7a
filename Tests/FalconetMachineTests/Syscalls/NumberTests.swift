import FalconetMachine
import FalconetTestSupport
import Testing

/// Every number of the range that Linux uses, against lists of what the versions know.
@Suite("Which system calls exist")
struct NumberTests {
  /// Those that answer 0 and do nothing.
  static let noOperations32: Set<UInt64> = [
    4091, 4240, 4218, 4195, 4206, 4194, 4338, 4006, 4200, 4106, 4108, 4215, 4213, 4140, 4288, 4085,
    4298, 4326, 4328, 4249, 4313, 4122, 4024, 4047, 4217, 4266, 4076, 4019, 4104, 4257, 4258, 4261,
    4054,
  ]
  static let noOperations64: Set<UInt64> = [
    5011, 5196, 5027, 5014, 5129, 5013, 5297, 5003, 5016, 5004, 5005, 5247, 5087, 5257, 5285, 5287,
    5208, 5272, 5061, 5100, 5102, 5026, 5225, 5095, 5008, 5036, 5216, 5217, 5220, 5015,
  ]
  /// Those that do something, the simplest included.
  static let others32: Set<UInt64> = [
    4090, 4045, 4120, 4246, 4003, 4004, 4055, 4001, 4162, 4166, 4222, 4238, 4005, 4263, 4020, 4353,
  ]
  static let others64: Set<UInt64> = [
    5009, 5012, 5055, 5205, 5000, 5001, 5070, 5058, 5023, 5034, 5178, 5194, 5002, 5222, 5038, 5313,
  ]

  private static func noOperations(_ version: StateVersion) -> Set<UInt64> {
    switch version {
    case .v1, .v5: noOperations32.union([4020, 4353])
    case .v3: noOperations64.union([5038, 5313, .max])
    case .v4, .v6: noOperations64.union([5038, 5313])
    case .v7: noOperations64.union([5038, 5313, 5010])
    default: noOperations64.union([5038, 5010, 5153])
    }
  }

  private static func others(_ version: StateVersion) -> Set<UInt64> {
    switch version {
    case .v1, .v5: others32
    case .v3, .v4, .v6: others64
    default: others64.union([5284])
    }
  }

  @Test("Numbers that are not listed are a panic", arguments: Versions.multiThreaded)
  func unknown(_ version: StateVersion) throws {
    let is32 = version.wordSize == .bits32
    let known = Self.noOperations(version).union(Self.others(version))
    let range: ClosedRange<UInt64> = is32 ? 4000...4399 : 5000...5349
    let odd: [UInt64] = [
      0, 1, 3999, 4090, 5009, 4400, 5350, 5400, 1 << 31, 0xFFFF_FFFF, 1 << 32, (1 << 32) + 5009,
      .max - 1, .max,
    ]
    for number in Array(range) + odd.map({ $0 & version.wordSize.mask }) {
      let expected: Panic? =
        known.contains(number) ? nil : .unknownSystemCall(number: number)
      #expect(try panic(call(version, number)) == expected, "number \(number)")
    }
  }

  @Test("No-operations answer 0 and change nothing else", arguments: Versions.multiThreaded)
  func noOperations(_ version: StateVersion) throws {
    for number in Self.noOperations(version) {
      let image = call(version, number, 5, 0x9_0000, 7, 8)
      let machine = try execute(image)
      #expect(machine.state == image.answered(0), "number \(number)")
      #expect(machine.memory.pageIndices == [1])
    }
  }

  @Test(
    "A single-threaded machine does nothing for any number but seven",
    arguments: Versions.singleThreaded)
  func singleThreaded(_ version: StateVersion) throws {
    let known: Set<UInt64> = [4090, 4045, 4120, 4246, 4003, 4004, 4055]
    let odd: [UInt64] = [0, 1, 5009, 0xFFFF_FFFF, 1 << 31]
    for number in Array(4000...4399) + odd where !known.contains(number) {
      let image = call(version, number, 1, 0x9_0000, 7, 8)
      let machine = try execute(image)
      #expect(machine.state == image.answered(0), "number \(number)")
      #expect(machine.memory.pageIndices == [1])
    }
    let clone = call(version, 4120, 0x50F00, 0x9_0000)
    #expect(try execute(clone).state == clone.answered(1))
  }

  @Test("Calls that only answer", arguments: Versions.all)
  func answers(_ version: StateVersion) throws {
    let brk = call(version, number(version, 4045, 5012), 5)
    let end: UInt64 = version.wordSize == .bits32 ? 0x4000_0000 : 0x4000_0000_0000
    #expect(try execute(brk).state == brk.answered(end))
    guard !version.isSingleThreaded else { return }
    var gettid = call(version, number(version, 4222, 5178))
    gettid.thread.id = 9
    #expect(try execute(gettid).state == gettid.answered(9))
    let open = call(version, number(version, 4005, 5002), 1, 2, 3)
    #expect(try execute(open).state == open.failed(9))
  }

  @Test("A system call in a delay slot goes on where the branch goes", arguments: Versions.all)
  func delaySlot(_ version: StateVersion) throws {
    var image = call(version, number(version, 4045, 5012))
    image.thread.nextPC = 0x3000
    let machine = try execute(image)
    #expect(try machine.thread().pc == 0x3000)
    #expect(try machine.thread().nextPC == 0x3004)
  }

  @Test("eventfd2 wants its flag", arguments: Versions.numberInResult)
  func eventDescriptor(_ version: StateVersion) throws {
    for (flags, isRefused) in [(0, true), (0x7F, true), (0x80, false), (0xFFF, false)]
      as [(UInt64, Bool)]
    {
      let image = call(version, 5284, 0, flags)
      #expect(try execute(image).state == (isRefused ? image.failed(22) : image.answered(100)))
    }
  }

  @Test("mmap gives addresses in order, up to the heap's end", arguments: Versions.all)
  func mmap(_ version: StateVersion) throws {
    let mmap = number(version, 4090, 5009)
    let end: UInt64 = version.wordSize == .bits32 ? 0x6000_0000 : 0x6000_0000_0000
    let heap = end - 0x3000
    // Hint, size; the answer and the heap behind it, or nil for EINVAL.
    let cases: [(UInt64, UInt64, (UInt64, UInt64)?)] = [
      (0, 0, (heap, heap)), (0, 1, (heap, heap + 0x1000)), (0, 0x1000, (heap, heap + 0x1000)),
      (0, 0x1001, (heap, heap + 0x2000)), (0, 0x3000, (heap, end)), (0, 0x3001, nil),
      (0, .max, nil), (0, .max - 0x1000, nil), (5, .max, (5, heap)), (.max, 1, (.max, heap)),
    ]
    for (hint, size, expected) in cases {
      var image = call(version, mmap, hint, size)
      image.state.scalars.heap = heap
      let machine = try execute(image)
      if let expected {
        var state = image.answered(expected.0 & version.wordSize.mask)
        state.scalars.heap = expected.1
        #expect(machine.state == state, "size \(size)")
      } else {
        #expect(machine.state == image.failed(22 as UInt64), "size \(size)")
      }
      #expect(machine.memory.pageIndices == [1])
    }
  }
}
