import FalconetTestSupport
import Testing

@Suite("diff")
struct DiffTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for (step, name) in [(1000, "a.bin.gz"), (1000, "b.fsnap"), (60_000, "c.bin")] {
      let outcome = try Tool.run(
        Guest.run("hello") + ["--stop-at", "=\(step)", "--output", name], in: folder.path)
      try #require(outcome.exitCode == 0)
    }
  }

  @Test("The same state in two formats is the same")
  func same() throws {
    let outcome = try Tool.run(["diff", "a.bin.gz", "b.fsnap"], in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(outcome.text == "the two are the same\n")
  }

  @Test("Fields, registers, functions and words are told")
  func different() throws {
    let meta = try Guest.folder("hello") + "/meta.json"
    let arguments = ["diff", "a.bin.gz", "c.bin", "--meta", meta]
    let outcome = try Tool.run(arguments, in: folder.path)
    #expect(outcome.exitCode == 1)
    #expect(outcome.log == "")
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.contains("step: 1000 -> 60000"))
    #expect(lines.contains { $0.hasPrefix("  pc: 0x") && $0.contains("runtime.") })
    #expect(lines.contains { $0.hasPrefix("memory: ") && $0.contains(" pages differ") })
    let json = try JSONValue(
      Tool.run(arguments + ["--json", "--pages", "2"], in: folder.path).output)
    #expect(json["same"] == .bool(false))
    #expect(json["pages"]?.elements.count == 2)
    #expect(json["threads"]?.elements.first?["leftFunction"] != nil)
  }

  @Test("A file that can't be read, and standard input twice")
  func mistakes() throws {
    let outcome = try Tool.run(["diff", "a.bin.gz", "none.bin"], in: folder.path)
    #expect(outcome.exitCode == 1)
    #expect(outcome.log.contains("none.bin"))
    #expect(try Tool.run(["diff", "-", "-"], in: folder.path).exitCode == 64)
  }
}
