import FalconetInsight
import FalconetMachine
import FalconetStreams

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

  /// Writes what was counted so far.
  func write() throws(StreamError) {
    let profile = profiler.profile
    try OutputFile.write(path) { (sink) throws(StreamError) in
      try format.write(profile, to: sink)
    }
  }
}
