import FalconetMachine
import FalconetReplay
import FalconetTestSupport
import Testing

@Suite("Finding steps of a run")
struct FindTests {
  /// What `find` prints about a guest, a line each.
  private static func find(_ guest: String, _ arguments: [String]) throws -> [JSONValue] {
    let folder = try Guest.folder(guest)
    let outcome = try Tool.run(["find", "state.bin.gz", "--json"] + arguments, in: folder)
    try #require(outcome.exitCode == 0, "\(outcome.log)")
    return try outcome.text.split(separator: "\n").map { try JSONValue(Array($0.utf8)) }
  }

  private static func step(_ line: JSONValue) -> UInt64? {
    if case .number(let step) = line["step"] { step } else { nil }
  }

  private static func events(_ line: JSONValue) -> [String] {
    (line["events"]?.elements ?? []).compactMap { $0["event"]?.string }
  }

  @Test("System calls are those of a run by plain steps, with names and answers")
  func systemCalls() throws {
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "hello"), .step)
    var expected: [UInt64] = []
    var writes = 0
    while !machine.hasExited {
      if let call = machine.nextSystemCall {
        expected.append(machine.step)
        if call == .write { writes += 1 }
      }
      try machine.runStep()
    }
    for engine in ["translator", "portable", "step"] {
      let lines = try Self.find("hello", ["--engine", engine])
      #expect(lines.compactMap(Self.step) == expected)
      #expect(lines.allSatisfy { Self.events($0) == ["syscall"] })
      #expect(lines.last?["events"]?.elements.first?["name"]?.string == "exit_group")
      #expect(try Self.find("hello", ["--syscall", "write", "--engine", engine]).count == writes)
    }
    let outcome = try Tool.run(
      ["find", "state.bin.gz", "--count"], in: try Guest.folder("hello"))
    #expect(outcome.text == "\(expected.count)\n")
  }

  @Test("The last write of a word is the one that a debugger goes back to")
  func writes() throws {
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "hello"))
    let meta = try Guest.folder("hello") + "/meta.json"
    let timeline = Timeline(machine)
    try timeline.go(to: .max)
    let address = machine.state.activeThread?.registers[29] ?? 0
    var conditions = StopConditions()
    conditions.writes = [WatchedRange(address, count: 8)]
    var expected: [UInt64] = []
    while case .hit(let hit) = try timeline.findLast(conditions), expected.count < 3 {
      expected.insert(hit.step, at: 0)
    }
    try #require(!expected.isEmpty)
    let range = "0x\(String(address, radix: 16)):8"
    let lines = try Self.find(
      "hello", ["--writes", range, "--last", "\(expected.count)", "--meta", meta])
    #expect(lines.compactMap(Self.step) == expected)
    #expect(lines.allSatisfy { Self.events($0).contains("write") && $0["function"] != nil })
  }

  @Test("Functions are found by name, the first times they are called")
  func functions() throws {
    let meta = try Guest.folder("hello") + "/meta.json"
    let lines = try Self.find("hello", ["--pc", "main.main", "--meta", meta])
    #expect(lines.count == 1)
    #expect(lines.first?["function"]?.string == "main.main")
    let some = try Self.find(
      "hello", ["--pc", "runtime.mallocgc", "--meta", meta, "--first", "2", "--until", "500000"])
    #expect(some.count == 2)
  }

  @Test("Calls have their arguments: Go's on the stack, C's in registers")
  func calls() throws {
    let meta = try Guest.folder("hello") + "/meta.json"
    let lines = try Self.find(
      "hello", ["--calls", "runtime.memmove", "--meta", meta, "--first", "5"])
    #expect(lines.count == 5)
    for line in lines {
      let event = try #require(line["events"]?.elements.first)
      #expect(event["event"]?.string == "call")
      // func memmove(to, from unsafe.Pointer, n uintptr)
      let arguments = event["arguments"]?.elements ?? []
      #expect(arguments.count == 3)
      #expect(arguments == (event["stack"]?.elements ?? []).dropFirst().prefix(3).map { $0 })
    }
  }

  @Test("Output is found by a text that two writes make, pre-images by key and type")
  func host() throws {
    let machine = try Fixtures.machine(RecordedRun(version: .v8, guest: "hello"))
    var writes: [(step: UInt64, bytes: [UInt8])] = []
    machine.onOutput = { [unowned machine] in writes.append((machine.step, $1)) }
    _ = try machine.run(until: .max)
    let first = try #require(writes.first)
    let text = String(decoding: first.bytes.dropLast(), as: UTF8.self)
    let lines = try Self.find("hello", ["--output", text])
    #expect(lines.count == 1)
    #expect(lines.first?["events"]?.elements.first?["stream"]?.string == "stdout")
    #expect(try Self.find("hello", ["--output", text + "?"]).isEmpty)

    let preimages = ["--preimages", try Guest.preimages()]
    let all = try Self.find("oracle", preimages + ["--preimage", "any"])
    let local = try Self.find("oracle", preimages + ["--preimage", "local"])
    let keys = all.compactMap { $0["events"]?.elements.first?["key"]?.string }
    #expect(local.count == keys.filter { $0.hasPrefix("0x01") }.count && !local.isEmpty)
    let key = try #require(keys.last)
    let one = try Self.find("oracle", preimages + ["--preimage", String(key.prefix(20))])
    #expect(one.compactMap(Self.step).last == all.last.flatMap(Self.step))
    #expect(one.count == keys.filter { $0 == key }.count)
  }

  @Test("Only steps between --since and --until, of a thread, with a value count")
  func limits() throws {
    let all = try Self.find("threads", ["--until", "3000000"])
    let steps = all.compactMap(Self.step)
    let (from, to) = (steps[10], steps[steps.count - 10])
    let some = try Self.find("threads", ["--since", "\(from)", "--until", "\(to)"])
    #expect(some.compactMap(Self.step) == steps.filter { $0 >= from && $0 < to })
    func thread(_ line: JSONValue) -> Bool { line["thread"] == .number(1) }
    let other = try Self.find("threads", ["--until", "3000000", "--thread", "1"])
    #expect(other.compactMap(Self.step) == all.filter(thread).compactMap(Self.step))
    #expect(!other.isEmpty)
    let valued = try Self.find("threads", ["--until", "3000000", "--value", "v0=5194"])
    #expect(
      valued.compactMap(Self.step)
        == all.filter { $0["events"]?.elements.first?["name"]?.string == "futex" }
        .compactMap(Self.step))
  }

  @Test("With a trace's folder they begin with its last state before the first step")
  func trace() throws {
    let folder = try TemporaryFolder()
    let state = try Guest.folder("threads") + "/state.bin.gz"
    let claims = try Tool.run(
      [
        "trace", "claim", "2500000", "--folder", "game", "--input", state, "--snapshot-interval",
        "1000000",
      ], in: folder.path)
    try #require(claims.exitCode == 0, "\(claims.log)")
    let steps = ["--since", "2200000", "--until", "2400000"]
    for command in [["find", "--syscall", "any"], ["log"]] {
      let whole = try Tool.run(command + [state] + steps, in: folder.path)
      let part = try Tool.run(command + ["--folder", "game"] + steps, in: folder.path)
      #expect(part.exitCode == 0, "\(part.log)")
      #expect(part.text == whole.text && !part.text.isEmpty)
    }
    let range = ["--instructions", "2200000..2200009"]
    let listing = try Tool.run(["log", "--folder", "game"] + range, in: folder.path)
    #expect(try listing.text == Tool.run(["log", state] + range, in: folder.path).text)
    #expect(listing.text.split(separator: "\n").count >= 9, "\(listing.log)")

    let none = try Tool.run(["find", "--folder", "game", "--since", "5"], in: folder.path)
    #expect(none.log.contains("no state at or before step 5"), "\(none.log)")
    #expect(none.exitCode == 1)
    #expect(try Tool.run(["log", "--folder", "game"], in: folder.path).exitCode == 64)
    let later = try #require(TemporaryFolder.names(in: folder.file("game/snapshots")).first)
    let past = try Tool.run(["find", "game/snapshots/\(later)", "--since", "5"], in: folder.path)
    #expect(past.exitCode == 1)
    #expect(past.log.contains("give an earlier state"), "\(past.log)")
  }

  @Test("What cannot be looked for is an error")
  func errors() throws {
    let folder = try Guest.folder("hello")
    for arguments in [
      ["--writes", "x"], ["--writes", "0x1000:0"], ["--reads", "0:1000000"], ["--pc", "main.main"],
      ["--pc", "0x1001"], ["--syscall", "nothing"], ["--first", "0"], ["--engine", "check"],
      ["--first", "1", "--last", "1"], ["--since", "5", "--until", "4"], ["--value", "a0"],
      ["--value", "x9=1"], ["--value", "a0=?"], ["--preimage", "xy"], ["--output", ""],
    ] {
      let outcome = try Tool.run(["find", "state.bin.gz"] + arguments, in: folder)
      #expect(outcome.exitCode == 64, "\(arguments): \(outcome.log)")
    }
  }
}
