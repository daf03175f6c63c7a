import FalconetTestSupport
import Testing

@Suite("Claims that nobody verified")
struct TrustPagesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try Guest.folderWithSnapshot("a.fsnap")
  }

  private func tool(_ arguments: String...) throws -> Outcome {
    try Tool.run(arguments, in: folder.path)
  }

  @Test("Every command that prints one says so, in text and in JSON")
  func marked() throws {
    let trust = "--trust-pages"
    #expect(try tool("claim", "a.fsnap").text.hasSuffix(" unverified\n"))
    #expect(try tool("claim", trust, "a.fsnap").text.hasSuffix(" unverified\n"))
    let piped = try Tool.run(["claim", trust, "-"], input: folder.read("a.fsnap"))
    #expect(piped.text.hasSuffix(" unverified\n"))
    #expect(try tool("check", trust, "a.fsnap").text.hasSuffix(" unverified\n"))
    #expect(try tool("inspect", trust, "a.fsnap").text.contains(" unverified\n"))
    let inspected = try JSONValue(tool("inspect", trust, "--json", "a.fsnap").output)
    #expect(inspected["unverified"] == .bool(true))
    let shown = try JSONValue(tool("witness", trust, "--input", "a.fsnap").output)
    #expect(shown.keys.last == "unverified")
    #expect(shown["unverified"] == .bool(true))
  }

  @Test("A claim that was computed has no mark")
  func unmarked() throws {
    #expect(!(try tool("claim", "--verify", "a.fsnap").text.contains("unverified")))
    #expect(!(try tool("check", "a.fsnap").text.contains("unverified")))
    #expect(!(try tool("inspect", "--json", "a.fsnap").text.contains("unverified")))
    #expect(try JSONValue(tool("witness", "--input", "a.fsnap").output)["unverified"] == nil)
    // Only an .fsnap file has a claim in its header.
    #expect(try tool("convert", "a.fsnap", "a.bin").exitCode == 0)
    #expect(!(try tool("check", "--trust-pages", "a.bin").text.contains("unverified")))
  }

  @Test("To verify and to trust are asked for together by mistake")
  func both() throws {
    #expect(try tool("claim", "--verify", "--trust-pages", "a.fsnap").exitCode == 64)
  }

  @Test("A run that hashes no page says that the claim is unverified; one that does compares")
  func run() throws {
    let start = ["run", "--input", "a.fsnap", "--meta", "", "--trust-pages", "--stop-at", "=20"]
    let plain = try Tool.run(start + ["--output", "b.bin"], in: folder.path)
    #expect(plain.exitCode == 0)
    #expect(plain.lines(with: "level=WARN", "unverified").count == 1)
    let proved = try Tool.run(
      start + ["--output", "", "--proof-at", "=15"], in: folder.path)
    #expect(proved.exitCode == 0)
    #expect(proved.lines(with: "level=WARN").isEmpty)
    #expect(try tool("squash", "--trust-pages", "a.fsnap", "c.fsnap").exitCode == 0)
    #expect(try tool("convert", "--trust-pages", "a.fsnap", "c.bin").log.contains("unverified"))
  }
}
