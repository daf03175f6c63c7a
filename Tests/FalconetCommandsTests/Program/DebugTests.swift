import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Debug output of a run")
struct DebugTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let keys = [
    "pages", "memory_used", "num_preimage_requests", "total_preimage_size", "total_steps",
    "instruction_cache_miss_count", "highest_icache_miss_pc", "rmw_success_count", "rmw_fail_count",
    "max_steps_between_ll_and_sc", "reservation_invalidation_count", "forced_preemption_count",
    "idle_step_count_thread_0",
  ]

  @Test("Debug info has Cannon's keys in order, and what happened")
  func debugInfo() throws {
    let outcome = try Tool.run(
      Guest.run("oracle") + [
        "--preimages", Guest.preimages(), "--debug-info", "info.json", "--output", "out.bin",
      ], in: folder.path)
    #expect(outcome.exitCode == 0)
    let text = try #require(folder.read("info.json"))
    #expect(text.suffix(4).elementsEqual(Array("\n}\n\n".utf8)))
    let info = try JSONValue(text)
    #expect(info.keys == Self.keys)

    // The snapshot begins with the version and the number of pages.
    let pages = try #require(folder.read("out.bin"))[1..<9].reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    #expect(info["pages"] == .number(pages))
    #expect(info["memory_used"] == .string("0x" + String(pages * 4096, radix: 16)))
    #expect(info["total_steps"] == .number(try Fixtures.vector(.v8, "oracle").steps))
    // The guest asks for each pre-image once.
    let preimages = try Fixtures.preimages("oracle-valid")
    #expect(info["num_preimage_requests"] == .number(UInt64(preimages.count)))
    #expect(
      info["total_preimage_size"] == .number(UInt64(preimages.values.reduce(0) { $0 + $1.count })))
    #expect(info["highest_icache_miss_pc"] == .string("0x0"))
    #expect(info["rmw_success_count"] != .number(0))
  }

  @Test(
    "Each version has the keys of its own release, with zeros for what did not happen",
    arguments: StateVersion.allCases)
  func releases(_ version: StateVersion) throws {
    let loop = MachineImage(version, code: [Assembly.jump(2, to: 0x1000), 0])
    let outcome = try Tool.run(
      Guest.run(loop, in: folder) + ["--debug-info", "-", "--output", "", "--stop-at", "=2"],
      in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    let info = try JSONValue(outcome.output)
    var keys = Self.keys
    if version == .v0 { keys.removeLast(9) }
    if version != .v7, version != .v8 { keys.removeAll { $0.contains("cache") } }
    if [.v1, .v3, .v4].contains(version) {
      keys.insert("failed_wakeup_count", at: keys.count - 1)
    }
    #expect(info.keys == keys)
    if version != .v0 { #expect(info["total_steps"] == .number(2)) }
    #expect(info["memory_used"] == .string("0x1000"))
    for key in keys.dropFirst(5) where key != "highest_icache_miss_pc" {
      #expect(info[key] == .number(0), "\(key)")
    }
  }

  @Test("JSON log lines are one object each")
  func jsonLog() throws {
    let outcome = try Tool.run(Guest.run("hello") + ["-log-format=json"], in: folder.path)
    #expect(outcome.exitCode == 0)
    let lines = try outcome.log.split(separator: "\n").map { try JSONValue(Array($0.utf8)) }
    #expect(lines.count == 7)
    for line in lines { #expect(line.keys.prefix(4) == ["time", "level", "msg", "module"]) }
    let guest = lines.first { $0["stream"] == .string("stderr") }
    #expect(guest?["text"] == .string("hello on standard error\n"))
    #expect(lines.last?["exited"] == .bool(true))
    #expect(lines.last?["code"] == .number(0))
  }

  @Test(
    "Log levels leave out what is below them",
    arguments: [("debug", 7), ("info", 7), ("warn", 0), ("error", 0)])
  func levels(_ level: String, _ count: Int) throws {
    let outcome = try Tool.run(Guest.run("hello") + ["--log-level", level], in: folder.path)
    #expect(outcome.log.split(separator: "\n").count == count)
  }

  @Test("The profiler's flag of Cannon is accepted, and does nothing")
  func profile() throws {
    let outcome = try Tool.run(
      Guest.run("hello") + ["--pprof.cpu", "--stop-at", "=1"], in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(folder.names == ["out.bin.gz"])
    #expect(outcome.lines(with: "level=WARN").count == 1)
  }
}
