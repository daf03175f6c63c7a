import FalconetMachine
import FalconetOracle
import FalconetStreams
import FalconetTestSupport
import Glibc
import Testing

@Suite("Runs that share a store of pre-images")
struct StoreRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: [String]) throws -> Outcome {
    try Tool.run(
      Guest.run("oracle", meta: false) + ["--preimage-store", "store"] + arguments, in: folder.path)
  }

  private func server(_ mode: String = "serve", started: String = "started") throws -> [String] {
    ["--", "python3", Guest.server, mode, try Guest.preimages(), folder.file(started)]
  }

  private func expectFinalState() throws {
    let final = try Fixtures.vector(.v8, "oracle").finalHash
    #expect(try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(final)"))
    unlink(folder.file("out.bin.gz"))
  }

  /// `--local` for both inputs of the guest.
  private func locals() throws -> [String] {
    try Fixtures.preimages("oracle-valid").filter { $0.key[0] == 1 }.flatMap { key, data in
      ["--local", "\(key[31])=0x" + Hex.encode(data)]
    }
  }

  private func store(_ arguments: String...) throws -> Outcome {
    try Tool.run(
      ["store", arguments[0], "--preimage-store", "store"] + arguments.dropFirst(), in: folder.path)
  }

  @Test("A second run starts no host if it has its local inputs, and ends in the same state")
  func secondRun() throws {
    #expect(try run(server()).exitCode == 0)
    try expectFinalState()
    #expect(folder.names.contains("started"))
    unlink(folder.file("started"))

    let outcome = try run(locals() + server())
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    try expectFinalState()
    #expect(!folder.names.contains("started"))

    // Local inputs are the host's otherwise.
    #expect(try run(server()).exitCode == 0)
    try expectFinalState()
    #expect(folder.names.contains("started"))

    // Without any source.
    #expect(try run(locals()).exitCode == 0)
    try expectFinalState()
    let missing = try run([])
    #expect(missing.exitCode == 1)
    #expect(missing.lines(with: "error", "--preimages, or a server's command line").count == 1)

    let status = try JSONValue(store("status", "--json").output)
    #expect(status["preimages"] == .number(16))
  }

  @Test("A host that lies has nothing stored, and the run after it ends well")
  func liar() throws {
    let lied = try run(server("lie"))
    #expect(lied.exitCode == 1)
    #expect(lied.log.contains("wrong pre-image"))
    let checked = try store("check")
    #expect(checked.exitCode == 0, "\(checked.log)")
    #expect(try run(server()).exitCode == 0)
    try expectFinalState()
  }

  @Test("A corrupt store is reported, and the run goes on without it")
  func corrupt() throws {
    folder.makeFolder("store")
    try folder.write([UInt8](repeating: 0x5A, count: 10_000), to: "store/preimages.db")
    let outcome = try run(server())
    #expect(outcome.exitCode == 0)
    try expectFinalState()
    #expect(outcome.lines(with: "is corrupt", "remove it").count == 1, "\(outcome.log)")
    #expect(try store("status").exitCode == 1)
  }

  @Test("What is no store's directory ends the run before the first step")
  func foreign() throws {
    try folder.write("", to: "store")
    let outcome = try run(server())
    #expect(outcome.exitCode == 1)
    #expect(outcome.log.contains("is no store of pre-images"))
    #expect(!folder.names.contains("started"))
  }

  @Test("Flags of a store without a store are refused, and so are unknown types and policies")
  func usage() throws {
    let start = try Guest.run("oracle", meta: false)
    for flags in [
      ["--store-limit", "1GiB"], ["--trust-store", "blob"], ["--hints", "all"],
      ["--preimage-store", "store", "--trust-store", "local"],
      ["--preimage-store", "store", "--trust-store", "blob,"],
      ["--preimage-store", "store", "--hints", "first"],
      ["--preimage-store", "store", "--store-limit", "-1"],
    ] {
      #expect(try Tool.run(start + flags, in: folder.path).exitCode == 64, "\(flags)")
    }
    #expect(folder.names == [])
  }

  @Test("Traces and bisections use the store too")
  func traceAndBisect() throws {
    let source = try Guest.preimages()
    #expect(try store("import", source).exitCode == 0)
    let input = try Guest.folder("oracle") + "/state.bin.gz"
    let trace = try Tool.run(
      ["trace", "last", "--folder", "trace", "--input", input, "--preimage-store", "store"]
        + locals(), in: folder.path)
    #expect(trace.exitCode == 0, "\(trace.log)")
    let bisect = try Tool.run(
      ["bisect", "--input", input, "--engine-b", "portable", "--preimage-store", "store"]
        + locals(), in: folder.path)
    #expect(bisect.exitCode == 0, "\(bisect.log)")
  }

  @Test("A directory is imported, checked, exported and pruned")
  func commands() throws {
    let source = try Guest.preimages()
    let imported = try JSONValue(store("import", "--json", source).output)
    #expect(imported["added"] == .number(16))
    #expect(imported["leftOut"] == .number(2))
    #expect(try store("import", source).text.hasPrefix("0 added, 16 known, 2 left out, 0 wrong"))
    #expect(try store("status").text.contains("sha256: 16 of"))
    #expect(try store("check").text == "16 right, 0 wrong and removed\n")
    #expect(try store("export", "out").text == "16 written\n")
    let again = try Tool.run(
      Guest.run("oracle", meta: false) + ["--preimages", "out"] + locals(), in: folder.path)
    #expect(again.exitCode == 0, "\(again.log)")
    try expectFinalState()
    #expect(try store("prune", "--store-limit", "0").text.hasPrefix("0 pre-images left"))
    for command in ["status", "check", "export"] {
      let missing = try Tool.run(
        ["store", command, "--preimage-store", "none"] + (command == "export" ? ["x"] : []),
        in: folder.path)
      #expect(missing.exitCode == 1)
      #expect(missing.log.contains("does not exist"))
    }
    #expect(!folder.names.contains("none"))
  }

  @Test("Processes that are killed at any moment lose nothing that they acknowledged")
  func kills() throws {
    var generator = SeededGenerator(seed: 11)
    // Each directory has its own pre-images, and some that all have.
    let shared = (0..<50).map { _ in generator.bytes(300) }
    let directories = 12
    for number in 0..<directories {
      folder.makeFolder("\(number)")
      try folder.write("file", to: "\(number)/kvformat")
      for value in shared + (0..<700).map({ _ in generator.bytes(300) }) {
        try folder.write(Hex.encode(value), to: "\(number)/\(PreimageKey.keccak256(of: value)).txt")
      }
    }
    var left = isLongRun ? 200 : 24
    var acknowledged: Set<Int> = []
    var runs = 0
    /// With the number of an import's directory, or a run's output.
    var running: [(number: Int?, output: String, tool: RunningTool)] = []
    var next = 0
    let reader = try Guest.run("oracle", meta: false) + ["--preimages", Guest.preimages()]
    let final = try Fixtures.vector(.v8, "oracle").finalHash
    /// An import that ended well has written all; a run ended in the state of every other.
    func finish(
      _ process: (number: Int?, output: String, tool: RunningTool), isKilled: Bool
    ) throws {
      let outcome = try process.tool.wait()
      #expect(outcome.exitCode == 0 || isKilled && outcome.exitCode == nil, "\(outcome.log)")
      guard outcome.exitCode == 0 else { return }
      if let number = process.number {
        acknowledged.insert(number)
      } else {
        runs += 1
        let state = folder.file(process.output)
        #expect(try witness(state)["witnessHash"] == .string("\(final)"))
      }
    }
    while left > 0 {
      while running.count < 8 {
        let number = next % 3 == 2 ? nil : next % directories
        let arguments =
          number.map { ["store", "import", "--preimage-store", "store", "\($0)"] }
          ?? reader + ["--preimage-store", "store", "--output", "\(next).bin.gz"]
        running.append(
          (number, "\(next).bin.gz", try RunningTool(arguments, in: folder.path)))
        next += 1
      }
      usleep(UInt32(generator.below(300_000)))
      let victim = running.remove(at: generator.below(running.count))
      victim.tool.send(SIGKILL)
      try finish(victim, isKilled: true)
      left -= 1
    }
    for process in running { try finish(process, isKilled: false) }
    #expect(runs > 0)
    let checked = try store("check")
    #expect(checked.exitCode == 0, "\(checked.log)")
    #expect(acknowledged.count > 0)
    for number in acknowledged {
      let again = try store("import", "\(number)")
      #expect(again.text.hasPrefix("0 added, 750 known, 0 left out, 0 wrong"), "\(again.text)")
    }
  }

  @Test(
    "Guests end in the same state with a host, a directory, a store, and parts of one",
    arguments: [
      ("64/oracle", "oracle-valid", "oracle"), ("c/kona-like", "kona-like", "c-kona-like"),
    ])
  func sources(_ elf: String, _ set: String, _ name: String) throws {
    let preimages = try Fixtures.path("preimages/\(set)")
    let loaded = try Tool.run(
      [
        "load-elf", "--type", "8", "--path", Fixtures.path("guests/\(elf).elf"), "--out",
        "in.bin.gz", "--meta", "",
      ], in: folder.path)
    try #require(loaded.exitCode == 0, "\(loaded.log)")
    let host = ["--", "python3", Guest.server, "serve", preimages, folder.file("started")]
    let final = try Fixtures.vector(.v8, name).finalHash
    // Every second pre-image.
    folder.makeFolder("half")
    for (number, file) in TemporaryFolder.names(in: preimages).enumerated() where number % 2 == 0 {
      let bytes = try #require(TemporaryFolder.contents("\(preimages)/\(file)"))
      try folder.write(bytes, to: "half/\(file)")
    }
    try folder.write("file", to: "half/kvformat")
    let half = try Tool.run(
      ["store", "import", "--preimage-store", "part", "half"], in: folder.path)
    try #require(half.exitCode == 0, "\(half.log)")
    for source in [
      host, ["--preimages", preimages], ["--preimage-store", "store"] + host,
      ["--preimage-store", "store"] + host, ["--preimage-store", "part", "--hints", "all"] + host,
      ["--preimage-store", "store", "--preimages", preimages],
    ] {
      let outcome = try Tool.run(
        ["run", "--input", "in.bin.gz", "--meta", "", "--output", "out.bin.gz"] + source,
        in: folder.path)
      #expect(outcome.exitCode == 0, "\(source): \(outcome.log)")
      #expect(
        try witness(folder.file("out.bin.gz"))["witnessHash"] == .string("\(final)"), "\(source)")
      unlink(folder.file("out.bin.gz"))
    }
  }
}
