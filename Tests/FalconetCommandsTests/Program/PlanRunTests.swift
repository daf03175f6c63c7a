import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import Glibc
import Keccak
import Testing

@Suite("Plans")
struct PlanRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A list of pre-images as a file for the server, and what a run of it ends in without plan or store.
  private func prepare(_ list: PreimageList, _ name: String = "list") throws {
    try folder.write(list.records, to: name)
  }

  private func server(_ flags: String..., list: String = "list") -> [String] {
    ["--", "python3", Guest.flakyServer, list, "--hinted"] + flags
  }

  private func run(_ arguments: [String], output: String = "out.bin.gz") throws -> Outcome {
    unlink(folder.file(output))
    return try Tool.run(
      Guest.run("oracle", meta: false) + ["--output", output] + arguments, in: folder.path)
  }

  private func claim(_ output: String = "out.bin.gz") throws -> JSONValue? {
    try witness(folder.file(output))["witnessHash"]
  }

  /// Records a plan, and returns the claim at the run's end.
  private func record(_ list: String = "list", to plan: String = "plan") throws -> JSONValue? {
    let outcome = try run(["--record-plan", plan] + server(list: list))
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    return try claim()
  }

  private func prefetch(_ arguments: [String]) throws -> Outcome {
    try Tool.run(
      ["prefetch", "--preimage-store", "store", "--json"] + arguments, in: folder.path)
  }

  private func lines(_ name: String) -> Int {
    folder.read(name)?.count { $0 == UInt8(ascii: "\n") } ?? 0
  }

  @Test("Hosts that lock their data fill a store by a plan, and a run then starts none")
  func prefetch() throws {
    let list = PreimageList(count: isLongRun ? 1000 : 200)
    try prepare(list)
    let claim = try record()
    let flags = ["--plan", "plan", "--hosts", "4"]
    let outcome = try prefetch(flags + server("--lock", "data{n}", "--starts", "starts"))
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    let result = try JSONValue(outcome.output)
    #expect(result["fetched"] == .number(UInt64(list.values.count)))
    #expect(result["left"] == .number(0))
    #expect(lines("starts") <= 4)
    #expect(folder.names.contains("data1") && !folder.names.contains("data0"))

    // Each key is asked for once.
    let again = try prefetch(flags + server("--starts", "none"))
    #expect(try JSONValue(again.output)["known"] == .number(UInt64(list.values.count)))
    #expect(!folder.names.contains("none"))

    let run = try run(
      list.flags + ["--preimage-store", "store", "--plan", "plan"] + server("--starts", "none"))
    #expect(run.exitCode == 0, "\(run.log)")
    #expect(try self.claim() == claim)
    #expect(!folder.names.contains("none"))
  }

  @Test("Without {n}, a second host that ends at its start is refused; one host fetches all")
  func refused() throws {
    try prepare(PreimageList(count: 20))
    let claim = try record()
    let locked = server("--lock", "data", "--key-latency", "0.1")
    let refused = try prefetch(
      ["--plan", "plan", "--hosts", "2", "--host-restarts", "0"] + locked)
    #expect(refused.exitCode == 1)
    #expect(refused.lines(with: "error: ", "write {n} in the command").count == 1, "\(refused.log)")

    // Of a run, the own host is the first.
    let run = try run(
      ["--preimage-store", "other", "--plan", "plan", "--hosts", "2", "--host-restarts", "0"]
        + locked)
    #expect(run.exitCode == 0, "\(run.log)")
    #expect(try self.claim() == claim)

    let alone = try prefetch(["--plan", "plan"] + locked)
    #expect(alone.exitCode == 0, "\(alone.log)")
    #expect(try JSONValue(alone.output)["left"] == .number(0))
  }

  @Test("A run with its own plan, a neighbour's, or one that fits nothing ends in the same claim")
  func ahead() throws {
    let count = isLongRun ? 1000 : 200
    let list = PreimageList(count: count)
    try prepare(list)
    let claim = try record()
    // One of ten blocks is another, and another host has them all.
    let neighbour = PreimageList(count: count, other: 1)
    try prepare(neighbour, "neighbour")
    try folder.write(list.records + neighbour.records, to: "both")
    _ = try record("neighbour", to: "neighbours-plan")
    let strange = PreimageList(count: 50, seed: 99)
    try prepare(strange, "strange")
    _ = try record("strange", to: "strange-plan")

    for (number, plan) in ["plan", "neighbours-plan", "strange-plan"].enumerated() {
      let outcome = try run(
        list.flags + [
          "--preimage-store", "store\(number)", "--plan", plan, "--hosts", "3", "--metrics-file",
          "m.prom",
        ] + server("--hint-latency", "0.002", "--lock", "data{n}", list: "both"))
      #expect(outcome.exitCode == 0, "\(outcome.log)")
      #expect(try self.claim() == claim)
      let metrics = try PrometheusParser(
        String(decoding: try #require(folder.read("m.prom")), as: UTF8.self)
      ).values
      let used = try #require(metrics["falconet_prefetch_used_total"])
      let fetched = try #require(metrics["falconet_prefetch_preimages_total"])
      #expect(used <= fetched)
      if plan == "strange-plan" { #expect(used == 0) } else { #expect(used > 0) }
      let own = try #require(
        metrics[#"falconet_preimage_requests_total{type="sha256",source="host"}"#])
      #expect(own + used == Double(list.values.count))
      // What the run did not ask for is in the store too.
      let status = try Tool.run(
        ["store", "status", "--json", "--preimage-store", "store\(number)"], in: folder.path)
      #expect(
        try JSONValue(status.output)["preimages"]
          == .number(UInt64(list.values.count) + UInt64(fetched - used)))
    }
  }

  @Test(
    "Hosts that die, stall, send garbage or lie at each tenth request change no claim",
    arguments: ["die", "stall", "garbage", "lie"])
  func failingHosts(_ mode: String) throws {
    let list = PreimageList(count: 60)
    try prepare(list)
    let claim = try record()
    let flags = ["--plan", "plan", "--hosts", "2"]
    let failing = ["--preimage-timeout", mode == "stall" ? "5s" : "10m"]
    let bad = server("--fail", mode, list: "list")
    let outcome = try run(
      list.flags + ["--preimage-store", "store"] + flags + failing + bad)
    if mode == "lie" {
      #expect(outcome.exitCode == 0 || outcome.exitCode == 1)
      if outcome.exitCode == 1 { #expect(outcome.log.contains("wrong pre-image")) }
    } else {
      #expect(outcome.exitCode == 0, "\(outcome.log)")
    }
    if outcome.exitCode == 0 { #expect(try self.claim() == claim) }

    let fetched = try Tool.run(
      ["prefetch", "--preimage-store", "store2"] + flags + failing + bad, in: folder.path)
    // What stalled is not asked for a second time.
    #expect(fetched.exitCode == (mode == "lie" || mode == "stall" ? 1 : 0), "\(fetched.log)")
    for store in ["store", "store2"] {
      let checked = try Tool.run(["store", "check", "--preimage-store", store], in: folder.path)
      #expect(checked.exitCode == 0, "\(checked.text)")
    }
  }

  @Test(
    "Plans that were forged, cut or reordered change no claim, and cost no more than the budget")
  func forged() throws {
    let list = PreimageList(count: 100)
    try prepare(list)
    let claim = try record()
    let bytes = try #require(folder.read("plan"))
    let items = try PlanReader.read(from: MemorySource(bytes)).plan.items
    var generator = SeededGenerator(seed: 3)
    func write(_ items: [PreimagePlan.Item], _ name: String) throws {
      let sink = MemorySink()
      let writer = try PlanWriter(to: sink)
      for item in items { try writer.add(item) }
      try writer.finish()
      try folder.write(sink.bytes, to: name)
    }
    // Where its checksum is. What was cut before is PlanFormatTests'.
    try folder.write(Array(bytes.dropLast(3)), to: "cut")
    try write(items.reversed(), "reversed")
    try write(items.shuffled(using: &generator), "shuffled")
    // Keys that nobody has, behind hints that are right, and keys of every type.
    try write(
      items.flatMap { item -> [PreimagePlan.Item] in
        guard case .key = item.entry else { return [item] }
        let key = Bytes32(readingFrom: [UInt8(generator.below(8))] + generator.bytes(31))
        return [item, PreimagePlan.Item(.key(key))]
      }, "forged")
    for plan in ["cut", "reversed", "shuffled", "forged"] {
      let outcome = try run(
        [
          "--preimage-store", "store-\(plan)", "--plan", plan, "--hosts", "2", "--host-restarts",
          "0",
        ]
          + server("--lock", "data{n}"))
      #expect(outcome.exitCode == 0, "\(plan): \(outcome.log)")
      #expect(try self.claim() == claim, "\(plan)")
      let told = outcome.lines(with: "level=WARN", "used as far as it can be read").count
      #expect(told == (plan == "cut" ? 1 : 0))
    }

    // In vain.
    let strange = PreimageList(count: 100, seed: 77)
    try folder.write(list.records + strange.records, to: "both")
    try prepare(strange, "strange")
    _ = try record("strange", to: "strange-plan")
    let outcome = try run(
      list.flags + ["--preimage-store", "s", "--plan", "strange-plan", "--plan-budget", "7"]
        + server("--lock", "data{n}", "--log", "log-{n}", list: "both"))
    #expect(outcome.exitCode == 0, "\(outcome.log)")
    #expect(try self.claim() == claim)
    #expect(lines("log-1") <= 2 * 7)
    let fetched = try prefetch(
      ["--plan", "strange-plan", "--plan-budget", "7"] + server(list: "both"))
    #expect(fetched.exitCode == 0)
    #expect(try JSONValue(fetched.output)["fetched"] == .number(7))
    #expect(try JSONValue(fetched.output)["left"] == .number(94))
  }

  @Test("A plan that is none, or has no store or host to use, is refused before the run")
  func usage() throws {
    try prepare(PreimageList(count: 3))
    for arguments in [
      ["--plan", "plan"] + server(), ["--plan", "plan", "--preimage-store", "store"],
      ["--plan", "plan", "--preimage-store", "store", "--hosts", "0"] + server(),
      ["--plan-budget", "-1"] + server(),
    ] {
      #expect(try run(arguments).exitCode == 64, "\(arguments)")
    }
    #expect(try prefetch(["--plan", "plan"]).exitCode == 64)
    for name in ["list", "none"] {
      let outcome = try run(["--plan", name, "--preimage-store", "store"] + server())
      #expect(outcome.exitCode == 1)
      #expect(outcome.lines(with: "error: failed to load the plan").count == 1)
      #expect(try prefetch(["--plan", name] + server()).exitCode == 1)
    }
    let unwritable = try run(["--record-plan", "none/plan"] + server())
    #expect(unwritable.lines(with: "error: ", "--record-plan").count == 1)
  }

  @Test("A signal or the time limit ends a prefetch and its hosts, and the store has what came")
  func interrupted() throws {
    let list = PreimageList(count: 50)
    try prepare(list)
    _ = try record()
    let arguments = ["prefetch", "--preimage-store", "store", "--plan", "plan", "--hosts", "2"]
    let host = server("--starts", "starts", "--fail", "stall")
    let tool = try RunningTool(arguments + host, in: folder.path)
    #expect(eventually { lines("starts") == 2 })
    tool.send(SIGINT)
    #expect(try tool.wait().exitCode == 130)
    let late = try Tool.run(arguments + ["--timeout", "3s"] + host, in: folder.path)
    #expect(late.exitCode == 3, "\(late.log)")
    let text = String(decoding: folder.read("starts") ?? [], as: UTF8.self)
    for id in text.split(separator: "\n").compactMap({ pid_t($0) }) {
      #expect(kill(id, 0) == -1 && errno == ESRCH)
    }
    let rest = try prefetch(["--plan", "plan"] + server())
    #expect(rest.exitCode == 0, "\(rest.log)")
    #expect(try JSONValue(rest.output)["left"] == .number(0))
  }

  @Test(
    "The guests oracle and kona-like give the same claims with a host, a folder, a store and a plan",
    arguments: ["oracle", "c-kona-like"])
  func sources(_ guest: String) throws {
    let vector = try Fixtures.vector(.v8, guest)
    let prestate = try Fixtures.prestate(.v8, guest)
    try Snapshot.save(
      MemoryImage(state: prestate.state, memory: prestate.memory), path: folder.file("in.bin"))
    let preimages = try Fixtures.preimages(of: vector)
    var records: [UInt8] = []
    folder.makeFolder("folder")
    for (key, value) in preimages {
      PreimageList.add(key, value, to: &records)
      try folder.write(Hex.encode(value), to: "folder/\(key).txt")
    }
    try folder.write(records, to: "list")
    let host = ["--", "python3", Guest.flakyServer, "list", "--lock", "data{n}"]
    for source in [
      ["--record-plan", "plan"] + host, ["--preimages", "folder"],
      ["--preimage-store", "store", "--plan", "plan", "--hosts", "3"] + host,
      ["--preimage-store", "store", "--trust-store", "blob,precompile"] + host,
    ] {
      unlink(folder.file("out.bin.gz"))
      let outcome = try Tool.run(
        ["run", "--input", "in.bin", "--meta", ""] + source, in: folder.path)
      #expect(outcome.exitCode == 0, "\(source): \(outcome.log)")
      #expect(try self.claim() == .string("\(vector.finalHash)"), "\(source)")
    }
  }

  @Test("The plan of a run that ends early serves as far as it goes, and a store changes no plan")
  func early() throws {
    let list = PreimageList(count: 30)
    try prepare(list)
    _ = try record()
    let full = try PlanReader.read(from: MemorySource(folder.read("plan") ?? [])).plan
    let ended = try run(
      ["--record-plan", "early", "--host-restarts", "0", "--preimage-store", "store"]
        + server("--fail", "die"))
    #expect(ended.exitCode == 1)
    let early = try PlanReader.read(from: MemorySource(folder.read("early") ?? []))
    #expect(early.fault == nil)
    let entries = early.plan.items.map(\.entry)
    #expect(entries.count > 10)
    #expect(entries == full.items.prefix(entries.count).map(\.entry))
    #expect(
      try run(["--record-plan", "again", "--preimage-store", "store"] + server()).exitCode == 0)
    let again = try PlanReader.read(from: MemorySource(folder.read("again") ?? [])).plan
    #expect(again.items.map(\.entry) == full.items.map(\.entry))
  }
}
