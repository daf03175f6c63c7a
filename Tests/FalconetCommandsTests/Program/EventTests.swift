import FalconetMachine
import FalconetTestSupport
import Testing

@Suite("Events of a run: proofs, snapshots, stops, progress")
struct EventTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs guest `hello`, of 572,063 steps.
  private func run(_ arguments: String...) throws -> Outcome {
    let outcome = try Tool.run(Guest.run("hello") + arguments, in: folder.path)
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    return outcome
  }

  /// The files that a run wrote, without its last state.
  private var files: [String] { folder.names.filter { $0 != "out.bin.gz" } }

  @Test("Lists of patterns and repeated flags add up in one pass")
  func lists() throws {
    _ = try run(
      "--proof-at", "=5,=9", "-proof-at=%200000", "--snapshot-at=%300000", "--snapshot-at",
      "=7,never")
    #expect(
      files == [
        "proof-0.json", "proof-200000.json", "proof-400000.json", "proof-5.json", "proof-9.json",
        "state-0.bin.gz", "state-300000.bin.gz", "state-7.bin.gz",
      ])
    let vector = try Fixtures.vector(.v8, "hello")
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(vector.finalHash)"))
    #expect(
      try witness(folder.file("state-0.bin.gz"))["witnessHash"] == .string("\(vector.prestateHash)")
    )
    #expect(try witness(folder.file("state-300000.bin.gz"))["step"] == .number(300_000))
  }

  @Test("Proofs have the recorded content, in files named as asked, compressed where named .gz")
  func proofs() throws {
    let proofs = try Fixtures.proofs(.v8, "hello").prefix(20)
    let steps = proofs.map { "=\($0.step)" }.joined(separator: ",")
    folder.makeFolder("p")
    _ = try run("--proof-at", steps, "--proof-fmt", "p/%d.json.gz", "--output", "")
    for recorded in proofs {
      let text = try folder.decompressed("p/\(recorded.step).json.gz")
      let proof = try JSONValue(text)
      #expect(proof.keys == ["step", "pre", "post", "state-data", "proof-data"])
      #expect(proof["step"] == .number(recorded.step))
      #expect(proof["pre"] == .string("\(recorded.pre)"))
      #expect(proof["post"] == .string("\(recorded.post)"))
      #expect(text.suffix(4).elementsEqual(Array("\n}\n\n".utf8)))
    }
  }

  @Test("A proof can go to standard output")
  func proofOnStandardOutput() throws {
    let outcome = try run("--proof-at", "=100", "--proof-fmt", "-", "--stop-at", "=101")
    #expect(try JSONValue(outcome.output)["step"] == .number(100))
    #expect(files == [])
  }

  @Test("At the step where a run stops there is no proof and no snapshot")
  func stop() throws {
    let outcome = try run(
      "--stop-at", "=1000", "--proof-at", "=999,=1000", "--snapshot-at", "=999,=1000")
    #expect(files == ["proof-999.json", "state-999.bin.gz"])
    #expect(outcome.lines(with: "msg=\"Reached stop at\"").count == 1)
    #expect(outcome.lines(with: "msg=\"Execution stopped\"", "exited=false").count == 1)
    #expect(try witness(folder.file("out.bin.gz"))["step"] == .number(1000))
  }

  @Test(
    "The first of several stops counts",
    arguments: [
      ("=700,=300,%400", 0), ("=700,=300", 300), ("=700", 700), ("always", 0),
      ("%18446744073709551615,=5", 0),
    ] as [(String, UInt64)])
  func firstStop(_ pattern: String, _ step: UInt64) throws {
    _ = try run("--stop-at", pattern)
    #expect(try witness(folder.file("out.bin.gz"))["step"] == .number(step))
  }

  @Test("The state in which a program has exited is neither proved nor kept as a snapshot")
  func lastState() throws {
    _ = try run(
      "--proof-at", "=572062,=572063", "--snapshot-at", "=572062,=572063", "--stop-at==572063")
    #expect(files == ["proof-572062.json", "state-572062.bin.gz"])
    let post = try JSONValue(try folder.decompressed("proof-572062.json"))["post"]
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == post)
  }

  @Test("A run goes on from a snapshot as the run that wrote it")
  func resume() throws {
    _ = try run("--snapshot-at", "=300000", "--proof-at", "=400000")
    let whole = try folder.decompressed("out.bin.gz")
    let proof = try #require(folder.read("proof-400000.json"))
    let resumed = try Tool.run(
      [
        "run", "--input", "state-300000.bin.gz", "--meta", "", "--output", "b.bin", "--proof-at",
        "=300000,=400000", "--proof-fmt", "b-%d.json", "--snapshot-at", "=300000", "--snapshot-fmt",
        "b-%d.bin",
      ], in: folder.path)
    #expect(resumed.exitCode == 0)
    #expect(folder.read("b.bin") == whole)
    #expect(folder.read("b-400000.json") == proof)
    #expect(folder.read("b-300000.bin") == (try folder.decompressed("state-300000.bin.gz")))
    #expect(folder.read("b-300000.json") != nil)
  }

  @Test("Snapshots can be turned off by an empty name")
  func noSnapshots() throws {
    _ = try run("--snapshot-at", "%1000", "--snapshot-fmt", "", "--stop-at", "=5000")
    #expect(files == [])
  }

  @Test(
    "Progress is logged at the steps asked for",
    arguments: [
      (["--info-at", "%100000"], [0, 100_000, 200_000, 300_000, 400_000, 500_000]),
      (["--info-at", "=7", "-info-at", "=9,=11"], [7, 9, 11]), (["--info-at", "never"], []),
      (["--info-at="], []), ([], [0]),
    ] as [([String], [UInt64])])
  func progress(_ flags: [String], _ steps: [UInt64]) throws {
    let outcome = try Tool.run(Guest.run("hello") + flags, in: folder.path)
    let logged = outcome.lines(with: "msg=processing").compactMap { line in
      line.split(separator: " ").first { $0.hasPrefix("step=") }.flatMap { UInt64($0.dropFirst(5)) }
    }
    #expect(logged == steps)
  }
}
