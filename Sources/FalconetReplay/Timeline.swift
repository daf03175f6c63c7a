import FalconetMachine
import Keccak

/// A machine that goes to any of its steps, forwards and backwards.
///
/// Going forwards it keeps states in memory, every so many steps. Going backwards it takes the last one
/// before the step that it is to go to, and executes from there. The host notices none of that: a
/// pre-image is asked for once, and hints and output go out when their step is executed for the first time.
///
/// ```swift
/// let timeline = Timeline(machine)
/// try timeline.go(to: 5_000_000)
/// try timeline.go(to: 4_999_999)
/// ```
///
/// One thread at a time uses a timeline and its machine.
package final class Timeline {
  /// Bytes that states may take beside the machine, unless another number is given: 1 GiB.
  package static let usualMemory: UInt64 = 1 << 30
  /// Steps between states: executing as many takes a few milliseconds.
  package static let usualInterval: UInt64 = 1 << 22

  /// Must not be run or restored except by this timeline.
  package let machine: Machine
  /// The step that it begins with.
  package let start: UInt64
  /// The step up to which steps have been executed so far.
  package private(set) var frontier: UInt64
  /// Steps executed since the start, again and again too.
  package private(set) var executed: UInt64 = 0

  private let history: PageHistory
  /// The states at the history's moments, without memory.
  private var states: [MachineState]
  private var threadCount = 0
  private let memoryLimit: UInt64
  private let interval: UInt64
  private let oracle: ReplayOracle
  private let output: (GuestStream, [UInt8]) -> Void

  /// A timeline that begins with a machine's present state.
  ///
  /// - Parameters:
  ///   - machine: its source of pre-images and its output are used from here on by the timeline.
  ///   - memoryLimit: bytes that states may take beside the machine. The first one, which is always kept,
  ///     may take more.
  ///   - interval: steps between states.
  package convenience init(
    _ machine: Machine, memoryLimit: UInt64 = usualMemory, interval: UInt64 = usualInterval
  ) {
    self.init(
      machine, ReplayOracle(machine.oracle), machine.onOutput, memoryLimit: memoryLimit,
      interval: interval)
  }

  private init(
    _ machine: Machine, _ oracle: ReplayOracle, _ output: @escaping (GuestStream, [UInt8]) -> Void,
    memoryLimit: UInt64, interval: UInt64
  ) {
    self.machine = machine
    self.oracle = oracle
    self.output = output
    self.memoryLimit = memoryLimit
    self.interval = max(interval, 1)
    start = machine.step
    frontier = machine.step
    history = PageHistory(of: machine.memory, moment: machine.step)
    states = [machine.state]
    threadCount = machine.state.threads.count
    machine.oracle = oracle
    oracle.stepInHand = { [weak self, unowned machine] in
      (machine.step &- 1, self?.isStepNew ?? true)
    }
    machine.onOutput = { [weak self] stream, bytes in
      if self?.isStepNew ?? true { output(stream, bytes) }
    }
  }

  /// A timeline that begins with the present state, changed, on a machine of its own: this one stays as it
  /// is. O(pages).
  ///
  /// No pre-image is asked for again that is known. Hints and output of the other machine go out too.
  package func branch(
    changing change: (Machine) throws(HostMemoryError) -> Void
  ) throws(HostMemoryError) -> Timeline {
    let other = try machine.twinSeed().machine(oracle: oracle)
    other.engine = machine.engine
    other.hintLimit = machine.hintLimit
    try change(other)
    return Timeline(
      other, ReplayOracle(branching: oracle, at: step), output, memoryLimit: memoryLimit,
      interval: interval)
  }

  /// Whether the step in hand, which the counter has counted already, is executed for the first time.
  private var isStepNew: Bool { machine.step > frontier }

  /// Steps executed before the next one.
  package var step: UInt64 { machine.step }

  /// Reads of pre-images and hints up to the present step, oldest first; of very many, the last.
  package var requests: some Sequence<HostRequest> {
    let step = step
    return oracle.requests.lazy.filter { $0.step < step }
  }

  /// Bytes that states and pre-images take beside the machine.
  package var byteCount: UInt64 { stateBytes + oracle.byteCount }

  /// The number of states that are kept.
  package var stateCount: Int { states.count }

  private var stateBytes: UInt64 {
    history.byteCount
      + UInt64(
        threadCount * MemoryLayout<ThreadState>.stride
          + states.count * MemoryLayout<MachineState>.stride)
  }

  // MARK: Going to a step

  /// Goes to a step, or to the first one if it is before that.
  ///
  /// - Returns: whether it is there: otherwise the program exits before, or the machine was interrupted.
  @discardableResult
  package func go(to step: UInt64) throws(MachineError) -> ObservedStop {
    let step = max(step, start)
    restore(before: step)
    return try advance(to: step, StopConditions(), skipsFirst: true)
  }

  /// Takes the machine to the last state at or before a step, unless it is between the two.
  private func restore(before step: UInt64) {
    guard let index = history.index(atOrBefore: step) else { return }
    if machine.step <= step, machine.step >= history[index] { return }
    restore(index)
  }

  /// Goes to the last state that is kept before a step.
  ///
  /// - Returns: its step; nil if there is none.
  func goToState(before step: UInt64) -> UInt64? {
    guard step > start, let index = history.index(atOrBefore: step - 1) else { return nil }
    restore(index)
    return history[index]
  }

  private func restore(_ index: Int) {
    machine.restore(states[index], history, at: index)
  }

  /// Executes forwards until a condition holds, or until a step.
  package func run(
    until step: UInt64 = .max, _ conditions: StopConditions, skipsFirst: Bool = true
  ) throws(MachineError) -> ObservedStop {
    try advance(to: step, conditions, skipsFirst: skipsFirst)
  }

  private func advance(
    to target: UInt64, _ conditions: StopConditions, skipsFirst: Bool
  ) throws(MachineError) -> ObservedStop {
    var skips = skipsFirst
    while true {
      let pause = nextPause
      let before = machine.step
      defer { count(from: before) }
      let stop = try machine.run(
        until: min(target, pause), stoppingFor: conditions, skipsFirst: skips)
      if machine.step == pause, !machine.hasExited { keepState() }
      guard stop == .step, machine.step < target else { return stop }
      skips = false
    }
  }

  /// The data of the next step; nil if the program has exited. The machine is where it was afterwards.
  package func prove() throws(MachineError) -> StepWitness? {
    let here = machine.step
    let witness = try machine.prove()
    count(from: here)
    try go(to: here)
    return witness
  }

  private func count(from before: UInt64) {
    executed &+= machine.step &- before
    frontier = max(frontier, machine.step)
  }

  // MARK: States

  /// The next step at which there is a state, or one is to be kept.
  private var nextPause: UInt64 {
    guard let index = history.index(atOrBefore: machine.step) else { return .max }
    let (due, overflow) = history[index].addingReportingOverflow(interval)
    let planned = overflow ? .max : max(due, machine.step &+ 1)
    return index + 1 < history.count ? min(history[index + 1], planned) : planned
  }

  private func keepState() {
    guard history.mark(machine.step) else { return }
    states.insert(machine.state, at: history.lastVisited)
    threadCount += machine.state.threads.count
    trim()
  }

  /// Discards states until they are within the limit, down to the first and the present one: first those
  /// that cost least to go without, which are far from here and close to each other.
  private func trim() {
    while stateBytes > memoryLimit, let index = leastValuable {
      history.remove(at: index)
      threadCount -= states.remove(at: index).threads.count
    }
  }

  private var leastValuable: Int? {
    let here = machine.step
    var best: (index: Int, value: Double)?
    for index in 1..<max(history.count, 1) where index != history.lastVisited {
      let moment = history[index]
      let end = index + 1 < history.count ? history[index + 1] : moment + interval
      let gap = Double(end - history[index - 1])
      let distance = Double(moment > here ? moment - here : here - moment)
      let value = gap / (distance + Double(interval))
      if best.map({ value < $0.value }) ?? true { best = (index, value) }
    }
    return best?.index
  }
}
