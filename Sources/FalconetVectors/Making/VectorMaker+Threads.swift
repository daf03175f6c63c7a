import FalconetMachine
import Keccak

extension VectorMaker {
  struct Numbers {
    let futex, yield, clone, exit, exitGroup, gettid, read, write: UInt16

    init(_ version: StateVersion) {
      let is32 = version.wordSize == .bits32
      futex = is32 ? 4238 : 5194
      yield = is32 ? 4162 : 5023
      clone = is32 ? 4120 : 5055
      exit = is32 ? 4001 : 5058
      exitGroup = is32 ? 4246 : 5205
      gettid = is32 ? 4222 : 5178
      read = is32 ? 4003 : 5000
      write = is32 ? 4004 : 5001
    }
  }

  static func call(_ number: UInt16, _ arguments: [(UInt32, UInt16)]) -> [UInt32] {
    arguments.map { Assembly.set($0.0, to: $0.1) } + [
      Assembly.set(2, to: number), Assembly.syscall,
    ]
  }

  /// Several threads that run the same code, in places of their own.
  private static func image(
    _ version: StateVersion, _ code: [UInt32], threads: Int, _ random: inout SeededGenerator
  ) -> MachineImage {
    var image = MachineImage(version, code: code + [UInt32](repeating: Assembly.nop, count: 8))
    image.write([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3], at: 0x2000)
    setRegisters(&image, &random)
    image[register: 16] = 0x2000
    let first = image.thread
    guard !version.isSingleThreaded else { return image }
    for id in 1..<max(threads, 2) where id < threads {
      var thread = first
      thread.id = UInt64(id)
      thread.pc = 0x1000 + 4 * UInt64(random.below(code.count))
      thread.nextPC = thread.pc + 4
      thread.registers[8] = UInt64(id)
      thread.exited = random.chance(4)
      if version.hasBlockingFutexes, random.chance(2) {
        thread.futexAddress = 0x2000 + 4 * UInt64(random.below(3))
        thread.futexValue = UInt64(random.below(3))
        thread.futexTimeoutStep = random.chance(2) ? ThreadState.noTimeout : random.next() % 40
      }
      if random.chance(2) {
        image.state.threads.left.append(thread)
      } else {
        image.state.threads.right.append(thread)
      }
    }
    image.state.scalars.nextThreadID = UInt64(threads)
    if version.hasBlockingFutexes, random.chance(3) {
      image.state.scalars.wakeup = 0x2000 + 4 * UInt64(random.below(3))
    }
    return image
  }

  /// Waits and wakes, of values that are there and are not, with timeouts and without.
  mutating func addFutexes() throws {
    for version in StateVersion.allCases where !version.isSingleThreaded {
      let numbers = Numbers(version)
      for number in 0..<16 {
        var random = random(version, number)
        var code: [UInt32] = []
        for _ in 0..<5 {
          code += Self.call(
            numbers.futex,
            [
              (4, random.pick([0x2000, 0x2000, 0x2004, 0x2008, 0x2001, 0x2FFE])),
              (5, random.pick([0x80, 0x80, 0x81, 0x81, 0, 1, 2])), (6, UInt16(random.below(4))),
              (7, random.pick([0, 0, 1])),
            ])
          if random.chance(2) {
            code.append(Assembly.immediate(0x2B, rs: 16, rt: 8, 4 * random.below(3)))
          }
        }
        let image = Self.image(version, code, threads: 1 + number % 4, &random)
        try add("futex \(number)", image, steps: 44)
      }
      try addIdleness(version)
      guard version.wordSize == .bits64 else { continue }
      // What is compared of a value that has more bits than the word.
      for (number, value) in [0x1_0000_0001, 0x1_0000_0002, 2, UInt64.max << 32 | 3].enumerated() {
        for address in [0x2000, 0x2004, 0x2008] as [UInt16] {
          var random = random(version, 200 + number)
          let code = Self.call(numbers.futex, [(4, address), (5, 0x80), (7, 0)])
          var image = Self.image(version, code, threads: 2, &random)
          image[register: 6] = value
          try add("futex, wide \(number) at \(address & 0xF)", image, steps: 6)
        }
      }
    }
  }

  /// All threads wait, for many rounds of the scheduler, until their times are over: a VM may count such rounds and not
  /// execute them.
  private mutating func addIdleness(_ version: StateVersion) throws {
    guard version.hasBlockingFutexes else { return }
    for number in 0..<8 {
      var random = random(version, 300 + number)
      var image = Self.image(version, [Assembly.nop], threads: 1 + number % 4, &random)
      // The time of the first is over after a part of a round, that of another soon after, or of none.
      func wait(_ thread: inout ThreadState, _ place: Int) {
        thread.exited = false
        thread.futexAddress = 0x2000 + 8 * UInt64(place)
        thread.futexValue = 7
        thread.futexTimeoutStep =
          number < 2 || place == 3 ? ThreadState.noTimeout : UInt64(101 + 13 * place + number)
      }
      var place = 0
      for side in [\MachineState.threads.left, \.threads.right] {
        for index in image.state[keyPath: side].indices {
          wait(&image.state[keyPath: side][index], place)
          image.write(
            [UInt8](repeating: 0, count: version.futexBytes - 1) + [7],
            at: 0x2000 + 8 * UInt64(place))
          place += 1
        }
      }
      image.state.scalars.traverseRight = !image.state.threads.right.isEmpty && number % 3 == 0
      image.state.scalars.wakeup =
        number % 4 == 3 ? 0x2000 : ThreadState.noFutex(version.wordSize)
      try add("everybody waits \(number)", image, steps: 180)
    }
  }

  /// Threads that yield, exit and are made, near the end of their turn, on either stack.
  mutating func addScheduler() throws {
    for version in StateVersion.allCases where !version.isSingleThreaded {
      let numbers = Numbers(version)
      for number in 0..<20 {
        var random = random(version, number)
        var code: [UInt32] = []
        while code.count < 28 {
          switch random.below(6) {
          case 0: code += Self.call(numbers.yield, [])
          case 1: code += Self.call(numbers.gettid, [])
          case 2:
            code += [
              Assembly.immediate(0x0F, rt: 4, 5), Assembly.immediate(0x0D, rs: 4, rt: 4, 0xF00),
            ]
            code += Self.call(numbers.clone, [(5, 0x3000)])
          case 3 where code.count > 12:
            code += Self.call(
              random.chance(6) ? numbers.exitGroup : numbers.exit, [(4, UInt16(random.below(3)))])
          default: code.append(Assembly.immediate(9, rs: 8, rt: 8, 1))
          }
        }
        var image = Self.image(version, code, threads: 1 + number % 5, &random)
        image.state.scalars.stepsSinceContextSwitch = random.pick([
          0, 99_990, 99_998, 99_999, 100_000, 100_001, .max,
        ])
        image.state.scalars.traverseRight = !image.state.threads.right.isEmpty && random.chance(2)
        try add("threads \(number)", image, steps: 48)
      }
      for (name, isRight) in [("left", false), ("right", true)] {
        // A stack that the state says to go on with, and that has nobody.
        var random = random(version, 100)
        var image = Self.image(version, [Assembly.nop], threads: 1, &random)
        image.state.scalars.traverseRight = isRight
        if isRight {
          try add("nobody on the right", image, steps: 2)
        } else {
          image.state.threads.right = image.state.threads.left
          image.state.threads.left = []
          try add("nobody on the \(name)", image, steps: 2)
        }
      }
    }
  }

  // MARK: Programs

  /// Random programs, whose state may be one that no program gets into, programs that loop and change
  /// themselves, and programs with stack frames.
  mutating func addPrograms() throws {
    for version in StateVersion.allCases {
      for seed in UInt64(0)..<10 {
        let image = RandomProgram.image(version, seed: 7000 + seed, codeSize: 0x180)
        try add("random \(seed)", image, steps: 160, preimages: Self.preimages)
      }
      for seed in UInt64(0)..<8 {
        try add("loop \(seed)", LoopProgram.image(version, seed: seed), steps: 300)
      }
      try addFrames(version)
      try addLongPrograms(version)
    }
  }
}
