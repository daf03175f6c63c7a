import FalconetTestSupport
import Glibc
import Testing

@Suite("Results that cannot be written, or would replace one another")
struct PlannedOutputTests {
  private static let steps = ["--stop-at", "=20"]

  /// Runs `hello` in a directory with a directory `d.bin.gz` and a link `here` to itself, and a
  /// server that leaves a mark.
  private func run(_ arguments: [String], in folder: TemporaryFolder) throws -> Outcome {
    folder.makeFolder("d.bin.gz")
    _ = symlink(".", folder.file("here"))
    let server = ["--", "/bin/sh", "-c", "touch \(folder.file("started")); cat <&3"]
    return try Tool.run(Guest.run("hello") + arguments + server, in: folder.path)
  }

  private func expectEarly(_ outcome: Outcome, _ code: Int32, _ folder: TemporaryFolder) {
    #expect(outcome.exitCode == code, "\(outcome.log)")
    #expect(outcome.lines(with: "module=guest").isEmpty)
    #expect(outcome.lines(with: "error: ").count == 1, "\(outcome.log)")
    #expect(folder.names == ["d.bin.gz", "here"])
  }

  @Test(
    "What cannot be written is an error before a server starts and before the first step",
    arguments: [
      ["--output", "no/such/out.bin.gz"], ["--output", "d.bin.gz"],
      ["--output", String(repeating: "a", count: 255) + ".bin"],
      // Fits, but the state before a panic would not.
      ["--output", String(repeating: "a", count: 250) + ".bin"],
      ["--output", "", "--debug-info", "no/such/info.json"],
      ["--output", "", "--debug-info", "d.bin.gz/"],
      ["--output", "", "--profile", "no/such/p.svg"],
      ["--output", "", "--snapshot-at", "=100000", "--snapshot-fmt", "no/%d.bin.gz"],
      ["--output", "", "--snapshot-at", "=1,=2", "--snapshot-fmt", "here/no/%d.bin.gz"],
      ["--output", "", "--proof-at", "=100000", "--proof-fmt", "no/such/%d.json"],
      ["--output", "", "--proof-at", "always", "--proof-fmt", "no/such/%d.json"],
      // Too long with 20 digits.
      [
        "--output", "", "--proof-at", "%1000",
        "--proof-fmt", String(repeating: "a", count: 235) + "%d.json",
      ],
      ["--output", "", "--record-preimages", "no/such"],
    ])
  func early(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    expectEarly(try run(arguments + Self.steps, in: folder), 1, folder)
  }

  @Test(
    "A format that the version cannot have is a usage error before a server starts",
    arguments: [
      ["--output", "out.json"], ["--output", "out.json.gz"], ["--output", "out.xyz"],
      ["--output", "", "--snapshot-at", "=5", "--snapshot-fmt", "%d.json"],
    ])
  func formats(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    expectEarly(try run(arguments + Self.steps, in: folder), 64, folder)
  }

  @Test(
    "Two results under one name are a usage error",
    arguments: [
      ["--output", "x.bin", "--debug-info", "x.bin"],
      ["--output", "x.bin", "--debug-info", "./x.bin"],
      ["--output", "x.bin", "--debug-info", "here/here/x.bin"],
      ["--output", "x.svg", "--profile", "x.svg"],
      ["--output", "x.bin", "--debug-info", "x.failed.bin"],
      ["--output", "x.bin", "--record-preimages", "x.bin"],
      [
        "--output", "", "--debug-info", "p-10.json", "--proof-at", "%5", "--proof-fmt", "p-%d.json",
      ],
      ["--output", "here/s-5.bin", "--snapshot-at", "always", "--snapshot-fmt", "s-%d.bin"],
      ["--output", "", "--proof-at", "=5,=9", "--proof-fmt", "p.json"],
      ["--output", "", "--proof-at", "%5", "--proof-fmt", "p.json"],
      ["--output", "", "--snapshot-at", "always", "--snapshot-fmt", "s.bin"],
      [
        "--output", "", "--proof-at", "=7,=9", "--proof-fmt", "here/%d.bin", "--snapshot-at", "%9",
        "--snapshot-fmt", "%d.bin",
      ],
      [
        "--output", "", "--proof-at", "%7", "--proof-fmt", "1%d.bin", "--snapshot-at", "%9",
        "--snapshot-fmt", "%d.bin",
      ],
    ])
  func clashes(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    expectEarly(try run(arguments + Self.steps, in: folder), 64, folder)
  }

  @Test(
    "One name is enough for one step, and for what takes several results",
    arguments: [
      ["--output", "", "--proof-at", "=5", "--proof-fmt", "p.json"],
      ["--output", "", "--proof-at", "=5,=5", "--proof-fmt", "p.json"],
      [
        "--output", "", "--proof-at", "=5,=9", "--proof-fmt", "/dev/null", "--debug-info",
        "/dev/null",
      ],
      ["--output", "", "--proof-at", "=5,=9", "--proof-fmt", "-"],
      [
        "--output", "", "--proof-at", "=5,=9", "--proof-fmt", "%d.bin", "--snapshot-at", "=6,=10",
        "--snapshot-fmt", "%d.bin",
      ],
      ["--output", "", "--debug-info", "p-6.json", "--proof-at", "%5", "--proof-fmt", "p-%d.json"],
      ["--record-preimages", "new", "--output", "new/out.bin"],
    ])
  func fine(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let outcome = try Tool.run(Guest.run("hello") + arguments + Self.steps, in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(folder.names.allSatisfy { !$0.contains("tmp") })
  }

  @Test(
    "Two results that reach one file through links are a usage error, whether or not it exists",
    arguments: [
      ["--output", "to-x.bin", "--debug-info", "x.bin"],
      ["--output", "to-to-x.bin", "--debug-info", "here/x.bin"],
      ["--output", "to-to-x.bin", "--debug-info", "here/to-x.bin"],
      [
        "--output", "", "--debug-info", "to-5.json", "--proof-at", "%5", "--proof-fmt", "p-%d.json",
      ],
      ["--output", "", "--debug-info", "q.json", "--proof-at", "%5", "--proof-fmt", "p-%d.json"],
      [
        "--output", "", "--debug-info", "q.json", "--proof-at", "=9,=10", "--proof-fmt",
        "p-%d.json",
      ],
      [
        "--output", "", "--proof-at", "%5", "--proof-fmt", "p-%d.json", "--snapshot-at", "%7",
        "--snapshot-fmt", "s-%d.bin",
      ],
    ], [false, true])
  func links(_ arguments: [String], exists: Bool) throws {
    let folder = try TemporaryFolder()
    let links = [
      ("x.bin", "to-x.bin"), ("here/to-x.bin", "to-to-x.bin"), ("p-5.json", "to-5.json"),
      ("q.json", "p-10.json"), ("p-15.json", "s-7.bin"),
    ]
    for (target, name) in links { try #require(symlink(target, folder.file(name)) == 0) }
    if exists {
      for name in ["x.bin", "p-5.json", "q.json", "p-15.json"] { try folder.write("old", to: name) }
    }
    let names = folder.names
    _ = symlink(".", folder.file("here"))
    let outcome = try Tool.run(Guest.run("hello") + arguments + Self.steps, in: folder.path)
    #expect(outcome.exitCode == 64, "\(outcome.log)")
    #expect(folder.names == (names + ["here"]).sorted())
  }

  @Test("A link to another file, or one that no step's file has, is in nobody's way")
  func otherLinks() throws {
    let folder = try TemporaryFolder()
    for (target, name) in [("y.bin", "to-y.bin"), ("q.json", "p-7.json"), ("loop", "loop")] {
      try #require(symlink(target, folder.file(name)) == 0)
    }
    let outcome = try Tool.run(
      Guest.run("hello") + Self.steps + [
        "--output", "to-y.bin", "--debug-info", "q.json", "--proof-at", "%5", "--proof-fmt",
        "p-%d.json",
      ], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    for name in ["y.bin", "q.json", "p-5.json"] { #expect(folder.read(name) != nil) }
    #expect(folder.read("p-7.json") == folder.read("q.json"))
  }

  @Test("Two results in one stream are a usage error, under whatever name")
  func streams() throws {
    let folder = try TemporaryFolder()
    let start = try Guest.run("hello") + Self.steps
    // Standard output is the file `output` of the test.
    for arguments in [
      ["--output", "-", "--debug-info", "/dev/stdout"],
      ["--output", "", "--debug-info", "/proc/self/fd/1", "--proof-at", "=5", "--proof-fmt", "-"],
    ] {
      let outcome = try Tool.run(start + arguments, in: folder.path)
      #expect(outcome.exitCode == 64, "\(outcome.log)")
    }
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let outcome = try Tool.run(["witness", "--input", input, "--output", "/dev/stdout"])
    #expect(outcome.exitCode == 64)
  }

  @Test("The output may replace the input")
  func replacing() throws {
    let folder = try TemporaryFolder()
    let start = try Guest.run("hello", meta: false)
    _ = try Tool.run(start + ["--output", "a.bin", "--stop-at", "=10"], in: folder.path)
    let again = [
      "run", "--input", "a.bin", "--meta", "", "--output", "./a.bin", "--stop-at", "=20",
    ]
    #expect(try Tool.run(again, in: folder.path).exitCode == 0)
    #expect(try Tool.run(["convert", "a.bin", "a.bin"], in: folder.path).exitCode == 0)
    #expect(try witness(folder.file("a.bin"))["step"] == .number(20))
  }

  @Test("Other commands check their files first, too")
  func others() throws {
    let folder = try TemporaryFolder()
    let state = try Guest.folder("hello") + "/state.bin.gz"
    let elf = try Fixtures.path("guests/64/hello.elf")
    // What is read does not exist: an error that names the output came first.
    for (arguments, code) in [
      (["load-elf", "--type", "8", "--path", "none", "--out", "no/x.bin"], 1),
      (["load-elf", "--type", "8", "--path", "none", "--meta", "no/x.json"], 1),
      (["load-elf", "--type", "8", "--path", elf, "--out", "x.bin", "--meta", "./x.bin"], 64),
      (["load-elf", "--type", "8", "--path", elf, "--out", "x.json"], 64),
      (["witness", "--input", "none", "--output", "no/x"], 1),
      (["convert", "none", "no/x.bin"], 1), (["convert", "none", "x.xyz"], 64),
      (["squash", "none", "no/x.fsnap"], 1),
      (["bisect", "--input", "none", "--meta", "", "--proofs", "no"], 1),
    ] as [([String], Int32)] {
      let outcome = try Tool.run(arguments, in: folder.path)
      #expect(outcome.exitCode == code, "\(arguments): \(outcome.log)")
      #expect(outcome.lines(with: "none").isEmpty, "\(outcome.log)")
      #expect(folder.names == [])
    }
    let outcome = try Tool.run(["convert", state, "x.json"], in: folder.path)
    #expect(outcome.exitCode == 1)
    #expect(folder.names == [])
  }
}
