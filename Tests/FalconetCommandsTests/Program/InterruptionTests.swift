import FalconetTestSupport
import Glibc
import Testing

@Suite("SIGINT, SIGTERM and SIGHUP")
struct InterruptionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A program that never ends.
  private func endless() throws -> [String] {
    try Guest.run(
      MachineImage(.v8, code: [Assembly.jump(2, to: 0x1000), Assembly.nop]), in: folder)
  }

  private func expectInterrupted(_ tool: RunningTool) throws {
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 130)
    #expect(outcome.text == "")
    #expect(outcome.lines(with: "error: command interrupted").count == 1)
  }

  @Test("Execution stops, and nothing is written", arguments: [SIGINT, SIGTERM, SIGHUP])
  func execution(_ signal: Int32) throws {
    let tool = try RunningTool(try endless(), in: folder.path)
    #expect(eventually { tool.log.contains("msg=processing") })
    let before = folder.names
    tool.send(signal)
    tool.send(signal)
    try expectInterrupted(tool)
    #expect(folder.names == before)
  }

  @Test(
    "Signals that the parent process blocked stop execution too",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func blocked(_ signal: Int32) throws {
    let tool = try RunningTool(
      try endless(), in: folder.path, blockedSignals: [SIGINT, SIGTERM, SIGHUP])
    #expect(eventually { tool.log.contains("msg=processing") })
    tool.send(signal)
    try expectInterrupted(tool)
  }

  @Test("Files that are being written are finished", arguments: [SIGINT, SIGTERM, SIGHUP])
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
    "A wait for a server that stalls ends, and the server with it",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func stalledServer(_ signal: Int32) throws {
    let server = [
      "--", "python3", Guest.server, "deaf", try Guest.preimages(),
      folder.file("pid"),
    ]
    let tool = try RunningTool(Guest.run("oracle") + server, in: folder.path)
    #expect(eventually { folder.names.contains("pid.stalls") })
    let start = SuspendingClock.now
    tool.send(signal)
    try expectInterrupted(tool)
    // Not the 30 s that a server gets that is at work.
    #expect(SuspendingClock.now - start < .seconds(29))
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
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      let tool = try RunningTool(arguments, in: folder.path, input: .openPipe)
      #expect(eventually { tool.catches(SIGINT, SIGTERM) })
      tool.send(signal)
      try expectInterrupted(tool)
    }
    #expect(folder.names == [])
  }

  @Test("A command that is interrupted says so, whether it has printed its result or not")
  func late() throws {
    let input = try Guest.folder("hello") + "/state.bin.gz"
    for arguments in [["witness", "--input", input], ["check", input]] {
      let tool = try RunningTool(arguments, in: folder.path)
      #expect(eventually { tool.catches(SIGINT, SIGTERM) })
      tool.send(SIGINT)
      let outcome = try tool.wait()
      // The command may be done before the signal comes.
      #expect(outcome.exitCode == 130 || outcome.exitCode == 0)
      #expect(
        outcome.lines(with: "error: command interrupted").count == (outcome.exitCode == 0 ? 0 : 1))
    }
  }

  @Test("A trace that waits for its prestate ends with 130 for a signal, with 3 out of time")
  func tracePrestate() throws {
    let arguments = ["trace", "last", "--folder", "t", "--input", "-"]
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      let tool = try RunningTool(arguments, in: folder.path, input: .openPipe)
      #expect(eventually { tool.catches(SIGINT, SIGTERM) })
      tool.send(signal)
      try expectInterrupted(tool)
    }
    let tool = try RunningTool(
      arguments + ["--timeout", "1s"], in: folder.path, input: .openPipe)
    let outcome = try tool.wait()
    #expect(outcome.exitCode == 3)
    #expect(outcome.lines(with: "error: out of time").count == 1)
  }

  @Test("A SIGHUP that was ignored at the start, as nohup does, stays ignored")
  func nohup() throws {
    let tool = try RunningTool(try endless(), in: folder.path, wrapper: ["nohup"])
    #expect(eventually { tool.log.contains("msg=processing") })
    tool.send(SIGHUP)
    let lines = tool.log.count
    #expect(eventually { tool.log.count > lines })
    tool.send(SIGTERM)
    try expectInterrupted(tool)
  }

  @Test(
    "The server and what it started end with a program that is killed, and nothing else is left")
  func killed() throws {
    let script = "sleep 600 & echo $$ > \(folder.file("pid")); touch \(folder.file("up")); wait"
    let tool = try RunningTool(
      Guest.run("oracle") + ["--output", "out.bin.gz", "--", "sh", "-c", script], in: folder.path)
    #expect(eventually { folder.names.contains("up") })
    let text = String(decoding: try #require(folder.read("pid")), as: UTF8.self)
    let group = try #require(pid_t(text.split(separator: "\n").first ?? ""))
    #expect(kill(-group, 0) == 0)
    tool.send(SIGKILL)
    #expect(try tool.wait().exitCode == nil)
    // A process that nobody reaps counts as one, so what is left is looked at.
    #expect(eventually { Self.isGone(group) })
    #expect(folder.names == ["pid", "up"])
  }

  /// Whether all that is left of a process group waits to be reaped.
  private static func isGone(_ group: pid_t) -> Bool {
    TemporaryFolder.names(in: "/proc").filter { pid_t($0) != nil }.allSatisfy { process in
      guard let status = TemporaryFolder.contents("/proc/\(process)/stat") else { return true }
      // PID (NAME) STATE PARENT GROUP …, where the name may hold anything.
      let fields =
        String(decoding: status, as: UTF8.self).split(separator: ")").last?
        .split(separator: " ") ?? []
      return fields.count < 3 || fields[0] == "Z" || pid_t(fields[2]) != group
    }
  }
}
