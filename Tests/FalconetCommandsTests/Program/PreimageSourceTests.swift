import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("Where a run's pre-images come from")
struct PreimageSourceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String]) throws -> Outcome {
    try Tool.run(Guest.run("oracle", meta: false) + arguments, in: folder.path)
  }

  private func server(_ mode: String, _ arguments: String...) throws -> [String] {
    ["--", "python3", Guest.server, mode, try Guest.preimages()] + arguments
  }

  private func expectFinalState() throws {
    let final = try Fixtures.vector(.v8, "oracle").finalHash
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(final)"))
  }

  /// Copies the stored pre-images but those of local inputs, which hosts don't store.
  private func copyPreimages(_ name: (Substring) -> String) throws {
    folder.makeFolder("host")
    for (key, data) in try Fixtures.preimages("oracle-valid") where key[0] != 1 {
      let digits = "\(key)".dropFirst(2)
      let path = name(digits)
      if let slash = path.firstIndex(of: "/") { folder.makeFolder("host/" + path[..<slash]) }
      try folder.write(Hex.encode(data), to: "host/" + path)
    }
  }

  /// `--local` for both inputs of the guest.
  private func locals() throws -> [String] {
    try Fixtures.preimages("oracle-valid").filter { $0.key[0] == 1 }.flatMap { key, data in
      ["--local", "\(key[31])=0x" + Hex.encode(data)]
    }
  }

  @Test(
    "A host's folder in either layout, with local inputs from the command line",
    arguments: [
      "file", "directory", "file by its names", "directory by its names",
    ])
  func layouts(_ layout: String) throws {
    let isFile = layout.hasPrefix("file")
    try copyPreimages { digits in
      isFile ? "0x\(digits).txt" : "\(digits.prefix(4))/\(digits.dropFirst(4)).txt"
    }
    if !layout.contains(" ") { try folder.write(layout, to: "host/kvformat") }
    let outcome = try run(["--preimages", "host"] + locals())
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    try expectFinalState()
  }

  @Test("A local input that is not given ends the run with the flag that gives it")
  func missingLocal() throws {
    try copyPreimages { "0x\($0).txt" }
    let outcome = try run(["--preimages", "host"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error", "local input 1", "--local 1=HEX").count == 1)
    let request = "(key 0x01\(String(repeating: "0", count: 61))1, local 1, offset 0, system call "
    #expect(outcome.lines(with: request + "read (5000))").count == 1, "\(outcome.log)")
    #expect(folder.names == ["host"])
  }

  @Test(
    "A missing or corrupt pre-image ends the run with its key and the last hint",
    arguments: [
      nil, "", "abc", "zz", "00",
    ])
  func badFolder(_ content: String?) throws {
    try copyPreimages { "0x\($0).txt" }
    let victim = try #require(TemporaryFolder.names(in: folder.file("host")).first)
    if let content {
      try folder.write(content, to: "host/" + victim)
    } else {
      unlink(folder.file("host/" + victim))
    }
    let outcome = try run(["--preimages", "host"] + locals())
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error", String(victim.dropLast(4)), "last hint").count == 1)
    let type = victim.hasPrefix("0x02") ? "keccak256" : "sha256"
    let request = "(key \(victim.dropLast(4)), \(type), offset 0, system call read (5000))"
    #expect(outcome.lines(with: request).count == 1, "\(outcome.log)")
    #expect(folder.names == ["host"])
  }

  @Test("A pebble database, a missing folder and a file get clear errors")
  func unreadable() throws {
    folder.makeFolder("db")
    try folder.write("pebble", to: "db/kvformat")
    for name in ["db", "missing", "db/kvformat"] {
      let outcome = try run(["--preimages", name])
      #expect(outcome.exitCode == 1)
      #expect(outcome.lines(with: "error", name).count == 1)
    }
    #expect(try run(["--preimages", "db"]).log.contains("pebble"))
  }

  @Test("Without a source a pre-image that is read ends the run, exit code 1")
  func noSource() throws {
    let outcome = try run([])
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error", "no pre-image source is configured").count == 1)
    #expect(folder.names == [])
  }

  @Test("A server's pre-images, its own output in the log, NO_COLOR in its environment")
  func server() throws {
    let outcome = try run(["--output=out.bin.gz"] + server("talk"))
    #expect(outcome.exitCode == 0)
    #expect(outcome.text == "")
    #expect(outcome.lines(with: "module=host", "serving 1").count == 1)
    #expect(outcome.lines(with: "module=host", "a complaint").count == 1)
    try expectFinalState()
  }

  @Test("A server's failure after the run is logged, and changes nothing")
  func failureAtEnd() throws {
    let outcome = try run(server("fail-at-end"))
    #expect(outcome.exitCode == 0)
    #expect(outcome.lines(with: "level=ERROR", "failed to close pre-image server").count == 1)
    try expectFinalState()
  }

  @Test(
    "A program that isn't there is exit code 1", arguments: ["no-such-program", "/", "/dev/null"])
  func notAProgram(_ program: String) throws {
    let outcome = try run(["--", program])
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error", program).count == 1)
    #expect(folder.names == [])
  }

  @Test("What a server served is recorded, and repeats the run without it")
  func record() throws {
    let served = try run(["--record-preimages", "rec", "--output", "a.bin"] + server("serve"))
    #expect(served.exitCode == 0)
    let names = TemporaryFolder.names(in: folder.file("rec"))
    let expected = try Fixtures.preimages("oracle-valid").keys.map { "\($0).txt" } + ["kvformat"]
    #expect(names == expected.sorted())
    #expect(folder.read("rec/kvformat") == Array("file".utf8))

    let replayed = try run(["--preimages", "rec", "--output", "b.bin"])
    #expect(replayed.exitCode == 0)
    #expect(folder.read("a.bin") == folder.read("b.bin"))
    // Recording again over the same folder changes nothing.
    let again = try run(["--preimages", "rec", "--record-preimages", "rec", "--output", ""])
    #expect(again.exitCode == 0)
    #expect(TemporaryFolder.names(in: folder.file("rec")) == names)
  }
}
