import FalconetStreams
import FalconetTestSupport
import Testing

/// What commands print as JSON, and the schemas in docs/schemas.
@Suite("JSON Schemas") struct SchemaTests {
  private let folder: TemporaryFolder

  init() throws { folder = try Demo.copy() }

  /// Members that no output here has. Names with bytes that are not UTF-8 are `NameTests`'.
  private static let unseen: Set<String> = [
    ".lastHint", ".lastHintBytes", ".threads.futexAddr", ".threads.futexVal",
    ".threads.futexTimeoutStep", ".wakeup",
    ".threads.leftFunction", ".threads.rightFunction",
    // One of a release's keys each.
    ".instruction_cache_miss_count", ".highest_icache_miss_pc", ".failed_wakeup_count",
    // Of a system call that fails.
    ".events.error",
    // Of programs that are not here.
    ".findings.remedy", ".concerns.excuse",
    // Of a step that fails, or a proof that does not hold.
    ".stepA.failure", ".stepB.failure", ".stepA.proofFault", ".stepB.proofFault",
    ".oracle-offset", ".stateVersion", ".ended",
  ]

  private func run(_ arguments: [String], exitCode: Int32 = 0) throws -> JSONValue {
    let outcome = try Tool.run(arguments, in: folder.path)
    try #require(outcome.exitCode == exitCode, "\(arguments): \(outcome.log)")
    return try JSONValue(outcome.output)
  }

  /// Compares values with a schema, and which members they have with those that it describes.
  private func expect(_ name: String, _ values: [JSONValue]) throws {
    let schema = try JSONSchema(name)
    var seen: Set<String> = []
    for value in values {
      do { seen.formUnion(try schema.check(value)) } catch { Issue.record("\(name): \(error)") }
    }
    let missing = schema.members.subtracting(seen).filter { member in
      !Self.unseen.contains(member) && !member.hasSuffix("Bytes")
    }
    #expect(missing.isEmpty, "\(name): no output has them")
  }

  @Test("Every schema's command is tested here")
  func complete() throws {
    let names = TemporaryFolder.names(in: "\(testFolder)/../../docs/schemas")
    let source = try #require(TemporaryFolder.contents("\(testFolder)/Help/SchemaTests.swift"))
    let text = String(decoding: source, as: UTF8.self)
    for name in names { #expect(text.contains("\"\(name.dropLast(5))\""), "\(name)") }
    #expect(names.count > 15)
  }

  @Test("Snapshots: claim, check, witness, inspect, diff")
  func snapshots() throws {
    let converted = try Tool.run(["convert", "state.bin.gz", "state.fsnap"], in: folder.path)
    try #require(converted.exitCode == 0)
    let revised = try Tool.run(
      ["run", "state.bin.gz", "--stop-at", "=5", "--output", "revised.fsnap"], in: folder.path)
    try #require(revised.exitCode == 0)
    try folder.write(Array(try #require(folder.read("state.fsnap")).prefix(9000)), to: "bad.fsnap")
    try expect("claim", [run(["claim", "--json", "state.bin.gz", "state.fsnap"])])
    try expect(
      "check",
      [
        run(["check", "--json", "state.bin.gz", "bad.fsnap", "none"], exitCode: 1),
        run(["check", "--json", "--trust-pages", "state.fsnap"]),
      ])
    try expect(
      "witness",
      [run(["witness", "state.bin.gz"]), run(["witness", "--trust-pages", "state.fsnap"])]
    )
    try expect(
      "inspect",
      [
        run(["inspect", "--json", "--meta", "meta.json", "out.bin.gz"]),
        run(["inspect", "--json", "--trust-pages", "state.fsnap"]),
        run(["inspect", "--json", Fixtures.path("states/0.bin.gz")]),
        run(["inspect", "--json", Fixtures.path("states/1.bin.gz")]),
        run(["inspect", "--json", Fixtures.path("states/4.bin.gz")]),
        run(["inspect", "--json", "revised.fsnap"]),
      ])
    try expect(
      "diff",
      [
        run(["diff", "--json", "--meta", "meta.json", "state.bin.gz", "out.bin.gz"], exitCode: 1),
        run(["diff", "--json", "state.bin.gz", "state.bin.gz"]),
      ])
  }

  @Test("Proofs and programs: verify, calldata, check-elf, load-elf, list")
  func proofs() throws {
    let proof = try folder.decompressed("proof-591664.json.gz")
    try expect("proof", [JSONValue(proof)])
    let text = String(decoding: proof, as: UTF8.self)
    try folder.write(text.replacing("\"post\": \"0x0", with: "\"post\": \"0x1"), to: "wrong.json")
    try folder.write("{", to: "cut.json")
    try folder.write(
      #"{"post": "0x", "state-data": "0x", "proof-data": "0x"}"#.replacing(
        #""post": "0x"#, with: #""post": "0x"# + String(repeating: "0", count: 64)),
      to: "short.json")
    try expect(
      "verify",
      [
        run(
          ["verify", "--json", "proof-591664.json.gz", "wrong.json", "short.json", "cut.json"],
          exitCode: 1)
      ])
    // The step that first reads a pre-image whose key is a hash.
    let read = ["run", "state.bin.gz", "--preimages", "preimages", "--log-level", "warn"]
    let stopped = try Tool.run(
      read + ["--stop-at-preimage-type", "sha256", "--output", "read.bin"], in: folder.path)
    try #require(stopped.exitCode == 0)
    guard case .number(let step)? = try run(["witness", "read.bin"])["step"] else { return }
    let proved = try Tool.run(
      read + ["--proof-at", "=\(step - 1)", "--proof-fmt", "read.json", "--stop-at", "=\(step)"],
      in: folder.path)
    try #require(proved.exitCode == 0)
    try expect(
      "calldata",
      [
        run(["calldata", "--json", "proof-591664.json.gz"]),
        run(["calldata", "--json", "read.json"]),
      ])
    try folder.write(Fixtures.scavengingGuest("1.27"), to: "guest.elf")
    let hello = try Fixtures.path("guests/64/hello.elf")
    try expect(
      "check-elf",
      [
        run(["check-elf", "--json", "--type", "8", "program.elf"]),
        run(["check-elf", "--json", "--type", "6", hello], exitCode: 1),
        run(["check-elf", "--json", "--type", "8", "guest.elf"], exitCode: 1),
        run(
          ["check-elf", "--json", "--type", "0", Fixtures.path("guests/32/hello.elf")], exitCode: 1),
      ])
    try expect("meta", [JSONValue(try #require(folder.read("meta.json")))])
    try expect("list", [run(["list", "--json"])])
  }

  @Test("Runs: run, bisect, demo")
  func runs() throws {
    let run = try Tool.run(
      ["run", "state.bin.gz", "--preimages", "preimages", "--debug-info", "info.json"],
      in: folder.path)
    try #require(run.exitCode == 0, "\(run.log)")
    try expect("debug-info", [JSONValue(folder.decompressed("info.json"))])
    let found = try Tool.run(
      [
        "find", "state.bin.gz", "--preimages", "preimages", "--json", "--syscall", "any", "--pc",
        "main.main", "--calls", "main.main", "--preimage", "any", "--output", "e", "--meta",
        "meta.json", "--reads", "0x1000:4096", "--writes",
        "0x7ffffffff000:8", "--writes", "0x7fffffffef00:64", "--until", "600000",
      ], in: folder.path)
    try #require(found.exitCode == 0, "\(found.log)")
    func lines(_ outcome: Outcome) throws -> [JSONValue] {
      try outcome.text.split(separator: "\n").map { try JSONValue(Array($0.utf8)) }
    }
    let output = try Tool.run(
      ["find", "state.bin.gz", "--preimages", "preimages", "--json", "--output", "e"],
      in: folder.path)
    try #require(output.exitCode == 0, "\(output.log)")
    try expect("find", lines(found) + lines(output))
    let log = ["log", "state.bin.gz", "--preimages", "preimages", "--meta", "meta.json", "--json"]
    let logged = try Tool.run(log + ["--durations"], in: folder.path)
    try #require(logged.exitCode == 0, "\(logged.log)")
    try expect("log", lines(logged))
    let listed = try Tool.run(log + ["--instructions", "591600..591900"], in: folder.path)
    // A thread is made at one of these steps.
    let switches = try Tool.run(
      ["log", "state.bin.gz", "--json", "--instructions", "301360..301370"],
      in: Guest.folder("threads"))
    try #require(listed.exitCode == 0 && switches.exitCode == 0, "\(listed.log)\(switches.log)")
    try expect("log-instructions", lines(listed) + lines(switches))
    let start = ["bisect", "state.bin.gz", "--json", "--preimages", "preimages", "--until"]
    let first = try self.run(["claim", "--json", "state.bin.gz"]).elements.first?["claim"]?.string
    try folder.write(
      "0 \(try #require(first))\n5 0x01\(String(repeating: "0", count: 62))\n", to: "b")
    try expect(
      "bisect",
      [
        self.run(start + ["1000"]), self.run(start + ["5", "--claims-b", "b"]),
        self.run(
          start + ["600000", "--meta", "meta.json", "--local-b", "1=0x0000000000000001"]
            + ["--local-b", "2=0x0000000000000001"]),
      ])
    try expect("demo", [self.run(["demo", "--dir", "d", "--json"])])
  }

  @Test("Other VMs: conform", .enabled(if: StackVM.canBeBuilt, "no C compiler: cc"))
  func otherVMs() throws {
    try StackVM.build(
      "bad", in: folder,
      replacing: "good = !memcmp(claim, bytes, HASH) && !memcmp(witness, bytes + HASH, WITNESS);",
      with: "good = true;")
    // The program has not ended after so few steps, so the area of the end is left out.
    let conform = [
      "conform", "--json", "--vm-library", "libbad.so", "--steps", "20", "--keep", ".", "sum.stk",
    ]
    try expect("conform", [run(conform, exitCode: 1)])
  }

  @Test("Traces")
  func traces() throws {
    let trace = ["--folder", "game", "--input", "state.bin.gz", "--preimages", "preimages"]
    func ask(_ command: String, _ more: [String] = []) throws -> JSONValue {
      try run(["trace", command] + trace + more)
    }
    try folder.write("7", to: "indices.txt")
    let one = try ask("claim", ["7"])
    #expect(try ask("claim", ["@indices.txt"]) == .array([one]))
    let several = try ask("claim", ["--json", "99999999", "7"])
    #expect(several.elements.map { $0["index"] } == [.number(99_999_999), .number(7)])
    #expect(several.elements.last == one)
    try expect("trace-claim", [one, several])
    try expect(
      "trace-step",
      [
        ask("step", ["591664"]), ask("step", ["--confirm", "20"]), ask("step", ["99999999", "20"]),
      ])
    try expect("trace-prestate", [run(["trace", "prestate"] + trace)])
    try expect("trace-last", [ask("last")])
    let exported = try Tool.run(["trace", "export"] + trace + ["exported"], in: folder.path)
    try #require(exported.exitCode == 0)
    try folder.write("{}", to: "exported/proofs/9.json.gz")
    try expect(
      "trace-adopt",
      [
        run(["trace", "adopt", "--dir", "other"] + trace.dropFirst(2) + ["exported"])
      ])
    try folder.write("?", to: "game/intruder")
    try expect("trace-status", [ask("status"), ask("status")])
  }

  @Test("Stores: import, status, check, export, prune")
  func stores() throws {
    func ask(_ command: String, _ more: String..., exitCode: Int32 = 0) throws -> JSONValue {
      try run(
        ["store", command, "--json", "--preimage-store", "store"] + more, exitCode: exitCode)
    }
    folder.makeFolder("host")
    try folder.write("file", to: "host/kvformat")
    let digits = String(repeating: "5a", count: 31)
    try folder.write("01", to: "host/0x05\(digits).txt")
    try expect("store-import", [ask("import", "preimages"), ask("import", "--host", "sh", "host")])
    try folder.write("01", to: "host/0x02\(digits).txt")
    try expect("store-import", [ask("import", "host", exitCode: 1)])
    try expect("store-status", [ask("status")])
    try #require(
      Tool.run(
        ["run", "state.bin.gz", "--record-plan", "plan", "--preimages", "preimages"],
        in: folder.path
      ).exitCode == 0)
    let prefetch = [
      "prefetch", "--json", "--plan", "plan", "--preimage-store", "fetched", "--",
      try Tool.path.get(), "serve-preimages", "preimages",
    ]
    try expect("prefetch", [run(prefetch), run(prefetch)])
    try expect("store-check", [ask("check")])
    try expect("store-export", [ask("export", "out")])
    try expect("store-prune", [ask("prune", "--store-limit", "1MiB")])
  }
}
