import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Runs past the last step that has a number")
struct CounterTests {
  private static let last = "\(UInt64.max)"
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A run of an endless loop from step 2^64 - 3 on.
  private func start(_ version: StateVersion) throws -> [String] {
    var image = MachineImage(version, code: [Assembly.jump(2, to: 0x1000), 0])
    image.state.scalars.step = .max - 2
    return try Guest.run(image, in: folder)
  }

  private func run(_ version: StateVersion, _ arguments: [String]) throws -> Outcome {
    let outcome = try Tool.run(try start(version) + arguments, in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    return outcome
  }

  @Test("Every event at a step after the wrap comes", arguments: StateVersion.allCases)
  func events(_ version: StateVersion) throws {
    for engine in ["translator", "portable", "step", "check"] {
      let outcome = try run(
        version,
        [
          "--engine", engine, "--output", "out.bin", "--stop-at", "=5", "--proof-at",
          "=\(Self.last),=1,=3", "--snapshot-at", "=0,=2", "--snapshot-fmt", "%d.bin", "--info-at",
          "%4",
        ])
      let steps = outcome.lines(with: "msg=processing").map { line in
        line.split(separator: " ").first { $0.hasPrefix("step=") }
      }
      // 2^64 - 4 comes before the run.
      #expect(steps == ["step=0", "step=4"])
      #expect(
        folder.names == [
          "0.bin", "2.bin", "in.bin", "out.bin", "proof-1.json", "proof-\(Self.last).json",
          "proof-3.json", "symbols.json",
        ])
      for (name, step) in [("0.bin", UInt64(0)), ("2.bin", 2), ("out.bin", 5)] {
        #expect(try witness(folder.file(name))["step"] == .number(step))
      }
    }
    let verified = try Tool.run(
      ["verify", "proof-1.json", "proof-\(Self.last).json", "proof-3.json"], in: folder.path)
    #expect(verified.exitCode == 0, "\(verified.text)")
  }

  @Test(
    "A run that is profiled, proves always or stops at once does the same",
    arguments: [
      (["--stop-at", "=0", "--profile", "p.folded"], 0),
      (["--stop-at", "=0", "--profile", "p.folded", "--profile-interval", "2"], 0),
      (["--stop-at", "%4"], 0), (["--stop-at", "=2", "--proof-at", "always"], 2),
      (["--stop-at", "=\(last)"], .max), (["--stop-at", "always"], .max - 2),
      (["--stop-at", "=1", "--info-at", "always"], 1),
      (["--stop-at", "=1", "--keep-states", "3"], 1),
    ] as [([String], UInt64)])
  func forms(_ arguments: [String], _ step: UInt64) throws {
    _ = try run(.v8, arguments + ["--output", "out.bin"])
    #expect(try witness(folder.file("out.bin"))["step"] == .number(step))
  }

  @Test(
    "The largest counts that a state can have trap nowhere", arguments: StateVersion.allCases)
  func extremes(_ version: StateVersion) throws {
    let mask = version.wordSize.mask
    var image = MachineImage(version, code: [Assembly.jump(2, to: 0x1000), 0])
    image.state.scalars.step = .max - 2
    image.state.scalars.heap = mask
    image.state.scalars.preimageOffset = mask
    if !version.isSingleThreaded {
      image.state.scalars.stepsSinceContextSwitch = .max
      image.state.scalars.nextThreadID = mask
    }
    let start = try Guest.run(image, in: folder) + ["--output", "", "--stop-at", "=4"]
    for arguments in [
      ["--info-at", "always"], ["--proof-at", "always", "--proof-fmt", "/dev/null"],
      ["--engine", "check"], ["--keep-states", "3"],
      ["--profile", "p.folded", "--profile-interval", "18446744073709551615"],
      ["--snapshot-at", "%2"], ["--debug", "--debug-info", "/dev/null"],
    ] {
      let outcome = try Tool.run(start + arguments, in: folder.path)
      #expect(outcome.exitCode == 0, "\(arguments): \(outcome.log)")
    }
    for arguments in [
      ["inspect", "in.bin"], ["inspect", "--json", "in.bin"], ["check", "in.bin"],
      ["diff", "in.bin", "in.bin"], ["convert", "in.bin", "in.fsnap"],
      ["bisect", "--input", "in.bin", "--engine-b", "step", "--proofs", ""],
    ] {
      let outcome = try Tool.run(arguments, in: folder.path)
      #expect(outcome.exitCode == 0, "\(arguments): \(outcome.log)")
    }
  }

  @Test("A trace answers up to the last index, and for no other")
  func trace() throws {
    _ = try start(.v8)
    let trace = ["--folder", "t", "--input", "in.bin"]
    _ = try run(.v8, ["--stop-at", "=0", "--output", "zero.bin"])
    _ = try run(.v8, ["--stop-at", "=\(Self.last)", "--output", "last.bin"])
    for _ in 0..<2 {
      for (index, file) in [(UInt64.max, "zero.bin"), (.max - 1, "last.bin")] {
        let claim = try Tool.run(["trace", "claim"] + trace + ["\(index)"], in: folder.path)
        #expect(claim.exitCode == 0, "\(claim.log)")
        #expect(
          try JSONValue(claim.output)["claim"]
            == witness(folder.file(file))["witnessHash"])
      }
      let step = try Tool.run(["trace", "step"] + trace + [Self.last], in: folder.path)
      #expect(step.exitCode == 0, "\(step.log)")
    }
    let last = try Tool.run(["trace", "last"] + trace, in: folder.path)
    #expect(last.exitCode == 1)
    #expect(last.lines(with: "error: ", "does not exit").count == 1)
  }
}
