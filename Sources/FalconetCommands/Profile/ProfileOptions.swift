import ArgumentParser
import FalconetInsight
import FalconetMachine
import FalconetStreams
import Logging

/// Whether and how a run is profiled.
struct ProfileOptions: ParsableArguments {
  @Option(
    name: .customLong("profile"),
    help: ArgumentHelp(
      """
      File for a profile of the guest's functions: .pb.gz for pprof, .folded for text, .svg for \
      a flame graph.
      """, valueName: "file"), completion: .file(extensions: ["pb.gz", "folded", "svg"]))
  var path = ""

  @Option(
    name: .customLong("profile-interval"),
    help: ArgumentHelp(
      "Steps between two samples; 0 adapts them to keep the run fast.", valueName: "count"))
  var steps = GoNumber(0)

  var interval: SamplingInterval { steps.value == 0 ? .adaptive : .steps(steps.value) }

  /// The format of the profile; nil if none is asked for.
  func format() throws(UsageError) -> ProfileFormat? {
    guard !path.isEmpty else { return nil }
    do { return try ProfileFormat(fileName: path) } catch { throw UsageError("\(error)") }
  }
}

/// A profile that a run records, and the file that it goes to.
struct ProfileRecording {
  private let profiler: Profiler
  private let format: ProfileFormat
  private let path: String

  init(
    _ machine: Machine, _ guest: GuestProgram, interval: SamplingInterval,
    _ format: ProfileFormat, path: String
  ) {
    profiler = Profiler(
      machine, symbols: guest.symbols, frames: guest.frames, interval: interval)
    self.format = format
    self.path = path
  }

  /// Executes as the machine's own `run` does.
  func run(
    steps count: UInt64, stopAfterPreimageRead: Bool
  ) throws(MachineError) -> StopReason {
    try profiler.run(steps: count, stopAfterPreimageRead: stopAfterPreimageRead)
  }

  /// Writes what was counted so far, and logs what is imprecise about it.
  func write(_ logger: Logger) throws(StreamError) {
    let profile = profiler.profile
    try OutputFile.write(path) { (sink) throws(StreamError) in
      try format.write(profile, to: sink)
    }
    guard profile.mergedSteps > 0 else { return }
    logger.warning(
      "The profile has too many stacks: some steps are counted for callers of their functions",
      metadata: [
        "steps": .stringConvertible(profile.mergedSteps),
        "of": .stringConvertible(profile.steps),
      ])
  }
}
