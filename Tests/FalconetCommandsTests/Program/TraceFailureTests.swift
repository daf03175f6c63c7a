import FalconetTestSupport
import Glibc
import Testing

@Suite("trace: when something fails")
struct TraceFailureTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func arguments(_ command: String, _ rest: String...) throws -> [String] {
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    return ["trace", command, "--folder", folder.file("t"), "--input", input] + rest
  }

  /// The command line of a server that fails in some way; its process id goes to `pid`.
  private func server(_ mode: String) throws -> [String] {
    [
      "--host-restarts", "0", "--", "python3", Guest.server, mode, try Guest.preimages(),
      folder.file("pid"),
    ]
  }

  /// No server is left, and no file that was not finished.
  private func expectTidy() throws {
    let pid = String(decoding: try #require(folder.read("pid")), as: UTF8.self)
    #expect(kill(try #require(pid_t(pid)), 0) == -1 && errno == ESRCH)
    for name in ["", "/snapshots", "/proofs"] {
      #expect(!TemporaryFolder.names(in: folder.file("t" + name)).contains { $0.contains("tmp") })
    }
  }

  @Test(
    "A server that stalls, dies, answers short or lies is an error; then the folder goes on",
    arguments: [
      ("stall", "did nothing for 10 seconds"), ("die", "7"), ("short", "of a pre-image"),
      ("lie", "wrong pre-image"),
    ])
  func servers(_ mode: String, _ words: String) throws {
    // Known before the server fails, and answered without it afterwards.
    let known = try Tool.run(arguments("claim", "1000"))
    #expect(known.exitCode == 0)
    for command in ["last", "last"] {
      // Time to start and to answer the first requests on a busy machine.
      let patience = mode == "stall" ? "10s" : "10m"
      let arguments = try arguments(command, "--preimage-timeout", patience) + server(mode)
      let outcome = try Tool.run(arguments)
      #expect(outcome.exitCode == 1 && outcome.text == "")
      #expect(outcome.lines(with: "error: ", words).count == 1, "\(outcome.log)")
      try expectTidy()
    }
    #expect(try Tool.run(arguments("claim", "1000")).text == known.text)
    let last = try Tool.run(arguments("last") + server("serve"))
    #expect(last.exitCode == 0, "\(last.log)")
    let vector = try Fixtures.vector(.v8, "oracle")
    #expect(try JSONValue(last.output)["claim"]?.string == "\(vector.finalHash)")
    try expectTidy()
    let status = try JSONValue(Tool.run(arguments("status")).output)
    #expect(status["putAside"] == .array([]))
  }

  @Test("SIGINT and SIGTERM end a question and its server", arguments: [SIGINT, SIGTERM])
  func interruption(_ signal: Int32) throws {
    let tool = try RunningTool(arguments("last") + server("deaf"))
    #expect(eventually { folder.names.contains("pid.stalls") })
    tool.send(signal)
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 130 && outcome.text == "")
    #expect(outcome.lines(with: "error: command interrupted").count == 1)
    try expectTidy()
    #expect(try Tool.run(arguments("claim", "1000")).exitCode == 0)
  }

  @Test("What only looks at a folder makes none, and neither does a prestate that is not there")
  func noFolder() throws {
    for command in [["status"], ["prune"], ["export", folder.file("game")]] {
      let outcome = try Tool.run(arguments(command[0]) + command.dropFirst())
      #expect(outcome.exitCode == 1 && outcome.log.contains("the directory does not exist"))
    }
    let outcome = try Tool.run([
      "trace", "claim", "--folder", folder.file("t"), "--input", folder.file("none.bin"), "5",
    ])
    #expect(outcome.exitCode == 1 && outcome.log.contains("none.bin: no such file"))
    #expect(folder.names == [])
  }

  @Test("A link to the folder is the folder")
  func link() throws {
    folder.makeFolder("real")
    #expect(symlink("real", folder.file("t")) == 0)
    #expect(try Tool.run(arguments("claim", "5")).exitCode == 0)
    #expect(TemporaryFolder.names(in: folder.file("real")).contains("claims.log"))
    #expect(try Tool.run(["trace", "delete", "--folder", folder.file("t")]).exitCode == 0)
    #expect(TemporaryFolder.names(in: folder.path) == ["t"])
  }

  @Test(
    "Bad usage is exit code 64, and the command's own name is in what is said",
    arguments: [
      [], ["--folder", "t"], ["--folder", "t", "--input", "x"],
      ["--folder", "t", "--input", "x", "five"], ["--folder", "t", "--input", "x", "-5"],
      ["--folder", "t", "--input", "x", "18446744073709551616"],
      ["--folder", "t", "--input", "x", "5", "--disk-budget", "much"],
    ])
  func usage(_ arguments: [String]) throws {
    let outcome = try Tool.run(["trace", "claim"] + arguments, in: folder.path)
    #expect(outcome.exitCode == 64 && outcome.text == "")
    #expect(outcome.log.contains("falconet trace claim"))
    #expect(folder.names == [])
  }

  @Test("Help of a command below another has its whole name", arguments: ["claim", "status"])
  func help(_ command: String) throws {
    for arguments in [["trace", command, "--help"], ["help", "trace", command]] {
      let outcome = try Tool.run(arguments)
      #expect(outcome.exitCode == 0 && outcome.text.contains("USAGE: falconet trace \(command)"))
    }
    #expect(try Tool.run(["trace", "--help"]).text.contains("USAGE: falconet trace <subcommand>"))
  }
}
