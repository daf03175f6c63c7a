import FalconetMachine
import Keccak

/// A random machine, the same for the same version and seed: code, data, threads, and a state that
/// may be one that no program gets into.
package enum RandomProgram {
  /// - Parameter codeSize: bytes of each region of code; nil leaves it to the seed.
  package static func image(
    _ version: StateVersion, seed: UInt64, codeSize: UInt64? = nil
  ) -> MachineImage {
    var random = SeededGenerator(version, seed: seed, salt: 0)
    let addresses = AddressPool(version.wordSize, codeSize: codeSize, using: &random)
    var image = MachineImage(version)
    fill(&image, addresses, using: &random)
    var generator = InstructionGenerator(
      version.newestRevision.rules, random: SeededGenerator(seed: random.next()))
    for region in addresses.code {
      let words = generator.code(Int(addresses.codeSize / 4), at: region)
      image.write(words: words, at: region)
    }
    setScalars(&image, addresses, using: &random)
    setThreads(&image, addresses, &generator, using: &random)
    return image
  }

  /// Random data in a few places, small words among it.
  private static func fill(
    _ image: inout MachineImage, _ addresses: AddressPool, using random: inout SeededGenerator
  ) {
    for _ in 0..<random.below(4) {
      let words = (0..<16).map { _ in
        random.chance(2) ? UInt32(random.below(4)) : UInt32(truncatingIfNeeded: random.next())
      }
      image.write(words: words, at: addresses.data(using: &random))
    }
  }

  private static func setScalars(
    _ image: inout MachineImage, _ addresses: AddressPool, using random: inout SeededGenerator
  ) {
    let version = image.version
    let space = version.addressSpace
    for index in 0..<32 where index != 31 || random.chance(4) {
      image.state.scalars.preimageKey[index] = UInt8(truncatingIfNeeded: random.next())
    }
    image.state.scalars.preimageOffset = UInt64(random.below(4))
    image.state.scalars.heap = random.chance(4) ? space.heapEnd - 0x2000 : space.heapStart
    image.state.scalars.step = random.chance(2) ? 0 : random.next() & 0xFFFF_FFFF
    if random.chance(8) { image.state.lastHint = [0, 0] }
    guard !version.isSingleThreaded else { return }
    if random.chance(2) {
      image.state.scalars.stepsSinceContextSwitch = 99_500 + UInt64(random.below(600))
    }
    if random.chance(6) {
      image.state.scalars.reservation = Reservation(
        status: UInt8(random.below(4)), address: addresses.data(using: &random),
        owner: UInt64(random.below(3)))
    }
    if version.hasBlockingFutexes, random.chance(8) {
      image.state.scalars.wakeup = addresses.data(using: &random) & ~7
    }
  }

  private static func setThreads(
    _ image: inout MachineImage, _ addresses: AddressPool, _ generator: inout InstructionGenerator,
    using random: inout SeededGenerator
  ) {
    let version = image.version
    func thread(_ id: UInt64) -> ThreadState {
      var thread = ThreadState(id: id, version: version)
      setRegisters(&thread, version.wordSize.mask, addresses, &generator, using: &random)
      thread.pc = addresses.instruction(using: &random)
      thread.nextPC = (thread.pc &+ 4) & version.wordSize.mask
      if random.chance(10) { thread.nextPC = addresses.instruction(using: &random) }
      if random.chance(100) { thread.nextPC |= 2 }
      return thread
    }
    image.state.threads.left = [thread(0)]
    guard !version.isSingleThreaded else { return }
    let count = random.chance(2) ? 1 : UInt64(random.below(4) + 1)
    for id in 1..<max(count, 2) where id < count {
      var other = thread(id)
      other.exited = random.chance(6)
      if version.hasBlockingFutexes, random.chance(3) {
        other.futexAddress = addresses.data(using: &random) & ~7
        other.futexValue = UInt64(random.below(2))
        other.futexTimeoutStep =
          random.chance(2) ? ThreadState.noTimeout : image.state.scalars.step &+ 50
      }
      if random.chance(2) {
        image.state.threads.left.append(other)
      } else {
        image.state.threads.right.append(other)
      }
    }
    image.state.scalars.nextThreadID = count
    image.state.scalars.traverseRight = !image.state.threads.right.isEmpty && random.chance(2)
    if random.chance(200) { image.state.scalars.traverseRight.toggle() }
  }

  private static func setRegisters(
    _ thread: inout ThreadState, _ mask: UInt64, _ addresses: AddressPool,
    _ generator: inout InstructionGenerator, using random: inout SeededGenerator
  ) {
    let special: [UInt64] = [0, 1, .max, 1 << 31, 1 << 63, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
    func value() -> UInt64 {
      switch random.below(3) {
      case 0: random.pick(special)
      case 1: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: random.next())))
      default: random.next()
      }
    }
    for index in 1..<32 { thread.registers[index] = value() & mask }
    thread.registers[6] &= 0x3F
    if random.chance(10) { thread.registers[0] = value() & mask }
    for index in [16, 17, 18, 19, 29] {
      thread.registers[index] = addresses.data(using: &random)
    }
    for index in [20, 21, 22, 23, 31] {
      thread.registers[index] = addresses.instruction(using: &random)
    }
    for index in [24, 25, 28] { thread.registers[index] = UInt64(generator.compute()) }
    thread.lo = value() & mask
    thread.hi = value() & mask
  }
}
