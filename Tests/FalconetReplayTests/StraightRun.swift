import FalconetMachine
import FalconetTestSupport
import Keccak

/// A run by plain steps that never goes back, and what is known of each of its steps: what a timeline is
/// compared with.
final class StraightRun {
  /// What is known before a step is executed.
  struct Row {
    let pc: UInt64
    let thread: UInt64
    /// Whether the step executes an instruction, and which bytes it accesses.
    let isInstruction: Bool
    let access: GuestAccess?
    let isSystemCall: Bool
    /// The word at the watched address.
    let word: UInt64
  }

  let start: UInt64
  private(set) var rows: [Row] = []
  /// The step after which nothing is executed.
  var end: UInt64 { start + UInt64(rows.count) }
  /// Whether the program exited or failed at the end.
  private(set) var isEnded = false

  private let machine: Machine
  private let begin: Checkpoint
  private var claims: [UInt64: Bytes32] = [:]

  /// - Parameters:
  ///   - steps: how many are executed, unless the run ends before.
  ///   - watched: the address of a word.
  init(_ machine: Machine, steps: Int, watched: UInt64) {
    self.machine = machine
    start = machine.step
    begin = machine.checkpoint()
    do throws(MachineError) {
      while rows.count < steps, !machine.hasExited {
        let row = Row(
          pc: machine.state.activeThread?.pc ?? 0, thread: machine.state.activeThread?.id ?? 0,
          isInstruction: machine.isInstructionNext, access: machine.nextAccess,
          isSystemCall: machine.nextSystemCall != nil,
          word: machine.memory.loadWord(at: watched))
        try machine.runStep()
        rows.append(row)
      }
      isEnded = machine.hasExited
    } catch { isEnded = true }
  }

  /// The claim after a number of steps.
  func claim(at step: UInt64) throws -> Bytes32 {
    if let claim = claims[step] { return claim }
    if machine.step > step { machine.restore(begin) }
    while machine.step < step { try machine.runStep() }
    let claim = machine.claim()
    claims[step] = claim
    return claim
  }

  /// Whether a condition must hold for a step, and whether it may.
  func holds(_ conditions: StopConditions, _ step: UInt64) -> (must: Bool, may: Bool) {
    let row = rows[Int(step - start)]
    var must = row.isInstruction && conditions.addresses.contains(row.pc)
    if let access = row.access {
      let ranges = access.isWrite ? conditions.writes : conditions.reads
      must = must || ranges.contains { $0.overlaps(access.range) }
    }
    must = must || conditions.systemCalls && row.isSystemCall
    var may = must
    if row.isSystemCall, !conditions.writes.isEmpty {
      may = true
      let next = Int(step - start) + 1
      must = must || next < rows.count && rows[next].word != row.word
    }
    return (must, may)
  }
}
