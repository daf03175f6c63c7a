extension Step {
  /// What happens before a thread may execute.
  ///
  /// - Returns: whether the scheduler took the step.
  static func runScheduler(_ environment: Environment) throws(StepError) -> Bool {
    let isBlocking = environment.rules.threading == .blockingFutex
    if isBlocking, environment.scalars.wakeup != ThreadState.noFutex(Word.size) {
      searchWaiter(environment)
      return true
    }
    if environment.withThread({ $0.exited }) {
      try popExitedThread(environment)
      return true
    }
    if isBlocking,
      environment.withThread({ $0.futexAddress }) != ThreadState.noFutex(Word.size)
    {
      try checkWaiter(environment)
      return true
    }
    if environment.scalars.stepsSinceContextSwitch >= quantum {
      environment.note(.forcedPreemption)
      preempt(environment)
      return true
    }
    environment.scalars.stepsSinceContextSwitch &+= 1
    return false
  }

  /// Moves the active thread to the other stack, and turns round if its own is then empty.
  static func preempt(_ environment: Environment) {
    let side = environment.scalars.activeSide
    environment.saveThread()
    environment.threads.move(from: side)
    turnIfEmpty(environment)
    environment.loadThread()
    environment.note(.contextSwitch)
  }

  private static func turnIfEmpty(_ environment: Environment) {
    if environment.threads.isEmpty(environment.scalars.activeSide) {
      environment.scalars.traverseRight.toggle()
    }
    environment.scalars.stepsSinceContextSwitch = 0
  }

  private static func popExitedThread(_ environment: Environment) throws(StepError) {
    let side = environment.scalars.activeSide
    if environment.threads.isSingle(side), environment.threads.isEmpty(side.other) {
      throw .panic(.noThread)
    }
    _ = environment.threads.pop(side)
    turnIfEmpty(environment)
    environment.loadThread()
  }

  /// One step of the search for a thread to wake: right to left, until found or all were seen.
  private static func searchWaiter(_ environment: Environment) {
    if environment.scalars.wakeup == environment.withThread({ $0.futexAddress }) {
      environment.scalars.wakeup = ThreadState.noFutex(Word.size)
      return
    }
    let wasRight = environment.scalars.traverseRight
    preempt(environment)
    if wasRight, !environment.scalars.traverseRight {
      environment.scalars.wakeup = ThreadState.noFutex(Word.size)
    }
  }

  /// Looks whether a waiting thread can go on.
  private static func checkWaiter(_ environment: Environment) throws(StepError) {
    let (address, expected, timeoutStep) = environment.withThread {
      (Word(truncatingIfNeeded: $0.futexAddress), $0.futexValue, $0.futexTimeoutStep)
    }
    let value =
      environment.scalars.step > timeoutStep ? nil : try futexValue(at: address, environment)
    if value == expected {
      preempt(environment)
      environment.note(.waiterStayed)
      return
    }
    environment.updateThread { thread in
      thread.futexAddress = ThreadState.noFutex(Word.size)
      thread.futexValue = 0
      thread.futexTimeoutStep = 0
    }
    let isTimeout = value == nil
    completeSystemCall(
      isTimeout ? .failed(.timedOut) : .value(0), environment)
    environment.note(.waiterWoken)
  }

  /// Puts a new thread on the stack that runs: it runs next.
  static func start(_ thread: ThreadState, _ environment: Environment) {
    environment.saveThread()
    environment.threads.push(thread, on: environment.scalars.activeSide)
    environment.loadThread()
    environment.scalars.stepsSinceContextSwitch = 0
  }
}
