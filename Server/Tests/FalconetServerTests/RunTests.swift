import Falconet
import Foundation
import Testing

@testable import FalconetServer

/// `falconet run --server` as op-challenger starts it: the same files, output and exit codes as without.
struct RunTests {
  private struct Outcome {
    let code: Int32
    let output: String
    let log: String
  }

  /// Runs what op-challenger runs for an index, in a directory of its own.
  private func run(
    _ index: UInt64, in directory: String, input: String = Fixtures.prestate, server: String? = nil,
    environment: [String: String] = [:]
  ) throws -> Outcome {
    for name in ["snapshots", "proofs", "preimages"] {
      try Files.make(directory: "\(directory)/\(name)")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Fixtures.falconet)
    process.arguments =
      [
        "run", "--input", input, "--output", "\(directory)/final.bin.gz", "--meta", "",
        "--info-at", "%10000000", "--proof-at", "=\(index)",
        "--proof-fmt", "\(directory)/proofs/%d.json.gz", "--snapshot-at", "%3000000",
        "--snapshot-fmt", "\(directory)/snapshots/%d.bin.gz", "--stop-at", "=\(index + 1)",
        "--debug-info", "\(directory)/preimages/debug-info.json",
      ] + (server.map { ["--server", $0] } ?? []) + [
        "--", Fixtures.falconet, "serve-preimages", Fixtures.preimages,
      ]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, log) = (Pipe(), "\(directory)/log")
    try Files.write([], to: log)
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self),
      log: String(decoding: Files.read(log) ?? [], as: UTF8.self))
  }

  /// Compares all that two runs wrote.
  private func compare(_ first: String, _ second: String) throws {
    for name in ["proofs", "snapshots", "preimages"] {
      #expect(
        Files.names(in: "\(first)/\(name)") == Files.names(in: "\(second)/\(name)"), "\(name)")
    }
    for name in Files.names(in: first + "/proofs") {
      let (one, other) = (
        try Proof(contentsOf: "\(first)/proofs/\(name)"),
        try Proof(contentsOf: "\(second)/proofs/\(name)")
      )
      #expect(one == other, "\(name)")
      #expect(other.verify().holds)
    }
    for name in Files.names(in: first + "/snapshots").map({ "snapshots/" + $0 }) + ["final.bin.gz"]
    {
      let (one, other) = (
        try Machine(contentsOf: "\(first)/\(name)"), try Machine(contentsOf: "\(second)/\(name)")
      )
      #expect(one.claim() == other.claim() && one.step == other.step, "\(name)")
    }
    let info = try [first, second].map {
      try JSON(parsing: try #require(Files.read($0 + "/preimages/debug-info.json")))
    }
    for key in ["memory_used", "total_steps"] { #expect(info[0][key] == info[1][key], "\(key)") }
  }

  @Test("A game's questions get the files of runs without the service, and execute the trace once")
  func questions() throws {
    let server = try TestServer()
    let directory = server.directory + "/runs"
    let address = "127.0.0.1:\(server.port)"
    var game: String?
    for index: UInt64 in [7_000_000, 3_500_000, 5_000_001, 3_500_000, 99_999_999] {
      let (here, there) = ("\(directory)/here-\(index)", "\(directory)/there")
      Files.remove(here)
      for name in ["proofs", "snapshots"] { Files.remove("\(there)/\(name)") }
      let own = try run(index, in: here)
      let served = try run(index, in: there, server: address)
      #expect(own.code == 0 && served.code == 0, "\(served.log)")
      #expect(own.output == served.output)
      #expect(served.log.contains("Start from a state of the service"), "\(served.log)")
      try compare(here, there)
      let games = try server.ask("GET", "/v1/games").json["games"]?.elements ?? []
      #expect(games.count == 1)
      game = games.first?["game"]?.text(of: String.self)
    }
    let counts = try server.ask("GET", "/v1/games/\(try #require(game))").json
    let executed = Double(counts["executedSteps"]?.number ?? 0)
    #expect(executed <= 1.2 * Double(Fixtures.end), "\(executed) steps")
    #expect(counts["preimages"]?.number ?? 0 > 0)
  }

  @Test("A run from a snapshot of an earlier one is of the same game, by socket and variable too")
  func snapshots() throws {
    let server = try TestServer()
    let there = server.directory + "/there"
    let variable = ["FALCONET_SERVER": "http://localhost:\(server.port)"]
    #expect(try run(7_000_000, in: there, environment: variable).code == 0)
    let second = try run(
      8_500_000, in: there, input: there + "/snapshots/6000000.bin.gz", environment: variable)
    #expect(second.code == 0)
    #expect(second.log.contains("Start from a state of the service"))
    #expect(try server.ask("GET", "/v1/games").json["games"]?.elements.count == 1)
    #expect(
      try Proof(contentsOf: there + "/proofs/8500000.json.gz").post
        == Fixtures.trace.claim(at: 8_500_000))
  }

  @Test("If the service is away, or fails, the run executes all steps itself, and says so once")
  func fallback() throws {
    let server = try TestServer("limits: {upload: 1KiB}")
    let here = server.directory + "/here"
    #expect(try run(4_000_000, in: here).code == 0)
    for (number, address) in ["127.0.0.1:1", "unix:/nonexistent", "127.0.0.1:\(server.port)"]
      .enumerated()
    {
      let there = "\(server.directory)/there-\(number)"
      let run = try run(4_000_000, in: there, server: address)
      #expect(run.code == 0)
      #expect(run.output == "")
      #expect(run.log.components(separatedBy: "The service is not used").count == 2, "\(run.log)")
      try compare(here, there)
    }
    let wrong = try run(4_000_000, in: server.directory + "/wrong", server: "example.org:80")
    #expect(wrong.code == 64)
  }
}
