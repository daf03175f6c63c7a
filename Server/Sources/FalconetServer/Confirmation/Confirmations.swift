import Dispatch
import Falconet
import Logging
import Synchronization

/// Executes a sample of what was answered a second time, by the plain step or by another VM, and compares.
///
/// One thread does it, beside those that answer. What comes while it has much to do is left out, and counted.
final class Confirmations: Sendable {
  enum Outcome: String, Sendable, CaseIterable { case equal, different, failed, skipped }

  private struct Task: Sendable {
    let game: Game
    let index: UInt64
  }

  private struct State {
    var tasks: [Task] = []
    var counts: [Outcome: UInt64] = [:]
    var steps: UInt64 = 0
    var isStopping = false
    /// What runs now, so that a stop can end it.
    var cancellation: Cancellation?
  }

  private static let queueLimit = 64
  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)

  func count(_ outcome: Outcome) -> UInt64 { state.withLock { $0.counts[outcome] ?? 0 } }
  /// Steps that were executed a second time, at most.
  var steps: UInt64 { state.withLock { $0.steps } }
  var waiting: Int { state.withLock { $0.tasks.count } }

  /// Called with each question that was answered.
  func consider(_ job: Job, _ trace: Trace, _ service: Service) {
    let rate = service.configuration.confirm.rate
    guard rate > 0, Double.random(in: 0..<1) < rate else { return }
    let indices: [UInt64]
    switch job.question {
    case .claims(let values), .proofs(let values): indices = values
    default: return
    }
    // Past the end nothing is executed.
    let last = trace.knownEnd?.index ?? .max
    guard let index = indices.filter({ $0 <= last && $0 < .max }).randomElement() else { return }
    let isTaken = state.withLock { state in
      guard state.tasks.count < Self.queueLimit, !state.isStopping else {
        state.counts[.skipped, default: 0] += 1
        return false
      }
      state.tasks.append(Task(game: job.game, index: index))
      return true
    }
    if isTaken { work.signal() }
  }

  var isStopping: Bool { state.withLock { $0.isStopping } }

  func stop() {
    state.withLock {
      $0.isStopping = true
      $0.cancellation?.cancel()
    }
    work.signal()
  }

  // MARK: The thread

  func serve(_ service: Service) {
    ThreadKind.executing.apply()
    while true {
      work.wait()
      let cancellation = Cancellation()
      let task = state.withLock { state -> Task? in
        guard !state.isStopping, !state.tasks.isEmpty else { return nil }
        state.cancellation = cancellation
        return state.tasks.removeFirst()
      }
      if let task {
        let outcome = confirm(task, service, cancellation)
        state.withLock { $0.counts[outcome, default: 0] += 1 }
      } else if state.withLock({ $0.isStopping }) {
        return
      }
    }
  }

  private func confirm(
    _ task: Task, _ service: Service, _ cancellation: Cancellation
  ) -> Outcome {
    // A game that was closed meanwhile is not opened for this.
    guard let trace = task.game.trace, !task.game.isDeleted else { return .skipped }
    let options = service.configuration.confirm
    let stretch = UInt64(options.steps)
    state.withLock { $0.steps += min(stretch, task.index) + 1 }
    do {
      let difference =
        options.vm.isEmpty
        ? try StepConfirmation.difference(at: task.index, of: trace, stretch, cancellation)
        : try VMConfirmation(service, task.game, trace, options, cancellation)
          .difference(at: task.index)
      guard let difference else { return .equal }
      service.logger.critical(
        "a second execution differs",
        metadata: ["game": "\(task.game.id)", "index": "\(task.index)", "err": "\(difference)"])
      return .different
    } catch {
      if isStopping { return .skipped }
      service.logger.warning(
        "a second execution failed",
        metadata: ["game": "\(task.game.id)", "index": "\(task.index)", "err": "\(error)"])
      return .failed
    }
  }
}

/// A second execution by the plain step of this VM, on another machine.
enum StepConfirmation {
  /// What differs; nil if nothing does.
  static func difference(
    at index: UInt64, of trace: Trace, _ stretch: UInt64, _ cancellation: Cancellation
  ) throws -> String? {
    let from = index > stretch ? index - stretch : 0
    let machine = try trace.machine(after: from, cancellation: cancellation)
    machine.engine = .plain
    if try machine.run(until: index + 1, cancellation: cancellation) == .cancelled {
      throw ServiceError.cancelled
    }
    let claim = try trace.claims(at: [index], cancellation: cancellation)[0]
    return compare(machine.claim(), with: claim, from)
  }

  static func compare(_ computed: Claim, with claim: Claim, _ from: UInt64) -> String? {
    computed == claim
      ? nil : "from step \(from) on it leads to \(computed), and the answer is \(claim)"
  }
}
