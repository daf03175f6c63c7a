import FalconetMachine
import FalconetStreams
import FalconetTestSupport
import Keccak
import Testing

@testable import FalconetOracle

@Suite("Fetching ahead")
struct PrefetchTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A cache that has what is put into it, and serves only what its key is the hash of.
  private final class Cache: PreimageCache {
    var values: [Bytes32: [UInt8]] = [:]
    func preimage(for key: Bytes32) -> [UInt8]? { [2, 4].contains(key[0]) ? values[key] : nil }
    func commitments() -> [[UInt8]] { [] }
    func add(_ key: Bytes32, _ preimage: [UInt8]) { values[key] = preimage }
    func flush() {}
  }

  /// A source that answers everything, and notes what it gets.
  private final class Log: PreimageOracle {
    var entries: [String] = []
    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      entries.append("key")
      return [7]
    }
    func hint(_ hint: [UInt8]) throws(PreimageError) {
      entries.append(String(decoding: hint, as: UTF8.self))
    }
  }

  private func key(_ type: UInt8, _ number: UInt8) -> Bytes32 {
    Bytes32(readingFrom: [type] + [UInt8](repeating: number, count: 31))
  }

  private func hint(_ text: String) -> PreimagePlan.Entry { .hint(Array(text.utf8)) }

  private func plan(_ entries: [PreimagePlan.Entry]) -> PreimagePlan {
    PreimagePlan(entries.map { PreimagePlan.Item($0) })
  }

  /// A source whose hosts serve these values, and log what they are asked.
  private func source(
    _ values: [Bytes32: [UInt8]], _ plan: PreimagePlan, _ cache: Cache, _ flags: [String]
  ) throws -> PreimageSource {
    var records: [UInt8] = []
    for (key, value) in values {
      records += key.bytes + [0, 0, 0, UInt8(value.count)] + value
    }
    try folder.write(records, to: "list")
    let script = String(serverScript.dropLast("misbehaving.py".count)) + "flaky.py"
    var source = PreimageSource(
      .server(
        ["python3", script, folder.file("list"), "--log", folder.file("log-{n}")] + flags))
    nonisolated(unsafe) let opened = cache
    source.cache = { _ throws(PreimageError) in opened }
    source.plan = plan
    return source
  }

  private func log(_ number: Int) -> [Substring] {
    String(decoding: folder.read("log-\(number)") ?? [], as: UTF8.self).split(separator: "\n")
  }

  @Test("Nothing about precompiles is recorded or sent: two kinds of hints have one key")
  func precompiles() throws {
    let recorder = try PlanRecorder(Log(), path: folder.file("plan"))
    let entries = [
      hint("l1-precompile 0x01"), hint("l2-state-node 0x02"), .key(key(2, 2)), .key(key(6, 1)),
      hint(" l1-precompile-v2 0x03"), .key(key(2, 3)),
    ]
    for entry in entries {
      switch entry {
      case .hint(let hint): try recorder.hint(hint)
      case .key(let key): _ = try recorder.preimage(for: key)
      }
    }
    try recorder.finish()
    let read = try PlanReader.read(from: MemorySource(folder.read("plan") ?? []))
    #expect(read.plan.items.map(\.entry) == [entries[1], entries[2], entries[5]])
    for policy in HintPolicy.allCases {
      let steps = plan(entries).steps(policy) { _ in false }
      #expect(steps.flatMap(\.hints) == [Array("l2-state-node 0x02".utf8)])
      #expect(steps.flatMap(\.keys) == [key(2, 2), key(2, 3)])
    }
  }

  @Test("What the run waits for comes before what it did not ask for yet")
  func wanted() throws {
    let values = (0..<200).map { [UInt8($0), 1] }
    let keys = values.map { PreimageKey.sha256(of: $0) }
    let cache = Cache()
    let source = try source(
      Dictionary(uniqueKeysWithValues: zip(keys, values)),
      plan([hint("all")] + keys.map { .key($0) }), cache, ["--key-latency", "0.1"])
    let opened = try source.open()
    defer {
      opened.prefetch?.stop()
      opened.server?.shutdown()
    }
    #expect(eventually { log(1).count >= 2 })
    var oracle = opened.oracle
    #expect(try oracle.preimage(for: keys[199]) == values[199])
    // The other hosts' steps are done when this one has begun.
    let digits = "key " + "\(keys[199])".dropFirst(2)
    let place = try #require(log(1).firstIndex { $0 == digits })
    #expect(place < 150)
    #expect(log(0).isEmpty)
  }

  @Test("A blob that was fetched ahead serves the run, also after its store was written")
  func blobs() throws {
    let element = key(5, 9)
    let node = PreimageKey.sha256(of: [1])
    let cache = Cache()
    let source = try source(
      [element: [1, 2, 3], node: [1]], plan([.key(element), .key(node)]), cache, [])
    let opened = try source.open()
    defer {
      opened.prefetch?.stop()
      opened.server?.shutdown()
    }
    #expect(eventually { opened.prefetch?.record.fetched == 2 })
    var oracle = opened.oracle
    try oracle.flush()
    #expect(cache.values[element] == [1, 2, 3])
    for _ in 0..<2 { #expect(try oracle.preimage(for: element) == [1, 2, 3]) }
    #expect(try oracle.preimage(for: node) == [1])
    #expect(opened.server?.isStarted == false)
    #expect(source.activity.record.count(5, from: .memory).requests == 2)
  }

  @Test("What op-challenger needs of a step comes from the host itself, not from what was fetched")
  func challenger() throws {
    let ahead = Cache()
    ahead.values[key(4, 1)] = [1]
    let host = Log()
    let inner = CachedOracle(ahead, source: host)
    let oracle = CachedOracle(Cache(), source: inner)
    try oracle.hint(Array("a blob".utf8))
    #expect(try oracle.preimage(for: key(4, 1)) == [1])
    #expect(host.entries.isEmpty)
    #expect(try oracle.askSource(key(4, 1)) == [7])
    #expect(host.entries == ["a blob", "key"])
  }

  @Test("A host that is started again gets a bounded number of hints")
  func replay() {
    var replay = HintReplay()
    for number in 0..<200_000 {
      replay.note(number % 2 == 0 ? [] : Array("kind\(number % 1000) \(number)".utf8))
    }
    #expect(replay.hints.count <= 1024 + 64)
    #expect(replay.last == Array("kind999 199999".utf8))
    replay.noteAnswer()
    replay.note([1])
    #expect(replay.hints.count <= 65)
    #expect(replay.hints.last == [1])
  }
}
