import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Keccak

/// States made up from a seed, in which every field has a value of its own.
enum SampleState {
  /// - Parameter pages: the indices of the pages; each is filled with noise and runs of zeros.
  static func image(
    _ version: StateVersion, pages: [UInt64] = [0, 1, 0x7FFFD], threads: Int = 3,
    hint: [UInt8] = [0, 0, 0, 9, 0x61], seed: UInt64 = 1
  ) throws -> MemoryImage {
    var random = SeededGenerator(seed: seed)
    let memory = Memory(wordSize: version.wordSize)
    for page in pages { try fill(page, of: memory, &random) }
    return MemoryImage(
      state: state(version, threads: threads, hint: hint, &random), memory: memory)
  }

  private static func fill(
    _ page: UInt64, of memory: Memory, _ random: inout SeededGenerator
  ) throws {
    var bytes = [UInt8](repeating: 0, count: Memory.pageSize)
    for _ in 0..<64 { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
    try bytes.withUnsafeBytes { try memory.write($0, at: page << 12) }
  }

  private static func state(
    _ version: StateVersion, threads: Int, hint: [UInt8], _ random: inout SeededGenerator
  ) -> MachineState {
    let mask = version.wordSize.mask
    var state = MachineState(version: version)
    state.scalars.preimageKey = Bytes32((0..<32).map { _ in UInt8(random.below(256)) }) ?? Bytes32()
    state.scalars.preimageOffset = random.next() & mask
    state.scalars.heap = random.next() & mask
    state.scalars.exitCode = UInt8(random.below(256))
    state.scalars.exited = true
    state.scalars.step = random.next()
    state.lastHint = PendingHint(hint)
    if version.isSingleThreaded {
      state.threads.left = [thread(0, version, &random)]
      return state
    }
    state.scalars.reservation = Reservation(
      status: UInt8(random.below(3)), address: random.next() & mask, owner: random.next() & mask)
    state.scalars.stepsSinceContextSwitch = random.next()
    state.scalars.traverseRight = true
    state.scalars.nextThreadID = random.next() & mask
    if version.hasBlockingFutexes { state.scalars.wakeup = random.next() & mask }
    let all = (0..<threads).map { thread(UInt64($0), version, &random) }
    state.threads = ThreadTable(left: Array(all.prefix(1)), right: Array(all.dropFirst()))
    return state
  }

  private static func thread(
    _ id: UInt64, _ version: StateVersion, _ random: inout SeededGenerator
  ) -> ThreadState {
    let mask = version.wordSize.mask
    var thread = ThreadState(id: id, version: version)
    if version.hasBlockingFutexes {
      thread.futexAddress = random.next() & mask
      thread.futexValue = random.next() & (version.futexBytes == 8 ? .max : 0xFFFF_FFFF)
      thread.futexTimeoutStep = random.next()
    }
    if !version.isSingleThreaded {
      thread.exitCode = UInt8(random.below(256))
      thread.exited = random.chance(2)
    }
    thread.pc = random.next() & mask
    thread.nextPC = random.next() & mask
    thread.lo = random.next() & mask
    thread.hi = random.next() & mask
    for index in 0..<32 { thread.registers[index] = random.next() & mask }
    return thread
  }
}
