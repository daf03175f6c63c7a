import FalconetTestSupport
import Glibc
import Testing

@Suite("check: snapshots that are sound, bad, or cannot be read")
struct CheckTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try Guest.folderWithSnapshot("a.fsnap")
    var bytes = try #require(folder.read("a.fsnap"))
    bytes[bytes.count / 2] ^= 1
    try folder.write(bytes, to: "bad.fsnap")
    folder.makeFolder("directory")
    try #require(symlink("loop", folder.file("loop")) == 0)
  }

  private func check(_ arguments: String...) throws -> Outcome {
    try Tool.run(["check"] + arguments, in: folder.path)
  }

  @Test("What cannot be read is told in other words, and counted apart")
  func text() throws {
    let one = try check("none")
    #expect(one.exitCode == 1)
    #expect(one.text == "none: cannot be read: none: no such file: check the path\n")
    #expect(one.log.contains("error: 1 file cannot be read\n"))
    let all = try check("a.fsnap", "none", "directory", "bad.fsnap", "loop", "none/x")
    #expect(all.exitCode == 1)
    let lines = all.text.split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines[0].hasPrefix("a.fsnap: ok: fsnap, version 8, step 10, "))
    #expect(lines[3].hasPrefix("bad.fsnap: bad: "))
    for line in [1, 2, 4, 5] {
      #expect(lines[line].contains(": cannot be read: "), "\(lines[line])")
    }
    #expect(
      all.log.contains("error: 1 of 6 snapshots failed the check; 4 files cannot be read"))
    #expect(!(try check("bad.fsnap").log.contains("cannot be read")))
  }

  @Test("JSON: null stands for what is not known")
  func json() throws {
    let outcome = try check("--json", "a.fsnap", "bad.fsnap", "none", "directory")
    #expect(outcome.exitCode == 1)
    let found = try JSONValue(outcome.output).elements
    #expect(found.map { $0["snapshot"]?.string } == ["a.fsnap", "bad.fsnap", "none", "directory"])
    #expect(found.map { $0["sound"] } == [.bool(true), .bool(false), .null, .null])
    #expect(found.map { $0["reason"]?.string } == [nil, "bad", "unreadable", "unreadable"])
    #expect(found[2]["message"]?.string == "none: no such file: check the path")
    #expect(
      found[0].keys == ["snapshot", "sound", "format", "stateVersion", "step", "pages", "claim"])
    #expect(found[0]["claim"] == (try witness(folder.file("a.fsnap")))["witnessHash"])
    let trusted = try check("--json", "--trust-pages", "a.fsnap")
    #expect(trusted.exitCode == 0)
    #expect(try JSONValue(trusted.output).elements[0]["unverified"] == .bool(true))
  }
}
