import FalconetELF
import FalconetMachine
import FalconetReplay
import FalconetTestSupport
import Glibc
import Testing

@Suite("gdb on a run", .enabled(if: GDB.path != nil, GDB.isMissing))
struct GDBTests {
  @Test(
    "It breaks, steps, and steps back, in each version",
    arguments: StateVersion.allCases.map { ("hello", $0) }
      + GDB.versions([.v1, .v5, .v8], of: "threads").map { ("threads", $0) })
  func breakAndStep(_ guest: String, _ version: StateVersion) throws {
    let served = try DebuggedRun(guest, version)
    let main = try served.address("main.main")
    var conditions = StopConditions()
    conditions.addresses = [main]
    _ = try served.timeline.findNext(conditions)
    let first = served.timeline.step
    #expect(first > 0)
    let answers = try served.gdb([
      "-break-insert *\(GDB.hex(main))", "-exec-continue", GDB.monitor("when"),
      "-exec-step-instruction", GDB.monitor("when"), "-exec-step-instruction --reverse",
      GDB.monitor("when"), GDB.pc, "-stack-list-frames", "-thread-info", "-break-delete 1",
      "-exec-continue --reverse", GDB.monitor("when"), "-exec-continue", GDB.monitor("when"),
      "-exec-step-instruction --reverse", GDB.monitor("when"), GDB.monitor("claim"),
    ])
    #expect(answers[1].value("reason") == "breakpoint-hit", "\(answers[1])")
    #expect(answers[1].value("func") == "main.main")
    #expect(GDB.step(answers[2]) == first)
    #expect(answers[3].value("reason") == "end-stepping-range")
    #expect(GDB.step(answers[4]) == first + 1)
    #expect(GDB.step(answers[6]) == first)
    #expect(answers[7].value("value")?.contains(GDB.hex(main)) == true, "\(answers[7])")
    #expect(answers[8].result.contains("main.main"))
    let threads = served.timeline.machine.state.threads.count
    #expect(answers[9].result.ranges(of: "target-id=").count == threads)
    #expect(answers[11].stop.hasPrefix("*stopped"))
    #expect(GDB.step(answers[12]) == 0)
    #expect(answers[13].stop.hasPrefix("*stopped"))
    let vector = try Fixtures.vector(version, guest)
    #expect(GDB.step(answers[14]) == vector.steps)
    // The last instruction is the system call that exits.
    #expect(GDB.step(answers[16]) == vector.steps - 1)
    try served.timeline.go(to: vector.steps - 1)
    #expect(answers[17].target == "\(served.timeline.machine.claim())\n")
  }

  @Test(
    "It goes back to the last write of a word, and over a system call and the read of a pre-image",
    arguments: GDB.versions([.v5, .v8], of: "oracle"))
  func lastWrite(_ version: StateVersion) throws {
    let served = try DebuggedRun("oracle", version)
    let vector = try Fixtures.vector(version, "oracle")
    // Go's last goroutine: gdb passes over writes that change nothing, as of the upper half in 32 bits.
    let size = UInt64(version.wordSize.bytes)
    let word = try served.address("runtime.sched") + 8 - size
    var conditions = StopConditions()
    conditions.writes = [WatchedRange(word, count: size)]
    try served.timeline.go(to: vector.steps)
    guard case .hit(let write) = try served.timeline.findLast(conditions) else {
      Issue.record("runtime.sched is never written")
      return
    }
    conditions = StopConditions()
    conditions.systemCalls = true
    try served.timeline.go(to: vector.steps - 1)
    _ = try served.timeline.findLast(conditions)
    let call = served.timeline.step
    let preimage = try #require(
      served.timeline.requests.first {
        if case .preimage = $0.content { true } else { false }
      }
    ).step
    let answers = try served.gdb([
      "-gdb-set language c", GDB.monitor("goto end"), GDB.flush,
      "-break-watch \"*(long*)\(GDB.hex(word))\"", "-exec-continue --reverse",
      GDB.monitor("when"), "-break-delete 1", GDB.monitor("goto end"), GDB.flush,
      GDB.monitor("last-write \(GDB.hex(word)):\(size)"),
      GDB.monitor("goto \(call + 1)"), GDB.flush, "-exec-step-instruction --reverse",
      GDB.monitor("when"), "-exec-step-instruction", GDB.monitor("when"),
      GDB.monitor("goto \(preimage + 1)"), GDB.flush, "-exec-step-instruction --reverse",
      GDB.monitor("when"), "-exec-step-instruction", GDB.monitor("claim"),
      "-data-write-memory-bytes \(GDB.hex(word)) 00", "-gdb-set $v0=1",
    ])
    #expect(answers[4].value("reason") == "watchpoint-trigger", "\(answers[4])")
    #expect(GDB.step(answers[5]) == write.step)
    #expect(GDB.step(answers[9]) == write.step)
    #expect(GDB.step(answers[13]) == call)
    #expect(GDB.step(answers[15]) == call + 1)
    #expect(GDB.step(answers[19]) == preimage)
    try served.timeline.go(to: preimage + 1)
    #expect(answers[21].target == "\(served.timeline.machine.claim())\n")
    #expect(answers[22].result.hasPrefix("^error"))
    #expect(answers[23].result.contains("read-only"), "\(answers[23])")
  }

  @Test("It gets the program from the debugger, and finds lines of C in both directions")
  func source() throws {
    guard GuestBuild.clang != nil else { return }
    let folder = try TemporaryFolder()
    let program = try #require(try GuestBuild.programs()["small"])
    try folder.write(program, to: "small.elf")
    let load = try Tool.run(["load-elf", "--type", "8", "--path", "small.elf"], in: folder.path)
    try #require(load.exitCode == 0, "\(load.log)")
    let tool = try RunningTool(
      ["debug", "state.bin.gz", "--elf", "small.elf", "--listen", "127.0.0.1:0"],
      in: folder.path)
    let end = SuspendingClock.now.advanced(by: .seconds(120))
    while !tool.log.contains("target remote "), SuspendingClock.now < end { usleep(5000) }
    let address = try #require(tool.log.firstRange(of: "target remote ")).upperBound
    let name = tool.log[address...].prefix { $0.isNumber || $0 == "." || $0 == ":" }
    let answers = try GDB.run(
      [
        "-gdb-set endian big", "-target-select remote \(name)", "-break-insert guest_main",
        "-exec-continue", "-exec-next", "-exec-step", "-exec-continue --reverse",
        "-stack-list-frames",
      ], program: nil)
    #expect(answers[1].result.contains("connected"), "\(answers[1])")
    #expect(answers[3].value("reason") == "breakpoint-hit", "\(answers[3])")
    #expect(answers[3].value("file")?.hasSuffix("small.c") == true)
    let lines = answers[3...6].compactMap { $0.value("line").flatMap { Int($0) } }
    #expect(lines.count == 4, "\(lines)")
    #expect(Set(lines).count > 1)
    #expect(lines.first == lines.last, "there and back: \(lines)")
    #expect(answers[6].value("reason") == "breakpoint-hit", "\(answers[6])")
    #expect(answers[7].result.contains("guest_main"))
  }
}
