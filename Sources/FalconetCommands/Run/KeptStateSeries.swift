import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTrace
import Logging
import SystemPackage

/// The states that one run keeps for those that follow: when they are due, and which are saved.
///
/// They only make later runs quicker. If one cannot be stored, a warning says why, and the run continues
/// without keeping more.
final class KeptStateSeries {
  private let states: StateCache
  private let name: FileNameFormat
  private let hints: HintWatch
  private let logger: Logger
  /// Apart from that of the snapshots that were asked for, whose failure ends the run.
  private let writer = SnapshotWriter()
  /// The step at which the next state is due; the largest number if none is.
  private(set) var next: UInt64 = 0
  private var isOff = false
  /// The step of the last state that was given to the writer.
  private var saved: UInt64?

  /// - Parameter input: the file that the machine's state is from.
  /// - Returns: nil if the plan stores none, or none can be stored.
  /// - Throws: ``CommandError`` if the state is not the one that a run stored in that file.
  init?(
    _ plan: RunPlan, _ machine: Machine, from input: String, _ logger: Logger
  ) throws(CommandError) {
    guard let place = Self.place(plan) else { return nil }
    let refusal: StreamError?
    do throws(StreamError) {
      states = try StateCache(
        place, limit: plan.keptStates, machine, from: input, source: machine.oracle)
      if let remark = states.remark { logger.warning("Kept states: \(remark)") }
      refusal = try states.checkStart(machine)
    } catch {
      Self.warn(logger, error)
      return nil
    }
    if let refusal { throw CommandError(refusal, while: "failed to use a kept state") }
    name = plan.snapshotName
    self.logger = logger
    hints = HintWatch(machine.oracle)
    machine.oracle = hints
    hints.inspect = { [unowned self] (key, value) throws(PreimageError) in
      var refusal: PreimageError?
      attempt { () throws(StreamError) in refusal = try states.take(key, value) }
      if let refusal { throw refusal }
    }
    next = states.next(after: machine)
  }

  /// Where a run keeps states; nil if its plan keeps none.
  private static func place(_ plan: RunPlan) -> StateCachePlace? {
    guard plan.keptStates > 0 else { return nil }
    let name = plan.snapshotName
    // Not in the directory of the snapshots if possible: op-challenger warns about what it finds
    // there.
    let hasFile = !plan.output.isEmpty && plan.output != "-"
    let neighbor = FilePath(fileName: hasFile ? plan.output : name.name(step: 0))
    let folder = neighbor.removingLastComponent().fileName
    return StateCachePlace(directory: folder.isEmpty ? "." : folder) { name.name(step: $0) }
  }

  /// Discards the state that a run was to start from, if a run stored it and it is corrupt.
  static func giveUp(_ input: String, after error: StreamError, _ plan: RunPlan, _ logger: Logger) {
    guard let place = place(plan) else { return }
    do {
      guard try place.discard(input, after: error) else { return }
      logger.warning("Removed a kept state that is corrupt", metadata: ["path": "\(input)"])
    } catch {
      logger.warning("A corrupt kept state cannot be removed", metadata: ["err": "\(error)"])
    }
  }

  /// How many steps after one the next state is due.
  func stepsToNext(from step: UInt64) -> UInt64 { next > step ? next - step : .max }

  /// Saves the machine's state at a step at which one is due, if it is worth it.
  ///
  /// - Parameter isSaved: whether it is saved anyway.
  func keep(_ machine: Machine, isSaved: Bool) {
    attempt { () throws(StreamError) in
      // A run that starts between a hint and what it is for has a host that was told nothing.
      guard !hints.isPending else {
        next = machine.step &+ 1000
        return
      }
      if !isSaved, try states.admit(machine) { try save(machine) }
      next = states.next(after: machine)
    }
  }

  /// Records where the run ended, and saves that state if it is worth it.
  func end(_ machine: Machine) {
    attempt { () throws(StreamError) in
      if try states.end(machine, maySave: !hints.isPending) { try save(machine) }
    }
  }

  /// Records why the run cannot continue without a pre-image. If the run started from a stored state that
  /// may be the reason, the state is discarded.
  func note(_ failure: PreimageError) {
    guard hints.mayLackHint(failure) else { return }
    attempt { () throws(StreamError) in try states.discardStart() }
  }

  /// Waits until all states are written.
  func finish() {
    do { try finishWriting() } catch { turnOff(error) }
  }

  private func save(_ machine: Machine) throws(StreamError) {
    // Before the checkpoint is taken, so that there are never two.
    try finishWriting()
    saved = machine.step
    let path = name.name(step: machine.step)
    let checkpoint = try machine.checkpoint(for: path)
    try writer.submit { () throws(StreamError) in try Snapshot.save(checkpoint, path: path) }
  }

  private func finishWriting() throws(StreamError) {
    do throws(StreamError) { try writer.finish() } catch {
      // If the record cannot be written either, it names a state without a file.
      if let saved { try? states.withdraw(saved) }
      throw error
    }
  }

  private func attempt(_ body: () throws(StreamError) -> Void) {
    guard !isOff else { return }
    do throws(StreamError) { try body() } catch { turnOff(error) }
  }

  private func turnOff(_ error: StreamError) {
    isOff = true
    next = .max
    Self.warn(logger, error)
  }

  private static func warn(_ logger: Logger, _ error: StreamError) {
    logger.warning("No more states are kept in this run", metadata: ["err": "\(error)"])
  }
}
