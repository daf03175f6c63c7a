import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// `--max-memory`, and what control groups allow.
@Suite("Guests that eat memory")
struct MemoryLimitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A program that writes one page after the other, without end.
  private func eater() throws -> [String] {
    try Guest.run(
      MachineImage(
        .v8,
        code: [
          Assembly.immediate(0x0F, rt: 8, 0x1000), Assembly.immediate(0x2B, rs: 8, rt: 8),
          Assembly.immediate(0x19, rs: 8, rt: 8, 4096), Assembly.jump(2, to: 0x1004), Assembly.nop,
        ]), in: folder)
  }

  private func expectLimit(_ outcome: Outcome, pages: UInt64) throws {
    #expect(outcome.exitCode == 1)
    let words = "the \(pages) pages (\(pages * 4096) bytes) that it may have"
    let lines = outcome.lines(with: "error: failed to execute a step: ", words, "--max-memory")
    #expect(lines.count == 1, "\(outcome.log)")
    // The scheduler takes a step now and then.
    let turns = (pages - 1) * 4 / 100_000
    #expect(
      lines.first?.contains("at step \((pages - 1) * 4 + 1 + turns), pc 0x00001004") == true,
      "\(outcome.log)")
  }

  @Test(
    "A guest that needs more ends with an error and the state, which goes on with more",
    arguments: ["translator", "portable", "step", "check"])
  func flag(_ engine: String) throws {
    let arguments = ["--engine", engine, "--save-on-error", "saved.bin.gz"]
    let outcome = try Tool.run(
      eater() + ["--max-memory", "4MiB"] + arguments, in: folder.path)
    try expectLimit(outcome, pages: 1024)
    #expect(try witness(folder.file("saved.bin.gz"))["step"] == .number(1023 * 4 + 1))
    let again = try Tool.run(
      ["run", "--input", "saved.bin.gz", "--meta", "", "--max-memory", "8192KiB"] + arguments,
      in: folder.path)
    try expectLimit(again, pages: 2048)
  }

  @Test("A snapshot that is larger is not loaded", arguments: ["run", "trace"])
  func loading(_ command: String) throws {
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let arguments =
      command == "run"
      ? ["run", "--input", input, "--meta", ""]
      : ["trace", "last", "--folder", "trace", "--input", input]
    let outcome = try Tool.run(arguments + ["--max-memory", "1MiB"], in: folder.path)
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.lines(with: "error: ", "256 pages (1048576 bytes)").count == 1, "\(outcome.log)")
  }

  @Test("Without the flag, what the control group allows less the reserve is the limit")
  func group() throws {
    // As version 2 has it: 256 MiB, of which the reserve is 160 MiB but not more than half.
    try folder.write("\(256 << 20)\n", to: "memory.max")
    let outcome = try Tool.run(eater() + ["--cgroup-root", folder.path], in: folder.path)
    try expectLimit(outcome, pages: 128 << 8)
    // States in memory may double it.
    let snapshots = try Tool.run(
      eater() + ["--cgroup-root", folder.path, "--snapshot-at", "=1"], in: folder.path)
    try expectLimit(snapshots, pages: 64 << 8)
    // The user's word goes before.
    let more = try Tool.run(
      eater() + ["--cgroup-root", folder.path, "--max-memory", "132MiB"], in: folder.path)
    try expectLimit(more, pages: 132 << 8)
  }

  @Test(
    "What is no amount of memory is bad usage",
    arguments: ["4", "1QB", "-1", "much", "1.5GiB", "99999999TiB"])
  func badAmounts(_ amount: String) throws {
    let outcome = try Tool.run(eater() + ["--max-memory", amount], in: folder.path)
    #expect(outcome.exitCode == 64)
  }

  /// A new memory group below this process's, of version 1; nil if none can be made.
  private static let parentGroup: String? = {
    guard let source = try? FileSource(path: "/proc/self/cgroup"),
      let bytes = try? ByteReader(source).readAll(limit: 1 << 16)
    else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .first { $0.contains(":memory:") }
    guard let path = line?.split(separator: ":", maxSplits: 2).last else { return nil }
    let parent = "/sys/fs/cgroup/memory" + (path == "/" ? "" : path)
    let probe = parent + "/falconet-probe-\(getpid())"
    guard mkdir(probe, 0o755) == 0 else { return nil }
    rmdir(probe)
    return parent
  }()

  @Test(
    "In a memory group, a guest that eats memory ends by itself and is not killed, with its state",
    .enabled(if: parentGroup != nil, "no memory group of version 1 can be made here"))
  func realGroup() throws {
    let group = (Self.parentGroup ?? "") + "/falconet-test-\(getpid())"
    #expect(mkdir(group, 0o755) == 0)
    defer { rmdir(group) }
    let limit: UInt64 = 384 << 20
    let file = try #require(fopen(group + "/memory.limit_in_bytes", "w"))
    fputs("\(limit)", file)
    #expect(fclose(file) == 0)
    let program = try Tool.path.get()
    let words =
      try eater() + [
        "--save-on-error", "saved.bin.gz", "--output", "", "--snapshot-at", "=1000",
      ]
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let status = system(
      "cd '\(folder.path)' && echo $$ > '\(group)/cgroup.procs' && exec '\(program)' \(quoted) 2> log"
    )
    let log = String(decoding: folder.read("log") ?? [], as: UTF8.self)
    #expect(status >> 8 & 0xFF == 1 && status & 0x7F == 0, "\(log)")
    // 384 MiB less the reserve of 176 MiB, and half of it since a snapshot is taken.
    #expect(log.contains("the \(104 << 8) pages"), "\(log)")
    #expect(log.contains("Saved the state to continue from"))
    #expect(try witness(folder.file("saved.bin.gz"))["exited"] == .bool(false))
    let failures = try ByteReader(FileSource(path: group + "/memory.oom_control")).readAll(
      limit: 4096)
    #expect(!String(decoding: failures, as: UTF8.self).contains("oom_kill 1"))
  }
}
