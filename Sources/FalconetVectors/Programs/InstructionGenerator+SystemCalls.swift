import FalconetMachine

extension InstructionGenerator {
  /// A system call with arguments that make sense to it, more or less.
  mutating func emitSystemCall() {
    let numbers = Numbers(rules.wordSize)
    switch random.below(24) {
    case 0...2: emitTransfer(numbers.read, descriptors: [0, 3, 5, 5, 5, 5, 6, 100])
    case 3...6: emitTransfer(numbers.write, descriptors: [1, 2, 4, 6, 6, 6, 6, 5, 100])
    case 7...8: call(numbers.yield)
    case 9...10:
      move(5, from: base())
      set(4, random.pick([0, 1, 1, 1, 2]))
      call(numbers.clock)
    case 11...12:
      move(4, from: base())
      set(5, UInt16(random.below(12)))
      call(numbers.random)
    case 13...15: emitFutex(numbers.futex)
    case 16...17:
      emit(Assembly.immediate(0x0F, rt: 4, 0x5))
      emit(Assembly.immediate(0x0D, rs: 4, rt: 4, random.chance(20) ? 0xF01 : 0xF00))
      move(5, from: base())
      call(numbers.clone)
    case 18:
      set(4, UInt16(random.below(4)))
      call(random.chance(6) ? numbers.exitGroup : numbers.exit)
    case 19:
      set(4, random.pick([0, 1, 2, 5, 6, 9, 100]))
      set(5, random.pick([1, 3, 4]))
      call(numbers.fcntl)
    case 20:
      if random.chance(2) { set(4, 0) } else { move(4, from: base()) }
      call(numbers.mmap)
    case 21:
      set(5, random.pick([0, 0x80]))
      call(numbers.eventDescriptor)
    case 22: call(random.pick([numbers.brk, numbers.threadID, numbers.open, numbers.noOperation]))
    default: call(numbers.base + UInt16(random.below(400)))
    }
  }

  private mutating func emitTransfer(_ number: UInt16, descriptors: [UInt16]) {
    set(4, random.pick(descriptors))
    move(5, from: base())
    if random.chance(3) {
      emit(Assembly.immediate(0x09, rs: 5, rt: 5, random.below(64)))
    }
    set(6, UInt16(random.below(random.chance(4) ? 48 : 10)))
    call(number)
  }

  private mutating func emitFutex(_ number: UInt16) {
    move(4, from: base())
    set(5, random.pick([128, 128, 129, 129, 0]))
    // The value there, if it is below 256.
    if random.chance(4) { set(6, 0) } else { emit(Assembly.immediate(0x24, rs: 4, rt: 6, 3)) }
    set(7, random.pick([0, 1]))
    call(number)
  }

  private mutating func set(_ register: UInt32, _ value: UInt16) {
    emit(Assembly.set(register, to: value))
  }

  private mutating func move(_ register: UInt32, from source: UInt32) {
    emit(Assembly.special(0x25, rs: source, rd: register))
  }

  private mutating func call(_ number: UInt16) {
    set(2, number)
    emit(Assembly.syscall)
  }

  /// Numbers of system calls (Linux's o32 and n64 tables).
  private struct Numbers {
    let base, read, write, open, brk, mmap, fcntl, yield, clone, exit, exitGroup: UInt16
    let futex, threadID, clock, random, eventDescriptor, noOperation: UInt16

    init(_ wordSize: WordSize) {
      let is32 = wordSize == .bits32
      base = is32 ? 4000 : 5000
      read = is32 ? 4003 : 5000
      write = is32 ? 4004 : 5001
      open = is32 ? 4005 : 5002
      brk = is32 ? 4045 : 5012
      mmap = is32 ? 4090 : 5009
      fcntl = is32 ? 4055 : 5070
      yield = is32 ? 4162 : 5023
      clone = is32 ? 4120 : 5055
      exit = is32 ? 4001 : 5058
      exitGroup = is32 ? 4246 : 5205
      futex = is32 ? 4238 : 5194
      threadID = is32 ? 4222 : 5178
      clock = is32 ? 4263 : 5222
      random = is32 ? 4353 : 5313
      eventDescriptor = is32 ? 4325 : 5284
      noOperation = is32 ? 4091 : 5011
    }
  }
}
