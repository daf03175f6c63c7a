import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("falconet witness and list")
struct WitnessTests {
  @Test("The JSON has Cannon's keys and form")
  func text() throws {
    let vector = try Fixtures.vector(.v8, "hello")
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let outcome = try Tool.run(["witness", "--input", input])
    #expect(outcome.exitCode == 0)
    #expect(outcome.log == "")
    #expect(
      outcome.text == """
        {
          "stateVersion": 8,
          "witnessHash": "\(vector.prestateHash)",
          "witness": "\(Hex.encode(vector.prestateWitness, prefix: true))",
          "step": 0,
          "exited": false,
          "exitCode": 0
        }


        """)
  }

  @Test("Snapshots of the reference machine have the claims it gave")
  func states() throws {
    let claims = try Fixtures.stateClaims()
    #expect(claims.count > 20)
    for (name, (version, claim)) in claims where name.hasSuffix(".bin") && !name.hasPrefix("pr") {
      let folder = try TemporaryFolder()
      try folder.write(try Fixtures.state(name), to: "state.bin")
      let witness = try witness(folder.file("state.bin"))
      #expect(witness["witnessHash"] == .string("\(claim)"), "\(name)")
      #expect(witness["stateVersion"] == .number(UInt64(version.rawValue)), "\(name)")
    }
  }

  @Test("The raw witness goes to a file, and standard input is read")
  func files() throws {
    let folder = try TemporaryFolder()
    let vector = try Fixtures.vector(.v8, "hello")
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let packed = try ByteReader(FileSource(path: input)).readAll(limit: 1 << 24)
    let first = try Tool.run(["witness", "-input", input, "-output=w.gz"], in: folder.path)
    let second = try Tool.run(
      ["witness", "--input", "-", "--output", ""], in: folder.path, input: packed)
    #expect(first.exitCode == 0)
    #expect(second.exitCode == 0)
    #expect(first.output == second.output)
    // Never compressed, whatever its name.
    #expect(folder.read("w.gz") == vector.prestateWitness)
    #expect(folder.names == ["w.gz"])
    var status = stat()
    try #require(stat(folder.file("w.gz"), &status) == 0)
    #expect(status.st_mode & 0o777 == 0o755)
  }

  @Test("Standard input that is closed can't be read")
  func closedInput() throws {
    let folder = try TemporaryFolder()
    let outcome = try RunningTool(
      ["witness", "--input", "-"], in: folder.path, input: .closed
    ).wait()
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error: ", "standard input").count == 1)
  }

  @Test("list has a line for each version")
  func list() throws {
    let outcome = try Tool.run(["list"])
    #expect(outcome.exitCode == 0)
    #expect(outcome.log == "")
    let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 12 + StateVersion.allCases.flatMap(\.revisions).count)
    #expect(lines[0] == "Available cannon versions:")
    #expect(lines[3] == "filename: cannon-2\tversion: singlethreaded-2 (2)")
    #expect(lines[9] == "filename: cannon-8\tversion: multithreaded64-5 (8)")
    #expect(lines[10] == "Revisions, newest first:")
    #expect(lines.contains("version 6: revision 1.0.0 = 2025-02"))
    let newest = "version 8: revision 2026-06, the default: prctl (5153) returns 0 and does nothing"
    #expect(lines.contains("\(newest) (supported by a review's text only)"))
    #expect(lines.contains { $0.hasPrefix("version 8: revision 1.8.0 = 1.9.0 = 1.10.0 = ") })
    #expect(lines.last == "")
  }
}
