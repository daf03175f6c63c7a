import FalconetELF
import FalconetMachine

/// Counts where a machine's steps go: by function and by the calls that led there, sampled by step
/// count.
///
/// Runs the machine in slices. After each it looks at the calls of the active thread, and counts the
/// slice's steps for them. Nothing of a machine that runs without a profiler is any slower.
///
/// ```swift
/// let profiler = Profiler(machine, symbols: symbols)
/// _ = try profiler.run(until: .max)
/// try ProfileFormat(fileName: "run.svg").write(profiler.profile, to: sink)
/// ```
package final class Profiler {
  private let machine: Machine
  private let unwinder: Unwinder
  private var tree: CallTree
  private var control: IntervalControl
  private let clock = ContinuousClock()
  private var lastSample: UInt64
  /// The steps of a slice, and where the one that is under way began.
  private var slice: UInt64
  private var sliceStart: UInt64
  private var slices = 0
  private var samples: UInt64 = 0

  /// Slices between two questions whether to stop: a slice is too short for the machine to ask.
  private static let slicesBetweenQuestions = 64

  /// A profiler of what a machine executes from here on.
  ///
  /// - Parameter nodeLimit: the most calls, each with the calls that led to it, that are told apart.
  package init(
    _ machine: Machine, symbols: SymbolTable?, frames: FrameTable? = nil,
    interval: SamplingInterval = .adaptive, nodeLimit: Int = 1 << 17
  ) {
    self.machine = machine
    tree = CallTree(limit: nodeLimit)
    unwinder = Unwinder(
      machine.memory, version: machine.version, symbols: symbols, frames: frames)
    control = IntervalControl(interval)
    lastSample = machine.step
    slice = control.steps
    sliceStart = machine.step
  }

  /// Executes as `Machine.run(until:stopAfterPreimageRead:)` does, and samples on the way.
  package func run(
    until step: UInt64, stopAfterPreimageRead: Bool = false
  ) throws(MachineError) -> StopReason {
    try run(
      steps: step > machine.step ? step - machine.step : 0,
      stopAfterPreimageRead: stopAfterPreimageRead)
  }

  /// Executes as `Machine.run(steps:stopAfterPreimageRead:)` does, and samples on the way.
  package func run(
    steps count: UInt64, stopAfterPreimageRead: Bool = false
  ) throws(MachineError) -> StopReason {
    let target = machine.step &+ count
    while true {
      let start = clock.now
      // A proof executes steps beside this function.
      let left = slice - min(machine.step &- sliceStart, slice)
      let reason = try machine.run(
        steps: min(target &- machine.step, left), stopAfterPreimageRead: stopAfterPreimageRead)
      if machine.step &- sliceStart >= slice || reason == .exited {
        let middle = clock.now
        sample()
        control.record(running: middle - start, sampling: clock.now - middle)
        (slice, sliceStart) = (control.steps, machine.step)
      }
      guard reason == .step, machine.step != target else { return reason }
      slices &+= 1
      if slices % Self.slicesBetweenQuestions == 0, machine.shouldInterrupt() {
        return .interrupted
      }
    }
  }

  /// Counts the steps since the last sample for what the active thread does.
  private func sample() {
    guard let thread = machine.state.activeThread, machine.step != lastSample else { return }
    tree.count(machine.step &- lastSample, in: unwinder.unwind(thread).frames)
    lastSample = machine.step
    samples &+= 1
  }

  /// What was counted. Steps since the last sample count for what the active thread does now.
  package var profile: Profile {
    sample()
    return Profile(tree, samples: samples, unwinder)
  }
}
