extension Step {
  /// The only flags that `clone` takes: what Go gives it for a thread.
  private static var cloneFlags: Word { 0x50F00 }

  /// Starts a thread that shares everything but its stack, and runs it next. A single-threaded
  /// machine answers 1 and starts none.
  static func clone(flags: Word, stack: Word, _ environment: Environment) {
    guard environment.rules.threading != .single else {
      completeSystemCall(.value(1), environment)
      return
    }
    guard flags == cloneFlags else {
      exit(code: VMStatus.panic.rawValue, environment)
      return
    }
    let id = Word(truncatingIfNeeded: environment.scalars.nextThreadID)
    environment.saveThread()
    var child = environment.thread
    child.id = UInt64(id)
    child.exitCode = 0
    child.exited = false
    child.pc = child.nextPC
    child.nextPC = UInt64(Word(truncatingIfNeeded: child.pc) &+ 4)
    child.registers[29] = UInt64(stack)
    child.registers[2] = 0
    child.registers[7] = 0
    environment.scalars.nextThreadID = UInt64(id &+ 1)
    completeSystemCall(.value(UInt64(id)), environment)
    start(child, environment)
  }

  static func exitGroup(_ code: Word, _ environment: Environment) {
    exit(code: UInt8(truncatingIfNeeded: code), environment)
  }

  /// Ends the thread; the machine too, if it is the only one. The scheduler removes it later.
  static func exitThread(_ code: Word, _ environment: Environment) {
    let code = UInt8(truncatingIfNeeded: code)
    environment.updateThread { thread in
      thread.exited = true
      thread.exitCode = code
    }
    let side = environment.scalars.activeSide
    if environment.threads.isSingle(side), environment.threads.isEmpty(side.other) {
      exit(code: code, environment)
    }
  }

  private static func exit(code: UInt8, _ environment: Environment) {
    environment.scalars.exited = true
    environment.scalars.exitCode = code
  }

  private static var futexWait: Word { 128 }
  private static var futexWake: Word { 129 }
  /// Steps that a wait with a time-out lasts at most, whatever the time-out is.
  private static var futexTimeoutSteps: UInt64 { 10_000 }

  static func futex(
    _ address: Word, _ operation: Word, _ value: Word, timeout: Word, _ environment: Environment
  ) throws(StepError) {
    let address = address & ~Word(environment.rules.futexBytes - 1)
    let isBlocking = environment.rules.threading == .blockingFutex
    if operation == futexWait {
      let expected =
        environment.rules.futexBytes == 4 ? UInt64(value.low32) : UInt64(value)
      guard try futexValue(at: address, environment) == expected else {
        return completeSystemCall(.failed(.tryAgain), environment)
      }
      guard isBlocking else { return completeAndYield(environment) }
      // The call completes when the scheduler finds that the wait is over.
      let timeoutStep =
        timeout == 0
        ? ThreadState.noTimeout : environment.scalars.step &+ futexTimeoutSteps
      environment.updateThread { thread in
        thread.futexAddress = UInt64(address)
        thread.futexValue = expected
        thread.futexTimeoutStep = timeoutStep
      }
    } else if operation == futexWake {
      if isBlocking { environment.scalars.wakeup = UInt64(address) }
      completeAndYield(environment)
      if isBlocking {
        environment.saveThread()
        environment.scalars.traverseRight = environment.threads.isEmpty(.left)
        environment.loadThread()
        environment.note(.wakeStarted)
      }
    } else {
      completeSystemCall(.failed(.invalid), environment)
    }
  }

  /// The value at a futex address that is aligned to the futex's size.
  static func futexValue(at address: Word, _ environment: Environment) throws(StepError) -> UInt64 {
    let word = try loadWord(at: address, environment)
    if environment.rules.futexBytes == 8 { return UInt64(word) }
    return UInt64(SubWord.load(.wordUnsigned, from: word, at: address, into: 0))
  }
}
