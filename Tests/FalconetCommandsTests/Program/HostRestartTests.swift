import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("Servers that are started again")
struct HostRestartTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A server of the guest's pre-images with these flags.
  private func server(_ flags: [String]) throws -> [String] {
    ["--", "python3", Guest.flakyServer, try Guest.preimages(), "--starts", folder.file("starts")]
      + flags
  }

  private func run(_ flags: [String], _ server: [String]) throws -> Outcome {
    try Tool.run(Guest.run("oracle") + flags + self.server(server), in: folder.path)
  }

  /// The process ids of the servers, none of which may be left.
  private func starts() throws -> [pid_t] {
    let text = String(decoding: try #require(folder.read("starts")), as: UTF8.self)
    let ids = text.split(separator: "\n").compactMap { pid_t($0) }
    for id in ids { #expect(kill(id, 0) == -1 && errno == ESRCH) }
    return ids
  }

  private func expectFinalState() throws {
    let final = try Fixtures.vector(.v8, "oracle").finalHash
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(final)"))
  }

  // The guest reads 18 pre-images.
  @Test(
    "A server that dies, stalls, or sends garbage or half an answer at each tenth request is replaced",
    arguments: [
      (["--fail", "die"], 2), (["--fail", "garbage"], 2), (["--fail", "short"], 2),
      (["--fail", "stall"], 2),
      // A new server has only what it was told.
      (["--fail", "die", "--hinted"], 2), (["--fail", "die", "--hints-too", "--last-hint"], 3),
      (["--fail", "die", "--every", "2"], 18),
    ])
  func replaced(_ flags: [String], _ count: Int) throws {
    let isStall = flags.contains("stall")
    let outcome = try run(["--preimage-timeout", isStall ? "5s" : "10m"], flags)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    try expectFinalState()
    let starts = try starts().count
    // A busy machine may take a server that has not started yet for one that stalls.
    #expect(isStall ? starts >= count : starts == count)
    let lines = outcome.lines(with: "level=WARN", "failed and is started again", "restart=1")
    #expect(lines.count == starts - 1)
  }

  @Test("A server that fails each time ends the run as one that fails once, with the state saved")
  func useless() throws {
    let outcome = try run(
      ["--save-on-error", "saved.bin.gz"], ["--fail", "die", "--every", "1"])
    #expect(outcome.exitCode == 1)
    #expect(try starts().count == 4)
    let error = try #require(outcome.lines(with: "error: ").first)
    #expect(
      error.contains("exited with code 7 without a pre-image, also after 3 restarts (key 0x01"))
    let again = try Tool.run(
      ["run", "--input", "saved.bin.gz", "--meta", ""] + server([]), in: folder.path)
    #expect(again.exitCode == 0, "\(again.log)")
    try expectFinalState()
  }

  @Test("Without restarts the first failure ends the run")
  func off() throws {
    let outcome = try run(["--host-restarts", "0"], ["--fail", "die"])
    #expect(outcome.exitCode == 1)
    #expect(try starts().count == 1)
    #expect(!outcome.log.contains("restart"))
    let usage = try Tool.run(
      Guest.run("oracle") + ["--host-restarts", "-1"] + server([]), in: folder.path)
    #expect(usage.exitCode == 64)
  }

  @Test("A server that gives a wrong pre-image is not started again")
  func liar() throws {
    let outcome = try run([], ["--fail", "lie"])
    #expect(outcome.exitCode == 1)
    #expect(try starts().count == 1)
    #expect(outcome.lines(with: "error: ", "wrong pre-image").count == 1)
    #expect(outcome.lines(with: "started again").isEmpty)
  }

  @Test("A signal and the time limit end a run that waits to start its server again")
  func interrupted() throws {
    let flags = ["--host-restarts", "65535"]
    let tool = try RunningTool(
      Guest.run("oracle") + flags + server(["--fail", "die", "--every", "1"]), in: folder.path)
    #expect(eventually { (folder.read("starts")?.filter { $0 == 10 }.count ?? 0) >= 3 })
    tool.send(SIGTERM)
    #expect(try tool.wait().exitCode == 130)
    _ = try starts()

    let late = try run(flags + ["--timeout", "3s"], ["--fail", "die", "--every", "1"])
    #expect(late.exitCode == 3, "\(late.log)")
    _ = try starts()
  }

  @Test("Traces and comparisons replace servers too")
  func traceAndBisect() throws {
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    let trace = try Tool.run(
      ["trace", "last", "--folder", "trace", "--input", input] + server(["--fail", "die"]),
      in: folder.path)
    #expect(trace.exitCode == 0, "\(trace.log)")
    #expect(try starts().count == 2)
    let bisect = try Tool.run(
      ["bisect", "--input", input, "--engine-b", "portable"] + server(["--fail", "die"]),
      in: folder.path)
    #expect(bisect.exitCode == 0, "\(bisect.log)")
    #expect(try starts().count >= 6)
    let ended = try Tool.run(
      ["bisect", "--input", input, "--engine-b", "portable", "--host-restarts", "0"]
        + server(["--fail", "die"]), in: folder.path)
    #expect(ended.exitCode == 1, "\(ended.log)")
  }
}
