import FalconetTestSupport
import Testing

/// What `run --keep-states` stores for one game is useless to another of the same prestate.
@Suite("Stored states and the inputs that they depend on")
struct KeptStateInputTests {
  private let folder: TemporaryFolder
  private static let index: UInt64 = 3_000_000
  private static let name = "3000001.bin.gz"
  private static let kept = "snapshots/" + name

  init() throws {
    folder = try TemporaryFolder()
    for name in ["proofs", "snapshots"] { folder.makeFolder(name) }
  }

  private var snapshots: [String] { TemporaryFolder.names(in: folder.file("snapshots")) }

  private static func preimages(_ name: String) throws -> String {
    try Fixtures.path("preimages/\(name)")
  }

  /// How the inputs of a game get to a run.
  enum Source: CaseIterable {
    case directory, server, local

    /// The flags for the inputs of `oracle-valid`, or of another game.
    func flags(isOther: Bool) throws -> [String] {
      let (valid, given) = (
        try preimages("oracle-valid"), try preimages(isOther ? "oracle-invalid" : "oracle-valid")
      )
      switch self {
      case .directory: return ["--preimages", given]
      case .server: return ["--", "python3", Guest.server, "serve", given]
      case .local:
        let text = isOther ? String(repeating: "5a", count: 32) : nil
        return ["--preimages", valid] + (text.map { ["--local", "1=0x" + $0] } ?? [])
      }
    }
  }

  /// The run for one step, as op-challenger starts it.
  private func run(_ index: UInt64, from snapshot: String, _ rest: [String]) throws -> Outcome {
    try Tool.run(
      [
        "run", "--input", snapshot, "--output", "final.bin.gz", "--meta", "", "--proof-at",
        "=\(index)", "--proof-fmt", "proofs/%d.json.gz", "--snapshot-fmt", "snapshots/%d.bin.gz",
        "--stop-at", "=\(index + 1)", "--keep-states", "4",
      ] + rest, in: folder.path)
  }

  private func prestate() throws -> String { try Guest.folder("oracle") + "/state.bin.gz" }

  /// Has a state stored of the game whose inputs are those of `oracle-valid`. The guest is too short for
  /// a run to find one worth keeping, so it is put in the place of one.
  private func keep() throws {
    let flags = try Source.directory.flags(isOther: false)
    let outcome = try run(Self.index, from: prestate(), flags)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    try #require(snapshots == [])
    try folder.write(try #require(folder.read("final.bin.gz")), to: Self.kept)
    let claim = try #require(witness(folder.file(Self.kept))["witnessHash"]?.string)
    let record = String(
      decoding: try #require(folder.read(".falconet-states.json")), as: UTF8.self)
    let states = #""states": [{"step": \#(Self.index + 1), "claim": "\#(claim)"}]"#
    try #require(record.contains(#""states": []"#))
    try folder.write(
      record.replacing(#""states": []"#, with: states), to: ".falconet-states.json")
  }

  private func proof(_ index: UInt64) throws -> JSONValue {
    try JSONValue(folder.decompressed("proofs/\(index).json.gz"))
  }

  @Test(
    "A run from a stored state with another game's inputs fails, and names the key",
    arguments: Source.allCases)
  func fromKept(_ source: Source) throws {
    try keep()
    let outcome = try run(3_000_100, from: Self.kept, source.flags(isOther: true))
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.lines(with: "error: ", "local key ", "use a directory for each game").count == 1,
      "\(outcome.log)")
    #expect(TemporaryFolder.names(in: folder.file("proofs")) == ["\(Self.index).json.gz"])
    // It is of use to its own game still, whichever way the inputs come.
    #expect(snapshots == [Self.name])
    let own = try run(3_000_100, from: Self.kept, source.flags(isOther: false))
    #expect(own.exitCode == 0, "\(own.log)")
    #expect(try proof(3_000_100)["step"] == .number(3_000_100))
  }

  @Test(
    "A run from the prestate with another game's inputs discards what was stored",
    arguments: Source.allCases)
  func fromPrestate(_ source: Source) throws {
    try keep()
    // Behind the local inputs, and before the guest's verdict on them.
    let index: UInt64 = 1_000_000
    let outcome = try run(index, from: prestate(), source.flags(isOther: true))
    #expect(
      outcome.lines(with: "level=WARN", "local key ", "use a directory for each game").count == 1,
      "\(outcome.log)")
    #expect(!snapshots.contains(Self.name))
    // A pre-image that the other input asks for may be missing: then nothing is answered.
    guard outcome.exitCode == 0 else {
      #expect(TemporaryFolder.names(in: folder.file("proofs")) == ["\(Self.index).json.gz"])
      return
    }
    let other = try Tool.run(
      [
        "run", "--input", prestate(), "--output", "", "--meta", "", "--engine", "step",
        "--proof-at", "=\(index)", "--proof-fmt", "fresh.json.gz", "--stop-at", "=\(index + 1)",
      ] + source.flags(isOther: true), in: folder.path)
    #expect(other.exitCode == 0)
    #expect(try JSONValue(folder.decompressed("fresh.json.gz")) == proof(index))
  }

  @Test("A run by another revision fails from a stored state, and discards it from the prestate")
  func revision() throws {
    try keep()
    let flags = ["--revision", "1.8.0"] + (try Source.directory.flags(isOther: false))
    let outcome = try run(3_000_100, from: Self.kept, flags)
    #expect(outcome.exitCode == 1)
    #expect(outcome.lines(with: "error: ", "revision 2026-06", "1.8.0").count == 1)
    #expect(snapshots == [Self.name])
    #expect(try run(1_000_000, from: prestate(), flags).exitCode == 0)
    #expect(!snapshots.contains(Self.name))
  }
}
