import Keccak

/// Two engines did not give the same: one of them is wrong, or the host is.
package struct EngineMismatch: Error, Sendable, CustomStringConvertible {
  /// The first step after which the states differ.
  package var step: UInt64
  /// The address of its instruction.
  package var pc: UInt64
  /// What differs.
  package var difference: String

  package var description: String {
    "the engines differ after step \(step) at pc \(hex(pc, digits: 8)): \(difference);"
      + " no result of this run can be trusted: report it with the snapshot and the pre-images,"
      + " and run with the plain step"
  }
}

/// A second machine that executes the same steps one at a time: what ``EngineKind/check`` compares a
/// machine with.
///
/// It takes the memory of a second machine and the time of the plain step. Pre-images are asked for
/// once: it gets what the first machine got.
///
/// Safety: a machine owns its check, so it outlives it.
final class EngineCheck {
  /// Steps between comparisons.
  static let interval: UInt64 = 1_000_000

  /// The machine owns the check, so it outlives it.
  private unowned(unsafe) let machine: Machine
  private let shadow: Machine
  private let replay = Replay()
  /// Both machines where they last agreed.
  private var agreed: (machine: Checkpoint, shadow: Checkpoint)

  /// The pre-images that the first machine got since the last comparison.
  private final class Replay: PreimageOracle {
    var preimages: [Bytes32: [UInt8]] = [:]

    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      if let preimage = preimages[key] { return preimage }
      throw PreimageError(
        .missing, key: key, message: "only one of two engines that are compared asked for it")
    }

    func hint(_ hint: [UInt8]) throws(PreimageError) {}

    var takesHints: Bool { false }
  }

  init(_ machine: Machine) throws(HostMemoryError) {
    self.machine = machine
    shadow = Machine(
      state: machine.state, memory: try machine.memory.copy(), oracle: replay, engine: .step,
      revision: machine.revision)
    shadow.stopRange = machine.stopRange
    shadow.preimage = machine.preimage
    agreed = (machine.checkpoint(), shadow.checkpoint())
  }

  /// Records a pre-image that the machine got.
  func record(_ key: Bytes32, _ data: [UInt8]) { replay.preimages[key] = data }

  /// Brings the second machine to where the first is, and compares.
  ///
  /// - Parameter failure: how the first machine's next step failed, if it did.
  func follow(_ failure: MachineError?) throws(EngineMismatch) {
    shadow.pageLimit = machine.pageLimit
    let outcome = advance(shadow, to: machine.step)
    if outcome != nil || difference() != nil { throw locate() }
    // What the host fails with says nothing of the machines.
    if let failure, case .fault = failure {
      let other = advance(shadow, to: machine.step &+ 1)
      guard other?.description == failure.description else {
        throw mismatch("one fails with \(failure), the other \(other?.description ?? "does not")")
      }
    }
    replay.preimages.removeAll(keepingCapacity: true)
    agreed = (machine.checkpoint(), shadow.checkpoint())
  }

  /// Executes up to a step that is not behind.
  /// - Returns: how the step that couldn't be executed failed.
  private func advance(_ machine: Machine, to step: UInt64) -> MachineError? {
    do throws(MachineError) {
      while machine.step != step, !machine.hasExited {
        if machine === shadow {
          try machine.runStep()
        } else {
          _ = try machine.runEngine(step &- machine.step)
        }
      }
      return nil
    } catch { return error }
  }

  /// What differs between the machines, which are at the same step.
  private func difference() -> String? {
    let (one, other) = (machine.state, shadow.state)
    if one.scalars != other.scalars { return "\(one.scalars) and \(other.scalars)" }
    if one.threads != other.threads { return "registers of threads" }
    if one.lastHint != other.lastHint { return "the pending hint" }
    let (root, otherRoot) = (machine.memory.root(), shadow.memory.root())
    return root == otherRoot ? nil : "memory roots \(root) and \(otherRoot)"
  }

  /// Finds the first step after which the machines differ, from where they last agreed.
  private func locate() -> EngineMismatch {
    var low = agreed.machine.step
    var high = machine.step
    // The machines agree after `low` steps, and differ after `high`.
    while high &- low > 1 {
      let middle = low &+ (high &- low) / 2
      goBack()
      _ = advance(machine, to: middle)
      let outcome = advance(shadow, to: middle)
      if outcome == nil, machine.step == middle, difference() == nil {
        low = middle
      } else {
        high = middle
      }
    }
    goBack()
    _ = advance(shadow, to: low)
    let pc = shadow.state.activeThread?.pc ?? 0
    let outcome = advance(shadow, to: high)
    _ = advance(machine, to: high)
    var mismatch = mismatch(outcome?.description ?? difference() ?? "only when run in one piece")
    (mismatch.step, mismatch.pc) = (low, pc)
    // Of the states since then, nobody knows which is right.
    goBack()
    return mismatch
  }

  private func goBack() {
    machine.restoreState(agreed.machine)
    shadow.restoreState(agreed.shadow)
  }

  private func mismatch(_ difference: String) -> EngineMismatch {
    EngineMismatch(
      step: machine.step, pc: machine.state.activeThread?.pc ?? 0, difference: difference)
  }
}

extension Machine {
  /// Executes as ``run(steps:stopAfterPreimageRead:)`` does, and compares with a second machine.
  func runChecked(
    _ count: UInt64, _ stopAfterPreimageRead: Bool
  ) throws(MachineError) -> StopReason {
    let check = try preparedCheck()
    let target = step &+ count
    while true {
      let outcome: Result<StopReason, MachineError>
      do throws(MachineError) {
        outcome = .success(
          try runEngine(min(target &- step, EngineCheck.interval), stopAfterPreimageRead))
      } catch { outcome = .failure(error) }
      var failure: MachineError?
      if case .failure(let error) = outcome { failure = error }
      do { try check.follow(failure) } catch { throw .engines(error) }
      let reason = try outcome.get()
      if reason != .step || step == target { return reason }
      // Turns are rare beside the plain steps of the comparison.
      if shouldInterrupt() { return .interrupted }
    }
  }

  private func preparedCheck() throws(MachineError) -> EngineCheck {
    if let check { return check }
    do throws(HostMemoryError) {
      let check = try EngineCheck(self)
      self.check = check
      return check
    } catch {
      throw .memory(error, step: step, pc: state.activeThread?.pc ?? 0)
    }
  }
}
