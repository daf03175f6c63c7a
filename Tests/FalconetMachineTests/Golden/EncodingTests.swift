import FalconetMachine
import FalconetTestSupport
import Keccak
import Testing

/// Every field of an encoding is given a value of its own and looked for where the documented
/// layout has it.
@Suite("Encodings of states and threads")
struct EncodingTests {
  /// Where a field is: an offset and a size in bytes.
  typealias Place = (offset: Int, size: Int)

  private static func value(_ bytes: [UInt8], _ place: Place) -> UInt64 {
    bytes[place.offset..<place.offset + place.size].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func state(_ version: StateVersion) -> MachineState {
    var state = MachineState(version: version)
    state.scalars.preimageKey = Keccak256.hash([7])
    state.scalars.preimageOffset = 0x0102_0304
    state.scalars.heap = 0x1112_1314
    state.scalars.reservation = Reservation(status: 2, address: 0x2122_2324, owner: 0x3132_3334)
    state.scalars.exitCode = 0x41
    state.scalars.exited = true
    state.scalars.step = 0x5152_5354_5556_5758
    state.scalars.stepsSinceContextSwitch = 0x6162_6364_6566_6768
    state.scalars.wakeup = 0x7172_7374
    state.scalars.traverseRight = true
    state.scalars.nextThreadID = 0x0102_0305
    state.threads.left[0] = thread(version)
    return state
  }

  private static func thread(_ version: StateVersion) -> ThreadState {
    var thread = ThreadState(id: 0x0A0B_0C0D, version: version)
    thread.exitCode = 0x42
    thread.exited = true
    thread.futexAddress = 0x1A1B_1C1D
    thread.futexValue = 0x2A2B_2C2D
    thread.futexTimeoutStep = 0x3A3B_3C3D_3E3F_3031
    thread.pc = 0x4A4B_4C4D
    thread.nextPC = 0x5A5B_5C5D
    thread.lo = 0x6A6B_6C6D
    thread.hi = 0x7A7B_7C7D
    for index in 0..<32 { thread.registers[index] = 0x0F00_0000 + UInt64(index) }
    return thread
  }

  @Test("The witness of a single thread", arguments: [StateVersion.v0, .v2])
  func singleThreadedWitness(_ version: StateVersion) {
    let state = Self.state(version)
    let root = Keccak256.hash([1])
    let bytes = state.witness(memoryRoot: root)
    #expect(Array(bytes[0..<32]) == root.bytes)
    #expect(Array(bytes[32..<64]) == state.scalars.preimageKey.bytes)
    let values: [(Place, UInt64)] = [
      ((64, 4), 0x0102_0304), ((68, 4), 0x4A4B_4C4D), ((72, 4), 0x5A5B_5C5D),
      ((76, 4), 0x6A6B_6C6D), ((80, 4), 0x7A7B_7C7D), ((84, 4), 0x1112_1314), ((88, 1), 0x41),
      ((89, 1), 1), ((90, 8), 0x5152_5354_5556_5758), ((98, 4), 0x0F00_0000),
      ((222, 4), 0x0F00_001F),
    ]
    for (place, expected) in values { #expect(Self.value(bytes, place) == expected) }
  }

  /// Offsets in the order of `value` below; nil if the version lacks the field.
  @Test(
    "The witness of many threads",
    arguments: [
      (.v1, [64, 68, 72, 73, 77, 81, 82, 83, 91, 99, 103, 104, 136, 168]),
      (.v5, [64, 68, 72, 73, 77, 81, 82, 83, 91, nil, 99, 100, 132, 164]),
      (.v3, [64, 72, 80, 81, 89, 97, 98, 99, 107, 115, 123, 124, 156, 188]),
      (.v4, [64, 72, 80, 81, 89, 97, 98, 99, 107, 115, 123, 124, 156, 188]),
      (.v6, [64, 72, 80, 81, 89, 97, 98, 99, 107, nil, 115, 116, 148, 180]),
      (.v7, [64, 72, 80, 81, 89, 97, 98, 99, 107, nil, 115, 116, 148, 180]),
      (.v8, [64, 72, 80, 81, 89, 97, 98, 99, 107, nil, 115, 116, 148, 180]),
    ] as [(StateVersion, [Int?])])
  func multiThreadedWitness(_ version: StateVersion, _ offsets: [Int?]) {
    let state = Self.state(version)
    let bytes = state.witness(memoryRoot: Keccak256.hash([1]))
    let word = version.wordSize.bytes
    let values: [(Int, UInt64)?] = [
      (word, 0x0102_0304), (word, 0x1112_1314), (1, 2), (word, 0x2122_2324), (word, 0x3132_3334),
      (1, 0x41), (1, 1), (8, 0x5152_5354_5556_5758), (8, 0x6162_6364_6566_6768),
      (word, 0x7172_7374), (1, 1), nil, nil, (word, 0x0102_0305),
    ]
    #expect(Array(bytes[0..<32]) == Keccak256.hash([1]).bytes)
    #expect(Array(bytes[32..<64]) == state.scalars.preimageKey.bytes)
    for (offset, field) in zip(offsets, values) {
      guard let offset, let field else { continue }
      #expect(Self.value(bytes, (offset, field.0)) == field.1, "at \(offset)")
    }
    let roots = [state.threads.left, []].map { ThreadStackRoot.root(of: $0, version: version) }
    for (offset, root) in zip(offsets[11...12], roots) {
      #expect(offset.map { Array(bytes[$0..<$0 + 32]) } == root.bytes)
    }
  }

  /// Offsets of exit code, exited, futex address, value and time-out, pc, next pc, lo, hi and the
  /// registers.
  @Test(
    "A thread",
    arguments: [
      (.v1, [4, 5, 6, 10, 14, 22, 26, 30, 34, 38]),
      (.v3, [8, 9, 10, 18, 26, 34, 42, 50, 58, 66]),
      (.v4, [8, 9, 10, 18, 22, 30, 38, 46, 54, 62]),
      (.v5, [4, 5, nil, nil, nil, 6, 10, 14, 18, 22]),
      (.v6, [8, 9, nil, nil, nil, 10, 18, 26, 34, 42]),
      (.v8, [8, 9, nil, nil, nil, 10, 18, 26, 34, 42]),
    ] as [(StateVersion, [Int?])])
  func thread(_ version: StateVersion, _ offsets: [Int?]) {
    var encoder = FieldEncoder(version: version)
    encoder.append(Self.thread(version))
    let bytes = encoder.bytes
    let word = version.wordSize.bytes
    let futexBytes = version == .v3 ? 8 : 4
    let values: [(Int, UInt64)] = [
      (1, 0x42), (1, 1), (word, 0x1A1B_1C1D), (futexBytes, 0x2A2B_2C2D),
      (8, 0x3A3B_3C3D_3E3F_3031), (word, 0x4A4B_4C4D), (word, 0x5A5B_5C5D), (word, 0x6A6B_6C6D),
      (word, 0x7A7B_7C7D), (word, 0x0F00_0000),
    ]
    #expect(Self.value(bytes, (0, word)) == 0x0A0B_0C0D)
    for (offset, field) in zip(offsets, values) {
      guard let offset else { continue }
      #expect(Self.value(bytes, (offset, field.0)) == field.1, "at \(offset)")
    }
    #expect(Self.value(bytes, (bytes.count - word, word)) == 0x0F00_001F)
  }
}
