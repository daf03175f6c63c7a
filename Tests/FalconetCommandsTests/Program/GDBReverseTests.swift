import FalconetMachine
import FalconetReplay
import FalconetSnapshots
import FalconetTestSupport
import Glibc
import Testing

@Suite(
  "gdb on a run: over what is no plain instruction, and what else it opens",
  .enabled(if: GDB.path != nil, GDB.isMissing))
struct GDBReverseTests {
  @Test(
    "It steps back over a switch of threads",
    arguments: GDB.versions([.v1, .v5, .v8], of: "threads"))
  func threadSwitch(_ version: StateVersion) throws {
    let run = try DebuggedRun("threads", version)
    let timeline = run.timeline
    // A switch in the middle of a run with several threads, to the one that gdb has chosen from the start.
    try timeline.go(to: 3_000_000)
    let thread: UInt64 = 0
    var conditions = StopConditions()
    conditions.threadSwitches = true
    repeat {
      _ = try timeline.findNext(conditions)
      try timeline.go(to: timeline.step + 1)
    } while timeline.machine.state.activeThread?.id != thread
    while !timeline.machine.isInstructionNext { try timeline.go(to: timeline.step + 1) }
    let after = timeline.step
    let claim = timeline.machine.claim()
    #expect(try timeline.stepBack(thread: thread) != .none)
    let before = timeline.step
    let earlier = timeline.machine.claim()
    #expect(before + 1 < after)
    let answers = try run.gdb(
      GDB.goTo(after) + [
        GDB.stepBack, GDB.monitor("when"), GDB.monitor("claim"), "-thread-info",
        "-exec-step-instruction", GDB.monitor("when"),
        "-interpreter-exec console \"thread apply all backtrace 3\"",
      ] + GDB.goTo(after) + [GDB.monitor("claim")])
    #expect(GDB.step(answers[3]) == before, "\(answers[2])")
    #expect(answers[4].target == "\(earlier)\n")
    #expect(answers[5].value("current-thread-id") != nil)
    #expect(answers[6].stop.hasPrefix("*stopped"))
    #expect(GDB.step(answers[7]) == before + 1)
    let threads = timeline.machine.state.threads.count
    #expect(answers[8].console.ranges(of: "#0 ").count == threads, "\(answers[8].console)")
    #expect(answers[11].target == "\(claim)\n")
  }

  @Test(
    "It steps back over code that was overwritten",
    arguments: GDB.versions([.v3, .v8], of: "hello"))
  func selfModified(_ version: StateVersion) throws {
    let image = MachineImage.selfModifying(version)
    let timeline = Timeline(try image.machine())
    var conditions = StopConditions()
    conditions.writes = [WatchedRange(0x1004, count: 4)]
    _ = try timeline.findNext(conditions, skipsFirst: false)
    let write = timeline.step
    #expect(write > 100)
    try timeline.go(to: write + 1)
    let claim = timeline.machine.claim()
    let folder = try TemporaryFolder()
    try Snapshot.save(
      MemoryImage(state: image.state, memory: try image.memory()), path: folder.file("in.bin"))
    let socket = folder.file("gdb.socket")
    let tool = try RunningTool(["debug", "in.bin", "--listen", socket], in: folder.path)
    try tool.await(socket: socket)
    let code = "-data-read-memory-bytes 0x1004 4"
    let answers = try GDB.run(
      [
        "-gdb-set endian big",
        "-gdb-set mips abi \(version.wordSize == .bits64 ? "n64" : "o32")",
        "-target-select remote \(socket)",
      ] + GDB.goTo(write + 1) + [
        code, GDB.stepBack, GDB.monitor("when"), code, "-exec-step-instruction", code,
        GDB.monitor("claim"),
      ], program: nil)
    #expect(answers[2].result.contains("connected"), "\(answers[2]) \(tool.log)")
    #expect(answers[5].value("contents") == "340a0002")
    #expect(GDB.step(answers[7]) == write)
    #expect(answers[8].value("contents") == "340a0001")
    #expect(answers[10].value("contents") == "340a0002")
    #expect(answers[11].target == "\(claim)\n")
  }

  @Test(
    "With --what-if a write makes a branch, whose claims are marked, and which going back leaves",
    arguments: GDB.versions([.v5, .v8], of: "hello"))
  func whatIf(_ version: StateVersion) throws {
    let run = try DebuggedRun("hello", version, ["--what-if"])
    try run.timeline.go(to: 50_000)
    let claim = run.timeline.machine.claim()
    try run.timeline.go(to: 49_999)
    let earlier = run.timeline.machine.claim()
    let answers = try run.gdb(
      GDB.goTo(50_000) + [
        "-gdb-set $v0=77", "-data-evaluate-expression $v0", GDB.monitor("claim"),
        "-data-write-memory-bytes 0x2000 0badcafe", "-data-read-memory-bytes 0x2000 4",
        "-exec-step-instruction", GDB.monitor("when"), GDB.monitor("proof p.json"),
        GDB.stepBack, GDB.monitor("claim"), GDB.stepBack, GDB.monitor("claim"),
        "-data-read-memory-bytes 0x2000 4",
      ] + GDB.goTo(50_000) + [GDB.monitor("claim"), "-interpreter-exec console \"info auxv\""])
    #expect(answers[2].result == "^done", "\(answers[2])")
    #expect(answers[3].value("value") == "77")
    #expect(answers[4].target.contains("what-if: changed at step 50000"))
    #expect(!answers[4].target.contains("\(claim)"))
    #expect(answers[6].value("contents") == "0badcafe")
    #expect(GDB.step(answers[8]) == 50_001)
    #expect(answers[9].target.hasPrefix("error: "))
    #expect(answers[11].target.contains("what-if"))
    #expect(answers[13].target.hasSuffix("\n\(earlier)\n"), "\(answers[13])")
    #expect(answers[14].value("contents") == "00000000")
    #expect(answers[17].target == "\(claim)\n")
    #expect(answers[18].console.contains("AT_PAGESZ"), "\(answers[18])")
    #expect(answers[18].console.contains("4096"))
  }

  @Test("It begins with the last state of a trace before a step")
  func trace() throws {
    let folder = try TemporaryFolder()
    let state = try Guest.folder("threads") + "/state.bin.gz"
    let claims = try Tool.run(
      [
        "trace", "claim", "2500000", "--folder", "game", "--input", state, "--snapshot-interval",
        "1000000",
      ], in: folder.path)
    try #require(claims.exitCode == 0, "\(claims.log)")
    let saved = TemporaryFolder.names(in: folder.file("game/snapshots")).compactMap {
      UInt64($0.dropLast(".fsnap".count))
    }
    let first = try #require(saved.filter { $0 <= 2_200_000 }.max())
    let socket = folder.file("gdb.socket")
    let tool = try RunningTool(
      ["debug", "--folder", "game", "--at", "2200000", "--listen", socket], in: folder.path)
    try tool.await(socket: socket)
    let answers = try GDB.run(
      [
        "-gdb-set endian big", "-gdb-set mips abi n64", "-target-select remote \(socket)",
        GDB.monitor("claim"), GDB.monitor("goto start"),
      ], program: nil)
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "threads"))
    _ = try machine.run(until: 2_200_000)
    #expect(answers[3].target == "\(machine.claim())\n", "\(tool.log)")
    #expect(GDB.step(answers[4]) == first)
    let none = try Tool.run(["debug", "--folder", "game", "--at", "5"], in: folder.path)
    #expect(none.exitCode != 0)
    #expect(none.log.contains("no state at or before step 5"), "\(none.log)")
    let other = try Tool.run(["debug", "--folder", ".", "--at", "5"], in: folder.path)
    #expect(other.log.contains("not the directory of a trace"), "\(other.log)")
  }

  @Test(
    "It opens a core file with its threads, registers and memory",
    arguments: [("threads", .v5), ("threads", .v8), ("hello", .v0)] as [(String, StateVersion)])
  func coreFile(_ guest: String, _ version: StateVersion) throws {
    let vector = try Fixtures.vector(version, guest)
    let machine = try Fixtures.machine(RecordedRun(version: version, guest: guest))
    _ = try machine.run(until: vector.steps / 2)
    let folder = try TemporaryFolder()
    try Snapshot.save(MemoryImage(machine), path: folder.file("state.bin"))
    let outcome = try Tool.run(["convert", "state.bin", "state.core"], in: folder.path)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    try folder.write(
      GDB.readable(try Fixtures.bytes("guests/" + vector.elf), version.wordSize),
      to: "program.elf")
    let thread = try #require(machine.state.activeThread)
    let stack = thread.registers[29]
    let answers = try GDB.run(
      [
        "-target-select core \(folder.file("state.core"))", "-thread-info", GDB.pc,
        "-data-read-memory-bytes \(GDB.hex(stack)) 16", "-stack-list-frames",
      ], program: folder.file("program.elf"))
    #expect(answers[0].result.hasPrefix("^connected"), "\(answers[0])")
    let alive = (machine.state.threads.left + machine.state.threads.right).filter { !$0.exited }
    #expect(answers[1].result.ranges(of: "target-id=").count == alive.count)
    #expect(answers[2].value("value") == "\(thread.pc)", "\(answers[2])")
    let bytes = machine.memory.bytes(at: stack, count: 16)
    let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(answers[3].value("contents") == hex)
    #expect(answers[4].result.contains("func=\""))
  }

  @Test(
    "It shows lines of a Go program, and goes back to the last write of a word",
    .enabled(
      if: getenv("FALCONET_GUESTS") != nil,
      "no guest compute: Scripts/long-tests with --guests runs it"))
  func compute() throws {
    let run = try DebuggedRun("compute", .v8)
    let word = try run.address("runtime.sched")
    try run.timeline.go(to: .max)
    var conditions = StopConditions()
    conditions.writes = [WatchedRange(word, count: 8)]
    _ = try run.timeline.findLast(conditions)
    let write = run.timeline.step
    let answers = try run.gdb([
      "-break-insert main.main", "-exec-continue", "-exec-next", "-exec-step", "-stack-list-frames",
      "-exec-continue --reverse", "-break-delete 1", "-interpreter-exec console \"info source\"",
      GDB.monitor("goto end"), GDB.flush, "-gdb-set language c",
      "-break-watch \"*(long*)\(GDB.hex(word))\"", "-exec-continue --reverse", GDB.monitor("when"),
      "-interpreter-exec console \"thread apply all backtrace\"",
    ])
    #expect(answers[1].value("reason") == "breakpoint-hit", "\(answers[1])")
    #expect(answers[1].value("file")?.hasSuffix("main.go") == true)
    #expect(answers[2].value("line") != nil)
    #expect(answers[4].result.contains("main.go"))
    #expect(answers[5].value("reason") == "breakpoint-hit", "\(answers[5])")
    #expect(answers[7].console.contains("go1."))
    #expect(answers[12].value("reason") == "watchpoint-trigger", "\(answers[12])")
    #expect(GDB.step(answers[13]) == write)
    #expect(answers[14].console.contains("runtime."))
  }
}
