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
    environment: [String: String] = [:], host: [String]? = nil, from start: String? = nil
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
      ] + (server.map { ["--server", $0] } ?? []) + ["--"]
      + (host ?? [Fixtures.falconet, "serve-preimages", Fixtures.preimages])
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let start { process.currentDirectoryURL = URL(fileURLWithPath: start) }
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

  @Test("A game of runs can be looked at when its host is gone, up to where runs asked for it")
  func looks() throws {
    let server = try TestServer("limits: {host-timeout: 300ms}")
    let directory = Fixtures.directory()
    defer { Files.remove(directory) }
    #expect(try run(4_000_000, in: directory, server: "127.0.0.1:\(server.port)").code == 0)
    let game = try #require(try server.ask("GET", "/v1/games").json["games"]?.elements.first)
    #expect(game["lastIndex"] == nil && game["reachedStep"] == .count(4_000_000))
    let id = try #require(game["game"]?.text(of: String.self))
    func status(_ path: String) throws -> Int {
      try server.ask("GET", "/v1/games/\(id)/\(path)").status
    }
    // All of it is executed again, with its local inputs.
    #expect(try status("stacks/0?steps=4000000") == 200)
    #expect(try status("events/0?steps=4000000") == 200)
    #expect(try status("views/4000000") == 200)
    // What lies beyond needs the host.
    #expect(try server.ask("GET", "/v1/games/\(id)/last").error == "host-gone")
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

  @Test(
    "Equal command lines in different directories are different games, as their relative paths differ"
  )
  func relativePaths() throws {
    let server = try TestServer()
    let input = "0x01" + String(repeating: "0", count: 61) + "2.txt"
    var posts: Set<String> = []
    for value in ["000000000040d363", "000000000040d364"] {
      let place = "\(server.directory)/\(value)"
      try FileManager.default.copyItem(atPath: Fixtures.preimages, toPath: place)
      let file = try #require(
        FileManager.default.enumerator(atPath: place)?.compactMap { $0 as? String }
          .first { $0.hasSuffix(input) })
      try Files.write(Array(value.utf8), to: "\(place)/\(file)")
      let host = [Fixtures.falconet, "serve-preimages", "."]
      let (own, served) = ("\(place)-own", "\(place)-served")
      #expect(try run(9_410_000, in: own, host: host, from: place).code == 0)
      let run = try run(
        9_410_000, in: served, server: "127.0.0.1:\(server.port)", host: host, from: place)
      #expect(run.code == 0 && run.log.contains("Start from a state of the service"), "\(run.log)")
      try compare(own, served)
      posts.insert(try Proof(contentsOf: "\(served)/proofs/9410000.json.gz").post.description)
    }
    #expect(posts.count == 2)
    #expect(try server.ask("GET", "/v1/games").json["games"]?.elements.count == 2)
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

  @Test("The host is not started for a run whose steps need no pre-image that the service lacks")
  func lateHost() throws {
    let server = try TestServer()
    let marker = server.directory + "/started"
    func ask(_ index: UInt64, _ name: String) throws -> Outcome {
      try run(
        index, in: "\(server.directory)/\(name)", server: "127.0.0.1:\(server.port)",
        host: [
          "sh", "-c", "touch \(marker); exec \"$0\" serve-preimages \"$1\"", Fixtures.falconet,
          Fixtures.preimages,
        ])
    }
    #expect(try ask(9_000_000, "first").code == 0)
    #expect(Files.exists(marker))
    Files.remove(marker)
    // Known to the service, and the step itself reads none.
    #expect(try ask(8_000_000, "second").code == 0)
    #expect(!Files.exists(marker))
  }

  /// What `trace` or `witness` prints, and logs.
  private func falconet(_ arguments: [String]) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Fixtures.falconet)
    process.arguments = arguments
    let (output, log) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = log
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    let lines = log.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self),
      log: String(decoding: lines, as: UTF8.self))
  }

  @Test("trace prints the same with the service, without a directory, and falls back once")
  func trace() throws {
    let server = try TestServer()
    let host = ["--", Fixtures.falconet, "serve-preimages", Fixtures.preimages]
    for (number, question) in [
      ["claim", "4705328", "99999999"], ["claim", "0"], ["step", "591664", "4000000"],
      ["step", "99999999"], ["last"],
    ].enumerated() {
      let here = server.directory + "/trace"
      let there = server.directory + "/there-\(number)"
      let common = ["--input", Fixtures.prestate]
      let own = try falconet(["trace"] + question + ["--folder", here] + common + host)
      let served = try falconet(
        ["trace"] + question + ["--folder", there, "--server", "127.0.0.1:\(server.port)"] + common
          + host)
      #expect(own.code == 0 && served.code == 0, "\(served.log)")
      #expect(own.output == served.output, "\(question)")
      #expect(!Files.exists(there))
      let alone = try falconet(
        ["trace"] + question + ["--folder", there, "--server", "127.0.0.1:1"] + common + host)
      #expect(alone.output == own.output)
      #expect(alone.log.components(separatedBy: "The service is not used").count == 2)
    }
    #expect(try server.ask("GET", "/v1/games").json["games"]?.elements.count == 1)
  }

  @Test("Games without pre-images are asked too")
  func withoutPreimages() throws {
    let server = try TestServer()
    for arguments in [
      ["trace", "claim", "400000", "399999"], ["trace", "step", "300000"],
      [
        "run", "--proof-at", "=450000", "--stop-at", "=450001", "--meta", "", "--output", "",
        "--proof-fmt", "\(server.directory)/%d.json",
      ],
    ] {
      let folder = arguments[0] == "trace" ? ["--folder", server.directory + "/trace"] : []
      let common = arguments + ["--input", Fixtures.prestate] + folder
      let own = try falconet(common)
      let served = try falconet(common + ["--server", "127.0.0.1:\(server.port)"])
      #expect(own.code == 0 && served.code == 0 && served.output == own.output, "\(served.log)")
      #expect(!served.log.contains("The service is not used"), "\(served.log)")
    }
    let games = try server.ask("GET", "/v1/games").json["games"]?.elements ?? []
    #expect(games.count == 1 && games[0]["failedQuestions"] == .count(0))
  }

  @Test(
    "witness prints the same with the service, which knows a file that it has seen, and falls back once"
  )
  func witness() throws {
    let server = try TestServer()
    let path = server.directory + "/files/state.bin.gz"
    try FileManager.default.copyItem(atPath: Fixtures.prestate, toPath: path)
    let own = try falconet(["witness", path])
    for _ in 0..<2 {
      let served = try falconet(["witness", path, "--server", "127.0.0.1:\(server.port)"])
      #expect(
        served.code == 0 && served.output == own.output && served.log.isEmpty, "\(served.log)")
    }
    let elsewhere = try falconet(
      ["witness", Fixtures.prestate, "--server", "127.0.0.1:\(server.port)"])
    #expect(elsewhere.code == 0 && elsewhere.output == own.output)
    #expect(elsewhere.log.components(separatedBy: "The service is not used").count == 2)
    // The file is another one now.
    try FileManager.default.removeItem(atPath: path)
    try Machine(contentsOf: Fixtures.prestate).advanced(by: 100).save(to: path)
    let changed = try falconet(["witness", path, "--server", "127.0.0.1:\(server.port)"])
    #expect(changed.output == (try falconet(["witness", path])).output)
    #expect(changed.output != own.output)
  }
}

extension Machine {
  fileprivate func advanced(by steps: UInt64) throws -> Machine {
    try run(until: step + steps)
    return self
  }
}
