/// What happened during a run that is not part of the state: `--debug-info`.
package struct Statistics: Sendable, Equatable {
  /// Pre-images that were asked of the source, not reads by the guest.
  package internal(set) var preimageRequests: UInt64 = 0
  /// Their bytes, without length prefixes.
  package internal(set) var preimageBytes: UInt64 = 0
  /// `sc` and `scd` that succeeded.
  package private(set) var storeConditionalSuccesses: UInt64 = 0
  /// `sc` and `scd` that failed.
  package private(set) var storeConditionalFailures: UInt64 = 0
  /// The greatest distance in steps from a thread's last `ll` to its `sc`.
  package private(set) var longestReservation: UInt64 = 0
  /// Writes to the reserved word's address by other instructions than `sc`.
  package private(set) var reservationsEnded: UInt64 = 0
  /// Threads preempted because their quantum was over.
  package private(set) var forcedPreemptions: UInt64 = 0
  /// Steps that thread 0 waited for its next turn.
  package private(set) var idleStepsOfFirstThread: UInt64 = 0

  /// Wakes after which the first thread that was looked at waited on: versions 1, 3 and 4.
  package private(set) var failedWakes: UInt64 = 0

  /// Whether a wake was asked for and no thread that waits was looked at since.
  private var isWaking = false
  /// The thread and the step of the last `ll`, as long as no `sc` of the thread followed it.
  private var lastLoadLinked: (thread: UInt64, step: UInt64)?
  /// The steps of the last `ll` of the threads that did one most recently before, oldest first.
  private var olderLoadLinked: [(thread: UInt64, step: UInt64)] = []
  private static let rememberedThreads = 5
  private var activeThread: UInt64 = 0
  private var firstThreadLeft: UInt64 = 0

  /// Counts one event of the step that is being executed.
  mutating func note(_ event: StepEvent, step: UInt64, activeThread: UInt64) {
    switch event {
    case .loadLinked(let thread): noteLoadLinked(thread, step)
    case .storeConditional(let thread, let succeeded):
      if succeeded { storeConditionalSuccesses += 1 } else { storeConditionalFailures += 1 }
      noteStoreConditional(thread, step)
    case .reservationEnded: reservationsEnded += 1
    case .forcedPreemption: forcedPreemptions += 1
    case .contextSwitch: noteActive(activeThread, step)
    case .wakeStarted: isWaking = true
    case .waiterWoken: isWaking = false
    case .waiterStayed:
      if isWaking { failedWakes += 1 }
      isWaking = false
    }
  }

  @inline(__always)
  private mutating func noteLoadLinked(_ thread: UInt64, _ step: UInt64) {
    if lastLoadLinked?.thread != thread { makeLast(thread) }
    lastLoadLinked = (thread, step)
  }

  /// Whether an `ll` and an `sc` of a thread, one right after the other, would change nothing but the successes and
  /// perhaps ``longestReservation``.
  func onlyCountsPairs(of thread: UInt64) -> Bool {
    lastLoadLinked == nil && !olderLoadLinked.contains { $0.thread == thread }
  }

  /// Counts pairs of which nothing else is to be noted.
  mutating func noteStores(_ count: UInt64) { storeConditionalSuccesses += count }

  /// Makes room for another thread's last `ll`.
  private mutating func makeLast(_ thread: UInt64) {
    if let lastLoadLinked { olderLoadLinked.append(lastLoadLinked) }
    if olderLoadLinked.isEmpty { return }
    olderLoadLinked.removeAll { $0.thread == thread }
    if olderLoadLinked.count == Self.rememberedThreads { olderLoadLinked.removeFirst() }
  }

  @inline(__always)
  private mutating func noteStoreConditional(_ thread: UInt64, _ step: UInt64) {
    if let last = lastLoadLinked, last.thread == thread {
      longestReservation = max(longestReservation, step &- last.step)
      lastLoadLinked = nil
    } else if !olderLoadLinked.isEmpty {
      noteOlder(thread, step)
    }
  }

  private mutating func noteOlder(_ thread: UInt64, _ step: UInt64) {
    guard let position = olderLoadLinked.lastIndex(where: { $0.thread == thread }) else { return }
    longestReservation = max(longestReservation, step &- olderLoadLinked[position].step)
    olderLoadLinked.remove(at: position)
  }

  private mutating func noteActive(_ thread: UInt64, _ step: UInt64) {
    if activeThread == 0, thread != 0 {
      firstThreadLeft = step
    } else if activeThread != 0, thread == 0 {
      idleStepsOfFirstThread &+= step &- firstThreadLeft
    }
    activeThread = thread
  }

  /// Begins anew what is counted from one step to another, since the machine is at a step that it did not come to.
  mutating func forgetDistances(at step: UInt64, activeThread: UInt64) {
    lastLoadLinked = nil
    olderLoadLinked.removeAll()
    self.activeThread = activeThread
    firstThreadLeft = step
  }

  /// Adds what changed since before a number of steps, so many times more: what as many rounds of the same steps
  /// would change.
  mutating func repeatRound(since before: Statistics, times: UInt64) {
    // Nothing else is counted while all threads wait.
    idleStepsOfFirstThread &+= (idleStepsOfFirstThread &- before.idleStepsOfFirstThread) &* times
    firstThreadLeft &+= (firstThreadLeft &- before.firstThreadLeft) &* times
  }

  package static func == (left: Statistics, right: Statistics) -> Bool {
    left.preimageRequests == right.preimageRequests && left.preimageBytes == right.preimageBytes
      && left.storeConditionalSuccesses == right.storeConditionalSuccesses
      && left.storeConditionalFailures == right.storeConditionalFailures
      && left.longestReservation == right.longestReservation
      && left.reservationsEnded == right.reservationsEnded
      && left.forcedPreemptions == right.forcedPreemptions
      && left.idleStepsOfFirstThread == right.idleStepsOfFirstThread
      && left.failedWakes == right.failedWakes
  }
}
