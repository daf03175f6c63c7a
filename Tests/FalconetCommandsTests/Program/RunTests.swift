import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Testing

@Suite("falconet run")
struct RunTests {
  @Test("A run to the end leaves the recorded state, its log on standard error alone")
  func toTheEnd() throws {
    let folder = try TemporaryFolder()
    let vector = try Fixtures.vector(.v8, "oracle")
    let outcome = try Tool.run(
      Guest.run("oracle") + ["--preimages", Guest.preimages()], in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(outcome.text == "")
    #expect(folder.names == ["out.bin.gz"])
    let witness = try witness(folder.file("out.bin.gz"))
    #expect(witness["witnessHash"] == .string("\(vector.finalHash)"))
    #expect(witness["step"] == .number(vector.steps))
    #expect(witness["exited"] == .bool(true))

    let lines = outcome.log.split(separator: "\n")
    #expect(lines[0] == "level=INFO msg=\"Loaded input state\" module=vm version=multithreaded64-5")
    #expect(lines[1] == "level=INFO msg=\"Using cannon multithreaded VM\" module=vm is32=false")
    #expect(
      lines[2].hasPrefix(
        "level=INFO msg=processing module=vm step=0 pc=000abb90 insn=0802aee0 ips="))
    #expect(lines[2].hasSuffix(" pages=474 mem=\"1.9 MiB\" name=_rt0_mips64_linux"))
    #expect(
      lines[3]
        == "level=INFO msg=\"\" module=guest stream=stdout"
        + " text=\"computed 4248419, claimed 4248419\\n\""
    )
    #expect(lines[4] == "level=INFO msg=\"Execution stopped\" module=vm exited=true code=0")
    #expect(lines.count == 5)
  }

  @Test("Every version's guest runs to the recorded end", arguments: StateVersion.allCases)
  func versions(_ version: StateVersion) throws {
    let folder = try TemporaryFolder()
    let vector = try Fixtures.vector(version, "hello")
    let elf = try Fixtures.path("guests/" + vector.elf)
    let loaded = try Tool.run(
      ["load-elf", "--type", version.name, "--path", elf], in: folder.path)
    #expect(loaded.exitCode == 0)
    let outcome = try Tool.run(["run", "--input", "state.bin.gz"], in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(outcome.lines(with: "stream=stderr", "hello on standard error").count == 1)
    let name = version.isSingleThreaded ? "VM\"" : "multithreaded VM\""
    #expect(outcome.lines(with: "msg=\"Using cannon \(name)").count == 1)
    let witness = try witness(folder.file("out.bin.gz"))
    #expect(witness["witnessHash"] == .string("\(vector.finalHash)"))
  }

  @Test("The program's exit code is in the state and the log; the tool's is 0")
  func programsExitCode() throws {
    let folder = try TemporaryFolder()
    let vector = try Fixtures.vector(.v8, "abort")
    let outcome = try Tool.run(Guest.run("abort"), in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(outcome.lines(with: "msg=\"Execution stopped\"", "exited=true code=2").count == 1)
    let witness = try witness(folder.file("out.bin.gz"))
    #expect(witness["exitCode"] == .number(2))
    #expect(witness["witnessHash"] == .string("\(vector.finalHash)"))
  }

  @Test(
    "The output goes to a plain file, standard output or nowhere; the input may come from there")
  func streams() throws {
    let folder = try TemporaryFolder()
    let start = try Guest.run("hello", meta: false)
    _ = try Tool.run(start + ["--output=a.bin", "--stop-at", "=1000"], in: folder.path)
    let state = try #require(folder.read("a.bin"))
    let printed = try Tool.run(start + ["--output", "-", "--stop-at", "=1000"], in: folder.path)
    #expect(printed.exitCode == 0)
    #expect(printed.output == state)
    _ = try Tool.run(start + ["--output", "", "--stop-at", "=1000"], in: folder.path)
    #expect(folder.names == ["a.bin"])
    let piped = try Tool.run(
      ["run", "--input", "-", "--meta", "", "--output", "b.bin.gz"], in: folder.path, input: state)
    #expect(piped.exitCode == 0)
    let vector = try Fixtures.vector(.v8, "hello")
    #expect(try witness(folder.file("b.bin.gz"))["witnessHash"] == .string("\(vector.finalHash)"))
  }

  @Test("All engines give the same file, by their names and former names")
  func engines() throws {
    let folder = try TemporaryFolder()
    for engine in ["translator", "portable", "step", "jit", "interpreter"] {
      let outcome = try Tool.run(
        Guest.run("hello") + ["--engine", engine, "--output", "\(engine).bin"], in: folder.path)
      #expect(outcome.exitCode == 0)
    }
    #expect(folder.read("translator.bin") == folder.read("step.bin"))
    #expect(folder.read("portable.bin") == folder.read("step.bin"))
    #expect(folder.read("jit.bin") == folder.read("step.bin"))
    #expect(folder.read("interpreter.bin") == folder.read("step.bin"))
  }

  @Test("A state that has exited is copied, and nothing is executed")
  func exited() throws {
    let folder = try TemporaryFolder()
    _ = try Tool.run(Guest.run("hello") + ["--output", "a.bin"], in: folder.path)
    let outcome = try Tool.run(
      [
        "run", "--input", "a.bin", "--output", "b.bin", "--meta", "", "--proof-at", "always",
        "--snapshot-at", "always", "--info-at", "always", "--stop-at", "always",
      ], in: folder.path)
    #expect(outcome.exitCode == 0)
    #expect(folder.names == ["a.bin", "b.bin"])
    #expect(folder.read("a.bin") == folder.read("b.bin"))
    #expect(outcome.lines(with: "msg=processing") == [])
  }

  @Test("Symbols that are asked for must be there, and be symbols")
  func missingSymbols() throws {
    let folder = try TemporaryFolder()
    let input = try Guest.folder("hello") + "/state.bin.gz"
    for meta in [nil, "{\"symbols\":[{}", "[]"] {
      if let meta { try folder.write(meta, to: "meta.json") }
      let outcome = try Tool.run(["run", "--input", input], in: folder.path)
      #expect(outcome.exitCode == 1)
      #expect(outcome.lines(with: "error: failed to load metadata: meta.json").count == 1)
      #expect(folder.read("out.bin.gz") == nil)
    }
  }

  @Test("Symbols of another program are noticed, in the middle of a run too")
  func foreignSymbols() throws {
    let folder = try TemporaryFolder()
    let (hello, threads) = (try Guest.folder("hello"), try Guest.folder("threads"))
    func warnings(_ input: String, _ meta: String) throws -> Int {
      let outcome = try Tool.run(
        ["run", input, "--meta", meta, "--stop-at", "=1000"], in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.log)")
      return outcome.lines(with: "level=WARN", "The symbols are of another program").count
    }
    #expect(try warnings(hello + "/state.bin.gz", hello + "/meta.json") == 0)
    #expect(try warnings("out.bin.gz", hello + "/meta.json") == 0)
    #expect(try warnings("out.bin.gz", threads + "/meta.json") == 1)
    // Cannon's own file does not say.
    try folder.write("{\"symbols\": []}", to: "meta.json")
    #expect(try warnings("out.bin.gz", "meta.json") == 0)
  }

  @Test("The snapshot may come without a flag; a server's command line still follows --")
  func spellings() throws {
    let folder = try TemporaryFolder()
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    let server = ["python3", Guest.server, "serve", try Guest.preimages()]
    let end = ["--meta", "", "--stop-at", "=600000"]
    for arguments in [[input] + end, end + [input]] {
      let outcome = try Tool.run(["run"] + arguments + ["--"] + server, in: folder.path)
      #expect(outcome.exitCode == 0, "\(outcome.log)")
    }
    // As Cannon takes it: what follows the flags is the server.
    let cannon = try Tool.run(["run", "--input", input] + end + server, in: folder.path)
    #expect(cannon.exitCode == 0, "\(cannon.log)")
    let both = try Tool.run(["run", input] + end + server, in: folder.path)
    #expect(both.exitCode == 64)
    #expect(both.log.contains("unexpected argument 'python3': a server's command line follows --"))
  }

  @Test("Steps to prove come from a file")
  func stepFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("5 =7\n%1000  # and more\n", to: "steps.txt")
    let outcome = try Tool.run(
      Guest.run("hello") + ["--proof-at", "@steps.txt,=3", "--stop-at", "=1500"], in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    let proofs = folder.names.filter { $0.hasPrefix("proof-") }
    #expect(Set(proofs) == Set([0, 3, 5, 7, 1000].map { "proof-\($0).json" }))
    let bad = try Tool.run(Guest.run("hello") + ["--proof-at", "@none.txt"], in: folder.path)
    #expect(bad.exitCode == 1)
    #expect(bad.lines(with: "error: ", "none.txt").count == 1)
  }
}
