import FalconetMachine
import FalconetTestSupport
import Testing

/// The command lines that op-challenger builds, in the folders that it makes.
@Suite("Driven by op-challenger")
struct ChallengerTests {
  private let folder: TemporaryFolder
  /// The folder of one game.
  private let game: String

  init() throws {
    folder = try TemporaryFolder()
    folder.makeFolder("game-0xAbC")
    folder.makeFolder("game-0xAbC/0x00")
    game = folder.file("game-0xAbC/0x00")
    for name in ["snapshots", "preimages", "proofs"] {
      folder.makeFolder("game-0xAbC/0x00/" + name)
    }
  }

  /// The run for trace index `index`.
  private func run(_ index: UInt64, from snapshot: String) throws -> Outcome {
    try Tool.run(
      [
        "run", "--input", snapshot, "--output", "\(game)/final.bin.gz", "--meta", "", "--info-at",
        "%10000000", "--proof-at", "=\(index)", "--proof-fmt", "\(game)/proofs/%d.json.gz",
        "--snapshot-at", "%1000000", "--snapshot-fmt", "\(game)/snapshots/%d.bin.gz", "--stop-at",
        "=\(index + 1)", "--debug-info", "\(game)/preimages/debug-info.json", "--", "python3",
        Guest.server, "serve", try Guest.preimages(),
      ])
  }

  /// What it starts from: the largest snapshot below the index, or else the prestate.
  private func start(_ index: UInt64) throws -> String {
    let steps = TemporaryFolder.names(in: "\(game)/snapshots").compactMap { name in
      name.wholeMatch(of: #/([0-9]+)\.bin\.gz/#).flatMap { UInt64($0.1) }
    }
    let best = steps.filter { $0 > 0 && $0 < index }.max()
    return try best.map { "\(game)/snapshots/\($0).bin.gz" }
      ?? Guest.folder("oracle") + "/state.bin.gz"
  }

  private func proof(_ index: UInt64) throws -> JSONValue {
    try JSONValue(folder.decompressed("game-0xAbC/0x00/proofs/\(index).json.gz"))
  }

  @Test(
    "A proof is made from the prestate, the next one from a snapshot on the way, with one result")
  func twice() throws {
    let recorded = try Fixtures.proofs(.v8, "oracle").filter { $0.step > 500_000 }
    let read = try #require(recorded.first { $0.oracleKey != nil })
    let first: UInt64 = 3_500_000
    #expect(try start(first).hasSuffix("/state.bin.gz"))
    #expect(try run(first, from: start(first)).exitCode == 0)
    #expect(
      TemporaryFolder.names(in: "\(game)/snapshots")
        == ["0.bin.gz", "1000000.bin.gz", "2000000.bin.gz", "3000000.bin.gz"])

    let second: UInt64 = 3_400_000
    #expect(try start(second).hasSuffix("/snapshots/3000000.bin.gz"))
    #expect(try run(second, from: start(second)).exitCode == 0)
    #expect(try proof(second)["step"] == .number(second))

    // Index `first` again, from the snapshot: the same proof, made again.
    let once = try proof(first)
    #expect(try run(first, from: start(first)).exitCode == 0)
    #expect(try proof(first) == once)
    let final = try witness("\(game)/final.bin.gz")
    #expect(final["step"] == .number(first + 1))
    #expect(final["witnessHash"] == once["post"])

    // A step that reads a pre-image.
    #expect(try run(read.step, from: start(read.step)).exitCode == 0)
    let proof = try proof(read.step)
    #expect(proof["post"] == .string("\(read.post)"))
    #expect(proof["oracle-key"] == read.oracleKey.map { .string("\($0)") })
    #expect(proof["oracle-offset"] == read.oracleOffset.map { .number($0) })
  }

  @Test("An index after the end has no proof, and a last state that has exited")
  func afterTheEnd() throws {
    let vector = try Fixtures.vector(.v8, "oracle")
    let outcome = try run(vector.steps + 1000, from: start(1))
    #expect(outcome.exitCode == 0)
    #expect(TemporaryFolder.names(in: "\(game)/proofs") == [])
    let final = try witness("\(game)/final.bin.gz")
    #expect(final["exited"] == .bool(true))
    #expect(final["step"] == .number(vector.steps))
    #expect(final["witnessHash"] == .string("\(vector.finalHash)"))
    let info = try JSONValue(folder.decompressed("game-0xAbC/0x00/preimages/debug-info.json"))
    #expect(info["total_steps"] == .number(vector.steps))
  }

  @Test("The largest index has no --stop-at")
  func largestIndex() throws {
    let outcome = try Tool.run(
      [
        "run", "--input", try Guest.folder("hello") + "/state.bin.gz", "--output",
        "\(game)/final.bin.gz", "--meta", "", "--info-at", "%10000000", "--proof-at",
        "=\(UInt64.max)",
        "--proof-fmt", "\(game)/proofs/%d.json.gz", "--snapshot-at", "%1000000000",
        "--snapshot-fmt",
        "\(game)/snapshots/%d.bin.gz", "--", "python3", Guest.server, "serve",
        try Guest.preimages(), "--server", "--l1", "http://x", "--log.level", "INFO",
      ])
    #expect(outcome.exitCode == 0)
    #expect(try witness("\(game)/final.bin.gz")["exited"] == .bool(true))
  }

  @Test("With --keep-states a run leaves a state for the next one")
  func keptStates() throws {
    let input = try Guest.folder("threads") + "/state.bin.gz"
    func run(_ index: UInt64, from snapshot: String, _ more: [String] = []) throws -> Outcome {
      try Tool.run(
        [
          "run", "--input", snapshot, "--output", "\(game)/final.bin.gz", "--meta", "",
          "--proof-at", "=\(index)", "--proof-fmt", "\(game)/proofs/%d.json.gz",
          "--snapshot-at", "%1000000000", "--snapshot-fmt", "\(game)/snapshots/%d.bin.gz",
          "--stop-at", "=\(index + 1)", "--keep-states", "4",
        ] + more)
    }
    let first = try run(21_999_999, from: input)
    #expect(first.exitCode == 0, "\(first.log)")
    #expect(
      TemporaryFolder.names(in: "\(game)/snapshots") == ["0.bin.gz", "22000000.bin.gz"])
    #expect(
      try witness("\(game)/snapshots/22000000.bin.gz")["witnessHash"]
        == proof(21_999_999)["post"])
    let next = try run(22_000_100, from: "\(game)/snapshots/22000000.bin.gz")
    #expect(next.exitCode == 0)
    #expect(try proof(22_000_100)["step"] == .number(22_000_100))
  }

  @Test(
    "--keep-states needs names with a number in them",
    arguments: [
      ["--snapshot-fmt", "state.bin"], ["--snapshot-fmt", "%d/state.bin"],
      ["--snapshot-fmt", "s-%d.fsnap", "--snapshot-delta"], ["--snapshot-fmt", ""],
    ])
  func badNames(_ flags: [String]) throws {
    let input = try Guest.folder("hello") + "/state.bin.gz"
    let outcome = try Tool.run(["run", "--input", input, "--keep-states", "2"] + flags)
    #expect(outcome.exitCode == 64)
    #expect(outcome.log.contains("--keep-states needs"))
  }
}
