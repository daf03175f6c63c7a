import FalconetTestSupport
import Testing

/// What `run --keep-states` does when something is in its way.
@Suite("Runs that keep states")
struct KeptStateRunTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["proofs", "snapshots"] { folder.makeFolder(name) }
  }

  private var snapshots: [String] { TemporaryFolder.names(in: folder.file("snapshots")) }

  /// The run for one step, as op-challenger starts it.
  private func run(
    _ index: UInt64, from snapshot: String, snapshots: String = "snapshots",
    _ rest: [String] = []
  ) throws -> Outcome {
    try Tool.run(
      [
        "run", "--input", snapshot, "--output", "final.bin.gz", "--meta", "",
        "--proof-at", "=\(index)", "--proof-fmt", "proofs/%d.json.gz", "--snapshot-fmt",
        "\(snapshots)/%d.bin.gz", "--stop-at", "=\(index + 1)", "--keep-states", "4",
      ] + rest, in: folder.path)
  }

  /// A run did all that it was asked for, and said that it stored no states, and why.
  private func expectWhole(_ outcome: Outcome, _ index: UInt64, _ reason: String) {
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(outcome.lines(with: "level=WARN", "No more states are kept", reason).count == 1)
    #expect(folder.read("final.bin.gz") != nil)
    #expect(TemporaryFolder.names(in: folder.file("proofs")) == ["\(index).json.gz"])
  }

  @Test("A record that can't be written costs only the states")
  func unwritableRecord() throws {
    folder.makeFolder(".falconet-states.json")
    let outcome = try run(21_999_999, from: try Guest.folder("threads") + "/state.bin.gz")
    expectWhole(outcome, 21_999_999, ".falconet-states.json")
    #expect(snapshots == [])
  }

  @Test("A state that can't be written costs only itself")
  func unwritableState() throws {
    let outcome = try run(
      21_999_999, from: try Guest.folder("threads") + "/state.bin.gz", snapshots: "nowhere")
    expectWhole(outcome, 21_999_999, "nowhere/22000000.bin.gz")
    // What somebody puts there later is not taken for a stored state.
    let record = try JSONValue(try #require(folder.read(".falconet-states.json")))
    #expect(record["states"] == .array([]))
  }

  /// Keeps a state of the guest that reads pre-images, before it has read any.
  private func keepEarlyState(claim wrong: String? = nil) throws -> String {
    let made = try Tool.run(
      [
        "run", "--input", try Guest.folder("oracle") + "/state.bin.gz", "--meta", "", "--output",
        "snapshots/3000.bin.gz", "--stop-at", "=3000",
      ], in: folder.path)
    #expect(made.exitCode == 0)
    let witness = try JSONValue(
      try Tool.run(["witness", "--input", "snapshots/3000.bin.gz"], in: folder.path).output)
    let claim = try #require(wrong ?? witness["witnessHash"]?.string)
    try folder.write(
      #"{"inputs": [], "states": [{"step": 3000, "claim": "\#(claim)"}]}"#,
      to: ".falconet-states.json")
    return "snapshots/3000.bin.gz"
  }

  enum Damage: CaseIterable {
    case half, empty, zeros, text, bitFlip, wholeButShort

    func apply(to bytes: [UInt8]) -> [UInt8] {
      switch self {
      case .half: return Array(bytes.prefix(bytes.count / 2))
      case .empty: return []
      case .zeros: return [UInt8](repeating: 0, count: bytes.count)
      case .text: return Array("<html>an error page</html>".utf8)
      case .wholeButShort: return Array(bytes.dropLast())
      case .bitFlip:
        var damaged = bytes
        damaged[bytes.count / 2] ^= 8
        return damaged
      }
    }
  }

  @Test(
    "A stored state that is corrupt is removed, so that the next try starts further back",
    arguments: Damage.allCases)
  func damagedState(_ damage: Damage) throws {
    #expect(
      try run(21_999_999, from: try Guest.folder("threads") + "/state.bin.gz").exitCode == 0)
    let kept = "snapshots/22000000.bin.gz"
    let bytes = try #require(folder.read(kept))
    try folder.write(damage.apply(to: bytes), to: kept)
    let outcome = try run(22_000_100, from: kept)
    #expect(outcome.exitCode == 1)
    #expect(outcome.log.contains("failed to load state"))
    #expect(outcome.lines(with: "level=WARN", "Removed a kept state", kept).count == 1)
    #expect(snapshots == [])
  }

  @Test("A state that is not the one that was stored is refused and removed")
  func otherState() throws {
    let input = try keepEarlyState(claim: "0x03" + String(repeating: "00", count: 31))
    let outcome = try run(5_000_000, from: input)
    #expect(outcome.exitCode == 1)
    #expect(outcome.log.contains("failed to use a kept state: snapshots/3000.bin.gz: "))
    #expect(snapshots == [])
    #expect(TemporaryFolder.names(in: folder.file("proofs")) == [])
  }

  @Test("A corrupt record is reported, and costs no run")
  func damagedRecord() throws {
    try folder.write("{", to: ".falconet-states.json")
    let outcome = try run(
      21_999_999, from: try Guest.folder("threads") + "/state.bin.gz")
    #expect(outcome.exitCode == 0)
    #expect(outcome.lines(with: "level=WARN", "record of cached states was corrupt").count == 1)
    #expect(snapshots == ["22000000.bin.gz"])
  }

  @Test("A run of another program removes what was stored for the one before")
  func otherProgram() throws {
    #expect(
      try run(21_999_999, from: try Guest.folder("threads") + "/state.bin.gz").exitCode == 0)
    let outcome = try run(10, from: try Guest.folder("hello") + "/state.bin.gz")
    #expect(outcome.exitCode == 0)
    #expect(outcome.lines(with: "level=WARN", "another prestate", "discarded: 1").count == 1)
    #expect(snapshots == [])
  }

  @Test("A host that ends at the first request may lack a hint: the state is discarded")
  func lackOfHint() throws {
    let input = try keepEarlyState()
    let server = String(Guest.server.dropLast("folder.py".count)) + "misbehaving.py"
    let outcome = try run(
      5_000_000, from: input, ["--host-restarts", "0", "--", "python3", server, "exit", "1"])
    #expect(outcome.exitCode == 1)
    #expect(snapshots == [])
  }

  @Test(
    "A host that served before it failed, stalls, lies or isn't there costs no state",
    arguments: ["die", "stall", "lie", "at once", "none"])
  func outage(_ mode: String) throws {
    let input = try keepEarlyState()
    let server =
      switch mode {
      case "none": [String]()
      case "at once":
        [
          "--preimage-timeout", "1s", "--", "python3",
          String(Guest.server.dropLast("folder.py".count)) + "misbehaving.py",
          "stall-mid",
        ]
      case "stall":
        // Time to start and to answer the first requests on a busy machine.
        ["--preimage-timeout", "10s", "--", "python3", Guest.server, mode, try Guest.preimages()]
      default: ["--", "python3", Guest.server, mode, try Guest.preimages()]
      }
    let outcome = try run(5_000_000, from: input, ["--host-restarts", "0"] + server)
    #expect(outcome.exitCode == 1)
    #expect(snapshots == ["3000.bin.gz"])
  }
}
