import FalconetMachine

extension VectorMaker {
  /// The vectors of an area that are made, always the same. Of ``VectorArea/recorded`` there are none.
  package static func vectors(_ area: VectorArea) throws -> [StepVector] {
    var maker = VectorMaker(area)
    switch area {
    case .instructions: try maker.addInstructions()
    case .delaySlots: try maker.addDelaySlots()
    case .memory: try maker.addMemory()
    case .reservations: try maker.addReservations()
    case .systemCalls: try maker.addSystemCalls()
    case .futexes: try maker.addFutexes()
    case .scheduler: try maker.addScheduler()
    case .preimages: try maker.addPreimages()
    case .programs: try maker.addPrograms()
    case .recorded: break
    }
    return maker.vectors
  }

  /// Words that instructions treat in different ways: around zero, around the changes of sign and of width,
  /// amounts of shifts.
  static let words: [UInt64] = [
    0, 1, 2, 5, 31, 32, 33, 63, 64, 0x7F, 0x80, 0xFFFF, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000,
    0x8000_0001, 0xFFFF_FFFF, 0x1_0000_0000, 0x1234_5678, 0x0123_4567_89AB_CDEF, 1 << 62,
    (1 << 63) - 1, 1 << 63, UInt64.max - 1, .max, 0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_7FFF_FFFF,
  ]

  /// A page that no two bytes near one another repeat on.
  static let page: [UInt8] = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) }

  /// Sets all registers but 0 to some of ``words``.
  static func setRegisters(_ image: inout MachineImage, _ random: inout SeededGenerator) {
    for register in 1..<32 { image[register: register] = random.pick(words) }
    image.thread.hi = random.pick(words) & image.version.wordSize.mask
    image.thread.lo = random.pick(words) & image.version.wordSize.mask
  }

  /// A generator that an area and a version have for themselves.
  func random(_ version: StateVersion, _ number: Int = 0) -> SeededGenerator {
    let place = VectorArea.allCases.firstIndex(of: area) ?? 0
    return SeededGenerator(
      seed: UInt64(place) << 40 | UInt64(version.rawValue) << 32 | UInt64(number))
  }
}
