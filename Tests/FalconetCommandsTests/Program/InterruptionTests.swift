import FalconetTestSupport
import Glibc
import Testing

@Suite("SIGINT and SIGTERM")
struct InterruptionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A program that never ends.
  private func endless() throws -> [String] {
    try Guest.run(
      MachineImage(.v8, code: [Assembly.jump(2, to: 0x1000), Assembly.nop]), in: folder)
  }

  private func expectInterrupted(_ tool: RunningTool, within limit: Duration = .seconds(10)) throws
  {
    let start = ContinuousClock.now
    let outcome = try tool.wait()
    #expect(ContinuousClock.now - start < limit)
    #expect(outcome.exitCode == 130)
    #expect(outcome.text == "")
    #expect(outcome.lines(with: "error: command interrupted").count == 1)
  }

  @Test("Execution stops, and nothing is written", arguments: [SIGINT, SIGTERM])
  func execution(_ signal: Int32) throws {
    let tool = try RunningTool(try endless(), in: folder.path)
    #expect(eventually { tool.log.contains("msg=processing") })
    let before = folder.names
    tool.send(signal)
    tool.send(signal)
    try expectInterrupted(tool)
    #expect(folder.names == before)
  }

  @Test("Signals that the parent process blocked stop execution too", arguments: [SIGINT, SIGTERM])
  func blocked(_ signal: Int32) throws {
    let tool = try RunningTool(try endless(), in: folder.path, blockedSignals: [SIGINT, SIGTERM])
    #expect(eventually { tool.log.contains("msg=processing") })
    tool.send(signal)
    try expectInterrupted(tool)
  }

  @Test("Files that are being written are finished", arguments: [SIGINT, SIGTERM])
  func files(_ signal: Int32) throws {
    let arguments = [
      "--snapshot-at", "%1001", "--proof-at", "%1003", "--snapshot-fmt", "%d.bin.gz", "--proof-fmt",
      "%d.json",
    ]
    let tool = try RunningTool(try endless() + arguments, in: folder.path)
    #expect(eventually { folder.names.count > 10 })
    tool.send(signal)
    try expectInterrupted(tool)
    for name in folder.names {
      #expect(!name.contains("tmp"))
      if name.hasSuffix(".bin.gz") {
        let step = UInt64(name.dropLast(7)) ?? 1
        #expect(try witness(folder.file(name))["step"] == .number(step))
      } else if name != "symbols.json", name.hasSuffix(".json") {
        #expect(try JSONValue(folder.decompressed(name))["step"] != nil)
      }
    }
  }

  @Test(
    "A wait for a server that stalls ends, and the server with it", arguments: [SIGINT, SIGTERM])
  func stalledServer(_ signal: Int32) throws {
    let server = [
      "--", "python3", Guest.server, "deaf", try Guest.preimages(),
      folder.file("pid"),
    ]
    let tool = try RunningTool(Guest.run("oracle") + server, in: folder.path)
    #expect(eventually { folder.names.contains("pid.stalls") })
    tool.send(signal)
    try expectInterrupted(tool)
    #expect(folder.names == ["pid", "pid.stalls"])
    let pid = String(decoding: try #require(folder.read("pid")), as: UTF8.self)
    #expect(kill(try #require(pid_t(pid)), 0) == -1 && errno == ESRCH)
  }

  @Test(
    "A wait for standard input ends",
    arguments: [
      ["run", "--input", "-", "--meta", ""], ["witness", "--input", "-"],
      ["load-elf", "--type", "8", "--path", "-"],
    ])
  func standardInput(_ arguments: [String]) throws {
    for signal in [SIGINT, SIGTERM] {
      let tool = try RunningTool(arguments, in: folder.path, input: .openPipe)
      #expect(eventually { tool.catchesSignals })
      tool.send(signal)
      try expectInterrupted(tool, within: .seconds(2))
    }
    #expect(folder.names == [])
  }
}
