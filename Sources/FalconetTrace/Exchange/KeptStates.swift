import FalconetMachine
import FalconetStreams
import Glibc
import SystemPackage

/// States that the runs of one game keep for one another, where each question is a process of its
/// own that starts from the nearest snapshot of a folder, as op-challenger does it.
///
/// Which states: as for ``TraceProvider``, by the questions of all runs so far. They, and the states
/// that were kept, are in a hidden file; no other snapshot is ever deleted.
public final class KeptStates {
  private let record: KeptStatesRecord
  private let path: (UInt64) -> String
  private let limit: Int
  private let start: UInt64
  private var policy = RetentionPolicy()
  /// Ascending.
  private var steps: [UInt64]

  /// - Parameters:
  ///   - folder: where the hidden file is, the same for all runs of a game. It must exist.
  ///   - limit: how many states may be kept, at least 1.
  ///   - start: the step of the state that the run starts from.
  ///   - path: the name of a step's snapshot.
  /// - Throws: ``StreamError`` where the record can't be read. One that is damaged is begun anew.
  public init(
    folder: String, limit: Int, start: UInt64, path: @escaping (UInt64) -> String
  ) throws(StreamError) {
    record = KeptStatesRecord(folder: folder)
    self.path = path
    self.limit = max(limit, 1)
    self.start = start
    let kept = try record.read()
    steps = kept.states.filter { TraceFolder.isRegular(FilePath(path($0))) }
    policy.note(reached: max(kept.reached, start))
    if let end = kept.end { policy.note(end: end) }
    for question in kept.questions { policy.note(question: question) }
  }

  // MARK: On the way

  /// The step after which to ask ``admit(_:)`` next.
  public func next(after machine: Machine) -> UInt64 {
    Spacing.snapshot(machine, after: nearest(to: machine.step), .max)
  }

  /// Whether the machine's state is to be saved, under the name of its step. Others are deleted for
  /// it where there are too many, and are no longer in the record when they are.
  public func admit(_ machine: Machine) throws(StreamError) -> Bool {
    policy.note(reached: machine.step)
    let step = machine.step
    guard !machine.hasExited, step > start, !steps.contains(step) else { return false }
    // What stands there is another's.
    guard !TraceFolder.exists(FilePath(path(step))) else { return false }
    var kept = [0] + (steps + [step]).sorted()
    var given: [UInt64] = []
    while kept.count - 1 > limit {
      guard let position = policy.leastValuable(kept), kept[position] != step else { return false }
      given.append(kept.remove(at: position))
    }
    // Before the file appears: one that is not in the record would never be deleted.
    steps = Array(kept.dropFirst())
    try write()
    for step in given { unlink(path(step)) }
    return true
  }

  /// Notes where the run ended, and says whether that state is to be saved, if it may be.
  public func end(_ machine: Machine, maySave: Bool) throws(StreamError) -> Bool {
    policy.note(question: machine.step)
    if machine.hasExited {
      policy.note(end: machine.step)
    } else if maySave, Spacing.isWorthSaving(machine, from: nearest(to: machine.step)) {
      if try admit(machine) { return true }
    }
    policy.note(reached: machine.step)
    try write()
    return false
  }

  /// Gives up the state that the run started from, if it was kept: from it, a pre-image could not be
  /// had. The host may want a hint for it that the program wrote before.
  public func forgetStart() throws(StreamError) {
    guard let position = steps.firstIndex(of: start) else { return }
    steps.remove(at: position)
    try write()
    unlink(path(start))
  }

  private func nearest(to step: UInt64) -> UInt64 {
    max(start, steps.last { $0 <= step } ?? start)
  }

  private func write() throws(StreamError) {
    try record.write(
      KeptStatesRecord.Content(
        states: steps, questions: policy.asked + (policy.last.map { [$0] } ?? []),
        reached: policy.end - 1, end: policy.isEndKnown ? policy.end - 1 : nil))
  }
}
