import FalconetMachine
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// `run --save-on-error` and `--timeout`.
@Suite("Runs that end early")
struct EarlyEndTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let hintedServer = Guest.server.replacingName(with: "hinted.py")

  /// A program that never ends.
  private func endless() throws -> [String] {
    try Guest.run(
      MachineImage(.v8, code: [Assembly.jump(2, to: 0x1000), Assembly.nop]), in: folder)
  }

  /// The state that was saved, once the log says so.
  private func saved(_ outcome: Outcome) throws -> JSONValue {
    #expect(
      outcome.lines(with: "level=WARN", "Saved the state to continue from", "saved.bin.gz").count
        == 1)
    return try witness(folder.file("saved.bin.gz"))
  }

  @Test(
    "Runs that go on from what the failed one saved, each with a new host that only knows what it is told, end with the recorded claim",
    arguments: [("preimages", 3), ("hints", 3), ("preimages", 1)], ["translator", "check"])
  func chain(_ end: (String, Int), _ engine: String) throws {
    let vector = try Fixtures.vector(.v8, "oracle")
    var input = try Guest.folder("oracle") + "/state.bin.gz"
    var steps: [UInt64] = []
    while steps.count < 40 {
      let outcome = try Tool.run(
        [
          "run", "--input", input, "--meta", "", "--engine", engine, "--save-on-error",
          "saved.bin.gz", "--host-restarts", "0", "--", "python3", Self.hintedServer,
          try Guest.preimages(), end.0,
          "\(end.1)",
        ], in: folder.path)
      if outcome.exitCode == 0 { break }
      #expect(outcome.exitCode == 1)
      #expect(outcome.lines(with: "error: ", "exited with code 7").count == 1, "\(outcome.log)")
      #expect(folder.names == ["saved.bin.gz"])
      let state = try saved(outcome)
      guard case .number(let step) = state["step"] else { break }
      #expect(steps.last ?? 0 < step)
      steps.append(step)
      input = folder.file("saved.bin.gz")
    }
    #expect(steps.count > 3 && steps.count < 40)
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(vector.finalHash)"))
  }

  @Test(
    "A host that has lied, stalled or answered short leaves the state before the read",
    arguments: ["lie", "stall", "short"])
  func hosts(_ mode: String) throws {
    let outcome = try Tool.run(
      Guest.run("oracle") + [
        "--save-on-error", "saved.bin.gz", "--preimage-timeout", mode == "stall" ? "3s" : "5m",
        "--host-restarts", "0", "--",
        "python3", Guest.server, mode, try Guest.preimages(),
      ], in: folder.path)
    #expect(outcome.exitCode == 1)
    _ = try saved(outcome)
    let again = try Tool.run(
      [
        "run", "--input", "saved.bin.gz", "--meta", "", "--preimages", try Guest.preimages(),
      ], in: folder.path)
    #expect(again.exitCode == 0, "\(again.log)")
    let vector = try Fixtures.vector(.v8, "oracle")
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(vector.finalHash)"))
  }

  @Test("A signal leaves the state", arguments: [SIGINT, SIGTERM, SIGHUP])
  func signals(_ signal: Int32) throws {
    let tool = try RunningTool(
      try endless() + ["--save-on-error", "saved.bin.gz"], in: folder.path)
    #expect(eventually { tool.log.contains("msg=processing") })
    tool.send(signal)
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 130)
    #expect(folder.names == ["in.bin", "saved.bin.gz", "symbols.json"])
    #expect(try saved(outcome)["exited"] == .bool(false))
  }

  /// Runs on from what was saved, with a new host that only knows what it is told, to the recorded claim.
  private func expectToGoOn() throws {
    let again = try Tool.run(
      [
        "run", "--input", "saved.bin.gz", "--meta", "", "--", "python3", Self.hintedServer,
        try Guest.preimages(), "preimages", "1000000",
      ], in: folder.path)
    #expect(again.exitCode == 0, "\(again.log)")
    let vector = try Fixtures.vector(.v8, "oracle")
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(vector.finalHash)"))
  }

  /// A run whose host stalls at the pre-image after so many.
  private func stalled(after count: Int, _ arguments: [String] = []) throws -> RunningTool {
    try RunningTool(
      Guest.run("oracle") + ["--save-on-error", "saved.bin.gz"] + arguments + [
        "--", "python3", Self.hintedServer, try Guest.preimages(), "stall", "\(count)",
        folder.file("stalls"),
      ], in: folder.path)
  }

  @Test(
    "A signal while a host is at work leaves a state from which a run goes on to the same claim",
    arguments: [SIGINT, SIGTERM, SIGHUP], [1, 5])
  func signalsToRuns(_ signal: Int32, _ count: Int) throws {
    let tool = try stalled(after: count)
    #expect(eventually { folder.names.contains("stalls") })
    tool.send(signal)
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 130)
    #expect(folder.names == ["saved.bin.gz", "stalls"])
    #expect(try saved(outcome)["exited"] == .bool(false))
    try expectToGoOn()
  }

  @Test("So does time that runs out")
  func timeoutOfRun() throws {
    let outcome = try stalled(after: 5, ["--timeout", "10s"]).wait()
    expectOutOfTime(outcome)
    _ = try saved(outcome)
    try expectToGoOn()
  }

  @Test("So does a limit of memory")
  func memoryLimitOfRun() throws {
    let pages = try Snapshot.load(path: Guest.folder("oracle") + "/state.bin.gz").memory.pageCount
    let outcome = try Tool.run(
      Guest.run("oracle") + [
        "--save-on-error", "saved.bin.gz", "--max-memory", "\((pages + 40) * 4096)", "--",
        "python3", Self.hintedServer, try Guest.preimages(), "preimages", "1000000",
      ], in: folder.path)
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error: ", "--max-memory").count == 1, "\(outcome.log)")
    _ = try saved(outcome)
    try expectToGoOn()
  }

  @Test(
    "A snapshot that cannot be written leaves the state",
    .enabled(if: SmallDisk.isPossible, "only root can mount a small disk"))
  func unwritableSnapshot() throws {
    // Room for a file, and none for the page in it.
    let disk = try #require(try SmallDisk(bytes: 4096))
    let outcome = try Tool.run(
      try endless() + [
        "--save-on-error", "saved.bin.gz", "--snapshot-at", "=1000", "--snapshot-fmt",
        "\(disk.folder.path)/%d.bin",
      ], in: folder.path)
    #expect(outcome.exitCode == 1)
    _ = try saved(outcome)
  }

  @Test("A panic of the VM leaves its own file and no other")
  func panic() throws {
    let outcome = try Tool.run(
      Guest.run(MachineImage(.v8, code: [0, 0x7C00_0001]), in: folder) + [
        "--save-on-error", "saved.bin.gz",
      ], in: folder.path)
    #expect(outcome.exitCode == 2)
    #expect(folder.names == ["in.bin", "out.failed.bin.gz", "symbols.json"])
  }

  @Test("A state that can't be saved changes neither message nor exit code")
  func notSaved() throws {
    folder.makeFolder("gone")
    let tool = try RunningTool(
      try endless() + ["--save-on-error", "gone/saved.bin.gz"], in: folder.path)
    #expect(eventually { tool.log.contains("msg=processing") })
    #expect(rmdir(folder.file("gone")) == 0)
    tool.send(SIGTERM)
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 130)
    #expect(outcome.lines(with: "level=ERROR", "Failed to save the state").count == 1)
  }

  @Test("A run that does all it was asked for leaves no such file")
  func whole() throws {
    let outcome = try Tool.run(
      Guest.run("hello") + ["--save-on-error", "saved.bin.gz", "--timeout", "10h"], in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(folder.names == ["out.bin.gz"])
  }

  @Test("Standard output and unknown formats are refused", arguments: ["-", "saved", "saved.txt"])
  func names(_ name: String) throws {
    let outcome = try Tool.run(
      Guest.run("hello") + ["--save-on-error", name], in: folder.path)
    #expect(outcome.exitCode == 64)
    #expect(folder.names == [])
  }

  // MARK: Out of time

  /// The one error of a run that ran out of time.
  private func expectOutOfTime(_ outcome: Outcome) {
    #expect(outcome.exitCode == 3)
    #expect(outcome.text == "")
    #expect(outcome.lines(with: "error: out of time: ", "--timeout").count == 1, "\(outcome.log)")
  }

  @Test(
    "A run that takes too long ends with exit code 3, and leaves the state alone",
    arguments: ["translator", "step", "check"])
  func execution(_ engine: String) throws {
    let outcome = try Tool.run(
      try endless() + ["--timeout", "1s", "--save-on-error", "saved.bin.gz", "--engine", engine],
      in: folder.path)
    expectOutOfTime(outcome)
    #expect(outcome.lines(with: "error: ", "before step ", "pc 0x0000100").count == 1)
    #expect(folder.names == ["in.bin", "saved.bin.gz", "symbols.json"])
    _ = try saved(outcome)
  }

  @Test(
    "Waits for a host that stalls, for a pre-image or at a hint, end when time runs out",
    arguments: ["stall", "stall-hint", "deaf"])
  func stalls(_ mode: String) throws {
    let server =
      mode == "stall-hint"
      ? [Guest.server.replacingName(with: "misbehaving.py"), mode]
      : [Guest.server, mode, try Guest.preimages()]
    let outcome = try Tool.run(
      Guest.run("oracle") + ["--timeout", "2s", "--save-on-error", "saved.bin.gz", "--", "python3"]
        + server, in: folder.path)
    expectOutOfTime(outcome)
    #expect(folder.names == ["saved.bin.gz"])
    _ = try saved(outcome)
  }

  @Test("A wait for the input ends, with nothing to save")
  func loading() throws {
    let tool = try RunningTool(
      [
        "run", "--input", "-", "--meta", "", "--timeout", "1s", "--save-on-error", "saved.bin.gz",
      ], in: folder.path, input: .openPipe)
    expectOutOfTime(try tool.wait())
    #expect(folder.names == [])
  }

  @Test("Traces and comparisons run out of time too")
  func otherCommands() throws {
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    let server = ["--", "python3", Guest.server, "deaf", try Guest.preimages()]
    expectOutOfTime(
      try Tool.run(
        ["trace", "last", "--folder", "trace", "--input", input, "--timeout", "2s"] + server,
        in: folder.path))
    expectOutOfTime(
      try Tool.run(
        ["bisect", "--input", input, "--engine-b", "step", "--timeout", "2s"] + server,
        in: folder.path))
  }

  @Test("What is not a time is bad usage", arguments: ["soon", "-1s", "1x", ""])
  func badTimes(_ time: String) throws {
    let outcome = try Tool.run(Guest.run("hello") + ["--timeout", time], in: folder.path)
    #expect(outcome.exitCode == 64)
    #expect(folder.names == [])
  }
}

extension String {
  /// The path of another file in the same directory.
  fileprivate func replacingName(with name: String) -> String {
    self[...(lastIndex(of: "/") ?? startIndex)] + name
  }
}
