import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport

/// Writes the states of random programs in Cannon's binary format, as `KIND-VERSION-SEED.bin`.
struct ProgramWriter {
  let folder: String

  private static let makers: [(String, @Sendable (StateVersion, UInt64) -> MachineImage)] = [
    ("random", { RandomProgram.image($0, seed: $1) }),
    ("frames", { FrameProgram.image($0, seed: $1) }),
    ("hostile", { HostileProgram.image($0, seed: $1) }),
    ("patching", { PatchingProgram.image($0, seed: $1) }),
    ("loop", { LoopProgram.image($0, seed: $1) }),
    ("hint", { HintProgram.image($0, seed: $1) }),
  ]

  /// - Returns: how many files it wrote.
  func write(count: UInt64, seed: UInt64) throws -> Int {
    var written = 0
    for version in StateVersion.allCases {
      for (name, make) in Self.makers {
        for number in 0..<(name == "hint" ? min(count, 2) : count) {
          let machine = try make(version, seed &+ number).machine(.step)
          let sink = MemorySink()
          try Snapshot.write(MemoryImage(machine), to: sink, as: .bin)
          let path = "\(folder)/\(name)-\(version.rawValue)-\(seed &+ number).bin"
          let file = try FileSink(path: path, permissions: 0o644)
          try file.write(sink.bytes)
          try file.finish()
          written += 1
        }
      }
    }
    return written
  }
}
