import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

/// `run --shadow`.
@Suite("Runs beside another VM")
struct ShadowTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let servers =
    String(testFolder.dropLast("/FalconetCommandsTests".count)) + "/Servers"

  private func run(_ shadow: String, at steps: String, _ arguments: [String] = []) throws -> Outcome
  {
    return try Tool.run(
      Guest.run("oracle") + [
        "--preimages", Guest.preimages(), "--shadow", shadow, "--shadow-at", steps,
        "--save-on-error", "saved.bin.gz",
      ] + arguments, in: folder.path)
  }

  /// A step that reads a pre-image.
  private func reading() throws -> UInt64 {
    try #require(
      try Fixtures.proofs(.v8, "oracle").first { $0.oracleKey != nil && $0.step > 100_000 }?.step)
  }

  @Test("This program as an honest shadow agrees at every step of the sample, reads too")
  func honest() throws {
    let read = try reading()
    let outcome = try run(
      try Tool.path.get(), at: "=\(read),=0,=3000000,=3000001",
      ["--proof-at", "=3000000", "--confirm"])
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.lines(with: "The shadow agrees").count == 4)
    #expect(outcome.lines(with: "Confirmed proof", "step=3000000").count == 1)
    #expect(folder.names == ["out.bin.gz", "proof-3000000.json"])
    let vector = try Fixtures.vector(.v8, "oracle")
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(vector.finalHash)"))
  }

  @Test(
    "A shadow that does one step otherwise ends the run with the first differing claim",
    arguments: [(2_500_000, 2_600_000), (2_600_000, 2_600_000), (2_600_001, 2_600_000)]
      as [(UInt64, UInt64)])
  func lie(_ fault: UInt64, _ sample: UInt64) throws {
    let program = try Tool.path.get()
    let outcome = try run(
      "python3 \(Self.servers)/faulty_vm.py \(program) \(fault)", at: "=\(sample)",
      ["--shadow-steps", "200000"])
    #expect(outcome.exitCode == 1)
    let line = try #require(
      outcome.lines(with: "error: the shadow disagrees: ").first, "\(outcome.log)")
    let match = try #require(
      line.firstMatch(
        of:
          #/first differing claim is the one after step (\d+) \(of the state after (\d+) steps\): (0x[0-9a-f]{64}) here, (0x[0-9a-f]{64}) by the shadow; (\S+) has/#
      ), "\(line)")
    #expect(match.1 == "\(fault - 1)" && match.2 == "\(fault)" && match.3 != match.4)
    // Ours is what a run of its own has.
    let alone = try Tool.run(
      Guest.run("oracle") + [
        "--preimages", Guest.preimages(), "--stop-at", "=\(fault)", "--output", "alone.bin.gz",
      ], in: folder.path)
    #expect(alone.exitCode == 0)
    #expect(try witness(folder.file("alone.bin.gz"))["witnessHash"] == .string(String(match.3)))
    // What a report needs is there, and the saved state is one that both agreed on.
    let kept = String(match.5)
    // Its name is not one that the next process removes.
    #expect(!kept.contains(".tmp-"))
    defer { system("rm -rf '\(kept)'") }
    let names = Set(TemporaryFolder.names(in: kept))
    #expect(
      names.isSuperset(of: [
        "start.bin.gz", "preimages", "here-\(sample).json", "here-\(fault - 1).json",
        "shadow-\(fault - 1).json",
      ]), "\(names)")
    #expect(try witness(folder.file("saved.bin.gz"))["step"] == .number(sample - 200_000))
    #expect(!folder.names.contains("out.bin.gz"))
  }

  @Test(
    "A shadow that fails is an error of its own kind, and nothing passes in silence",
    arguments: [
      ("crash", "run was killed by signal 6; it wrote nothing to standard error"),
      ("fail", "run exited with code 1: an error of its own"), ("no-proof", "proof"),
      ("unknown-version", "unknown state version"), ("hang", "took longer than"),
    ])
  func failures(_ mode: String, _ words: String) throws {
    let program = try Tool.path.get()
    let outcome = try run(
      "python3 \(Self.servers)/shadow.py \(mode) \(program)", at: "=100000",
      mode == "hang" ? ["--shadow-timeout", "10s"] : [])
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error: the shadow failed: ", words).count == 1, "\(outcome.log)")
    #expect(outcome.lines(with: "disagrees").isEmpty)
    #expect(!folder.names.contains("out.bin.gz"))
  }

  @Test("A shadow that panics when the run does not, disagrees")
  func panic() throws {
    let program = try Tool.path.get()
    let outcome = try run(
      "python3 \(Self.servers)/shadow.py panic \(program)", at: "=100000",
      ["--shadow-steps", "1000"])
    #expect(outcome.exitCode == 1)
    let line = try #require(
      outcome.lines(with: "error: the shadow disagrees: ").first, "\(outcome.log)")
    #expect(line.contains("no state (it ended with exit code 2, a panic: it panics"))
    if let kept = line.firstMatch(of: #/; (\/\S+) has/#) { system("rm -rf '\(kept.1)'") }
  }

  @Test("Programs, arguments and directories of temporary files may have names of any bytes")
  func names() throws {
    let odd = folder.file(String(fileName: [0x64, 0xFF, 0xC3, 0x28]))
    for directory in [odd, odd + "/tmp"] {
      try #require(directory.withFileName { mkdir($0, 0o755) } == 0)
    }
    // A link would be resolved.
    let program = odd + "/falconet"
    let bytes = try #require(TemporaryFolder.contents(try Tool.path.get()))
    try AtomicFile.write(path: program, permissions: 0o755) { (sink) throws(StreamError) in
      try sink.write(bytes)
    }
    let outcome = try Tool.run(
      Guest.run("oracle") + [
        "--preimages", Guest.preimages(), "--shadow", program, "--shadow-at",
        "=\(try reading()),=3000000", "--output", "",
      ], in: odd, program: program, wrapper: ["env", "TMPDIR=\(odd)/tmp"])
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.lines(with: "The shadow agrees").count == 2)
    #expect(TemporaryFolder.names(in: odd + "/tmp") == [])
    #expect(TemporaryFolder.names(in: odd).sorted() == ["falconet", "tmp"])
  }

  @Test("What a run that is killed beside its shadow leaves, the next run removes")
  func killed() throws {
    folder.makeFolder("tmp")
    let wrapper = ["env", "TMPDIR=\(folder.path)/tmp"]
    let program = try Tool.path.get()
    let tool = try RunningTool(
      Guest.run("oracle") + [
        "--preimages", Guest.preimages(), "--shadow",
        "python3 \(Self.servers)/shadow.py hang \(program)", "--shadow-at", "=100000",
      ], in: folder.path, wrapper: wrapper)
    func left() -> [String] {
      TemporaryFolder.names(in: folder.file("tmp")).flatMap { name in
        TemporaryFolder.names(in: folder.file("tmp/\(name)/preimages")).map { "\(name) \($0)" }
      }
    }
    #expect(eventually { left().contains { $0.hasSuffix("kvformat") } })
    tool.send(SIGKILL)
    #expect(try tool.wait().exitCode == nil)
    #expect(!left().isEmpty)
    // A run that has no use for the directory.
    let next = try Tool.run(Guest.run("hello"), in: folder.path, wrapper: wrapper)
    #expect(next.exitCode == 0, "\(next.log)")
    #expect(TemporaryFolder.names(in: folder.file("tmp")) == [])
  }

  @Test("Time that runs out while a shadow works ends both")
  func outOfTime() throws {
    let program = try Tool.path.get()
    let outcome = try run(
      "python3 \(Self.servers)/shadow.py hang \(program)", at: "=100000", ["--timeout", "5s"])
    #expect(outcome.exitCode == 3, "\(outcome.log)")
    #expect(folder.names.contains("saved.bin.gz"))
  }

  @Test(
    "A shadow without steps, steps without a shadow, and no program are bad usage",
    arguments: [
      ["--shadow", "x"], ["--shadow-at", "=1"], ["--shadow", " ", "--shadow-at", "=1"],
      ["--confirm"],
    ])
  func usage(_ arguments: [String]) throws {
    #expect(try Tool.run(Guest.run("hello") + arguments, in: folder.path).exitCode == 64)
  }

  @Test("A shadow that can't be started is noticed before the first step")
  func missing() throws {
    let outcome = try run("/nowhere/cannon", at: "=100000")
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.lines(with: "error: the shadow failed: ", "/nowhere/cannon").count == 1,
      "\(outcome.log)")
    #expect(outcome.lines(with: "msg=processing").isEmpty)
  }
}
