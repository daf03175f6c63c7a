extension Step {
  /// The system call that register 2 names, with its arguments in registers 4 to 7.
  static func systemCall(_ environment: Environment) throws(StepError) {
    let number = UInt64(environment.register(2, as: Word.self))
    guard let call = SystemCall(number: number, under: environment.rules) else {
      throw .panic(.unknownSystemCall(number: number))
    }
    let a0 = environment.register(4, as: Word.self)
    let a1 = environment.register(5, as: Word.self)
    let a2 = environment.register(6, as: Word.self)
    let result: SystemCallResult
    switch call {
    case .noOperation: result = .value(0)
    case .mmap: result = mmap(a0, a1, environment)
    case .brk: result = .value(addressSpace.programBreak)
    case .gettid: result = .value(environment.withThread { $0.id })
    case .open: result = .failed(.badDescriptor)
    case .read: result = try read(a0, a1, a2, environment)
    case .write: result = try write(a0, a1, a2, environment)
    case .fcntl: result = fcntl(a0, a1, environment)
    case .clockGetTime: result = try clockGetTime(a0, a1, environment)
    case .getrandom: result = try getRandom(a0, a1, environment)
    case .eventfd2: result = eventDescriptor(flags: a1)
    // These choose the next thread, or end one, and complete the call themselves if it completes.
    case .clone: return clone(flags: a0, stack: a1, environment)
    case .exitGroup: return exitGroup(a0, environment)
    case .exit: return exitThread(a0, environment)
    case .yield: return completeAndYield(environment)
    case .futex: return try futex(a0, a1, a2, timeout: a3(environment), environment)
    }
    completeSystemCall(result, environment)
  }

  private static func a3(_ environment: Environment) -> Word {
    environment.register(7, as: Word.self)
  }

  static var addressSpace: AddressSpace { Word.size == .bits32 ? .bits32 : .bits64 }

  /// Sets the result registers, 2 and 7, and moves on to the next instruction.
  static func completeSystemCall(_ result: SystemCallResult, _ environment: Environment) {
    switch result {
    case .value(let value):
      environment.setRegister(2, Word(truncatingIfNeeded: value))
      environment.setRegister(7, 0 as Word)
    case .failed(let error):
      let number = Word(truncatingIfNeeded: error.rawValue)
      let inResult = environment.rules.errorNumberInResult
      environment.setRegister(2, inResult ? number : Word.max)
      environment.setRegister(7, inResult ? Word.max : number)
    }
    environment.advance(Word.self)
  }

  /// Answers 0 and lets the next thread run.
  static func completeAndYield(_ environment: Environment) {
    completeSystemCall(.value(0), environment)
    preempt(environment)
  }

  /// Gives memory by address only: nothing is written.
  private static func mmap(
    _ hint: Word, _ length: Word, _ environment: Environment
  ) -> SystemCallResult {
    guard hint == 0 else { return .value(UInt64(hint)) }
    let size = (length &+ 4095) & ~4095
    let heap = Word(truncatingIfNeeded: environment.scalars.heap)
    let end = heap &+ size
    guard end <= Word(truncatingIfNeeded: addressSpace.heapEnd), end >= heap, size >= length else {
      return .failed(.invalid)
    }
    environment.scalars.heap = UInt64(end)
    return .value(UInt64(heap))
  }

  /// The flag that makes an event descriptor non-blocking; without it the call is refused.
  private static var nonBlocking: Word { 0x80 }

  private static func eventDescriptor(flags: Word) -> SystemCallResult {
    flags & nonBlocking == 0 ? .failed(.invalid) : .value(FileDescriptor.event)
  }
}
