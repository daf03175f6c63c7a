import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("Servers that fail")
struct ServerFailureTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func start(_ mode: String, _ arguments: String...) throws -> RunningTool {
    let server = [
      "--host-restarts", "0", "--", "python3", Guest.server, mode, try Guest.preimages(),
      folder.file("pid"),
    ]
    return try RunningTool(Guest.run("oracle") + arguments + server, in: folder.path)
  }

  /// The error of a run that failed, which must leave no file and no process.
  private func error(_ outcome: Outcome) throws -> String {
    #expect(outcome.exitCode == 1)
    #expect(outcome.text == "")
    #expect(folder.names.filter { !$0.hasPrefix("pid") } == [])
    let pid = String(decoding: try #require(folder.read("pid")), as: UTF8.self)
    #expect(kill(try #require(pid_t(pid)), 0) == -1 && errno == ESRCH)
    let lines = outcome.lines(with: "error: ")
    #expect(lines.count == 1)
    return String(lines.first ?? "")
  }

  @Test(
    "A server that stalls, dies, answers short or lies ends the run with key and last hint",
    arguments: [
      ("stall", "did nothing for 10 seconds"), ("die", "7"), ("short", "of a pre-image"),
      ("lie", "wrong pre-image"),
    ])
  func failures(_ mode: String, _ words: String) throws {
    // Time to start and to answer the first requests on a busy machine.
    let outcome = try start(mode, "--preimage-timeout", mode == "stall" ? "10s" : "10m").wait()
    let error = try error(outcome)
    #expect(error.contains(words))
    // The fifth pre-image is of type 4; its digest is in the hint before it.
    let key = try #require(error.firstMatch(of: #/key 0x04([0-9a-f]{62})\b/#))
    let hint = try #require(error.firstMatch(of: #/last hint "block ..([0-9a-f]{62})"/#))
    #expect(key.1 == hint.1)
    // Where in the program it was.
    #expect(error.firstMatch(of: #/at step \d+, pc 0x[0-9a-f]{8}, in \S+/#) != nil)
  }

  @Test("A server that stalls and does not notice its end holds the error up for a few seconds")
  func stubborn() throws {
    let tool = try start("deaf", "--preimage-timeout", "10s")
    #expect(eventually { folder.names.contains("pid.stalls") })
    let start = SuspendingClock.now
    let outcome = try tool.wait()
    #expect(try error(outcome).contains("did nothing for 10 seconds"))
    // Not the 30 s that a server gets that is at work.
    #expect(SuspendingClock.now - start < .seconds(10 + 29))
  }

  @Test("What a failing server wrote is in the log")
  func log() throws {
    let outcome = try start("talk", "--stop-at-preimage-type", "any").wait()
    #expect(outcome.exitCode == 0)
    #expect(outcome.lines(with: "module=host", "serving").count == 1)
  }

  @Test("A recording of a run that failed has whole pre-images alone")
  func recording() throws {
    let outcome = try start("die", "--record-preimages", "pid-rec").wait()
    _ = try error(outcome)
    let preimages = try Fixtures.preimages("oracle-valid")
    let names = TemporaryFolder.names(in: folder.file("pid-rec")).filter { $0 != "kvformat" }
    #expect(names.count == 4)
    for (key, data) in preimages where names.contains("\(key).txt") {
      #expect(folder.read("pid-rec/\(key).txt") == Array(Hex.encode(data).utf8))
    }
  }
}
