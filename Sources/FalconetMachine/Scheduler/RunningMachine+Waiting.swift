extension RunningMachine {
  /// The most steps that are executed at once. Whether to interrupt the run is asked after them.
  private static var mostSteps: UInt64 { 20_000_000 }

  /// Whether all threads may be waiting.
  @inline(__always)
  var mayBeIdle: Bool { waitingSteps > 2 * machine.state.threads.count }

  /// Executes many steps at once if all threads wait.
  ///
  /// The scheduler then moves each to the other stack, one a step, and back: after a round of two steps for each
  /// thread everything is as before but the number of steps, as long as no time is over. One round is
  /// executed to see that it is so; what others would change follows from it.
  func executeRounds<Word: MachineWord>(
    _ word: Word.Type, to target: UInt64
  ) throws(MachineError) {
    waitingSteps = 0
    let round = 2 * UInt64(threads.count)
    let steps = min(target &- scalars.step, stepsUntilTimeout, Self.mostSteps)
    guard steps >= 4 * round else { return }
    // The first round counts a wake that failed, if there was one.
    for _ in 0..<round { try step(word) }
    let before = (statistics: machine.statistics, scalars: scalars, threads: threads)
    for _ in 0..<round { try step(word) }
    var expected = before.scalars
    expected.step &+= round
    guard scalars == expected, threads == before.threads else { return }
    let others = steps / round - 2
    machine.statistics.repeatRound(since: before.statistics, times: others)
    scalars.step &+= others * round
    machine.turns = .max
  }

  /// Steps in which no thread's time is over; 0 if a thread doesn't wait.
  private var stepsUntilTimeout: UInt64 {
    let none = ThreadState.noFutex(rules.wordSize)
    let step = scalars.step
    guard scalars.wakeup == none else { return 0 }
    var last = UInt64.max
    for side in StackSide.allCases {
      for thread in threads.stack(side) {
        guard !thread.exited, thread.futexAddress != none else { return 0 }
        last = min(last, thread.futexTimeoutStep)
      }
    }
    return last > step ? last - step : 0
  }
}
