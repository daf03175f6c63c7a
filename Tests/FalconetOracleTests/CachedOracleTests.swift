import FalconetMachine
import FalconetOracle
import Keccak
import Testing

@Suite("A cache in front of a source")
struct CachedOracleTests {
  /// A cache in memory.
  private final class Memory: PreimageCache {
    var values: [Bytes32: [UInt8]] = [:]
    var flushes = 0
    func preimage(for key: Bytes32) -> [UInt8]? { values[key] }
    func add(_ key: Bytes32, _ preimage: [UInt8]) { values[key] = preimage }
    func commitments() -> [[UInt8]] { values.values.filter { $0.count == 48 } }
    func flush() { flushes += 1 }
  }

  /// A source that notes what it gets, in order.
  private final class Log: PreimageOracle {
    var entries: [String] = []
    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      entries.append("key \(key[31])")
      return [key[31]]
    }
    func hint(_ hint: [UInt8]) throws(PreimageError) {
      entries.append(String(decoding: hint, as: UTF8.self))
    }
  }

  private func key(_ number: UInt8) -> Bytes32 {
    var key = Bytes32()
    key[0] = PreimageKeyType.blob.rawValue
    key[31] = number
    return key
  }

  /// What the source got when the program did this: a text is a hint, a number a request, of which
  /// those below 100 are in the cache.
  private func requests(_ policy: HintPolicy, _ acts: [Any]) throws -> [String] {
    let cache = Memory()
    for number in 0..<100 { cache.values[key(UInt8(number))] = [UInt8(number)] }
    let log = Log()
    let oracle = CachedOracle(cache, source: log, hints: policy)
    for act in acts {
      if let hint = act as? String {
        try oracle.hint(Array(hint.utf8))
      } else if let number = act as? Int {
        #expect(try oracle.preimage(for: key(UInt8(number))) == [UInt8(number)])
      }
    }
    return log.entries
  }

  @Test("What the cache has reaches no source")
  func allCached() throws {
    for policy in [HintPolicy.last, .all] {
      #expect(try requests(policy, ["a 1", 1, "b 2", 2, 3]) == [])
    }
    #expect(try requests(.eager, ["a 1", 1, "b 2", 2, 3]) == ["a 1", "b 2"])
  }

  @Test("Held hints come before the first request that follows them, in order, and once")
  func order() throws {
    let acts: [Any] = ["a 1", 1, "b 2", "a 3", 2, 101, 102, "a 4", 3, "c 5", 103, 1, 104]
    #expect(
      try requests(.last, acts) == [
        "b 2", "a 3", "key 101", "key 102", "a 4", "c 5", "key 103", "key 104",
      ])
    #expect(
      try requests(.all, acts) == [
        "a 1", "b 2", "a 3", "key 101", "key 102", "a 4", "c 5", "key 103", "key 104",
      ])
    #expect(
      try requests(.eager, acts) == [
        "a 1", "b 2", "a 3", "key 101", "key 102", "a 4", "c 5", "key 103", "key 104",
      ])
  }

  @Test("The source's answers are added, and asked for once")
  func additions() throws {
    #expect(try requests(.last, [101, 101, 101]) == ["key 101"])
    let cache = Memory()
    let oracle = CachedOracle(cache, source: Log())
    try oracle.flush()
    #expect(cache.flushes == 1)
  }

  @Test("Hints that are too many to hold are sent")
  func manyHints() throws {
    let entries = try requests(.last, (0..<1000).map { "kind\($0) x" } as [Any])
    #expect(entries.count >= 700 && entries.count <= 1000)
    #expect(entries.first == "kind0 x")
  }

  @Test("The input of a precompile is added from the hint that announced it")
  func precompileInput() throws {
    let input = [UInt8](0..<60)
    let inputKey = PreimageKey.keccak256(of: input)
    var key = inputKey
    key[0] = PreimageKeyType.precompile.rawValue
    let cache = Memory()
    let oracle = CachedOracle(cache, source: DictionaryOracle([key: [1]], keepsHints: true))
    let digits = input.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    try oracle.hint(Array("l1-precompile-v2 0x\(digits)".utf8))
    #expect(try oracle.preimage(for: key) == [1])
    #expect(cache.values[inputKey] == input)
  }

  @Test("A source that is never asked is not started")
  func noStart() throws {
    let value: [UInt8] = [1, 2, 3]
    let key = PreimageKey.keccak256(of: value)
    // There is no such program.
    var source = PreimageSource(.server(["/nonexistent/program"]))
    source.cache = { (_) throws(PreimageError) in
      let cache = Memory()
      cache.values[key] = value
      return cache
    }
    let opened = try source.open()
    var (oracle, server) = (opened.oracle, opened.server)
    try oracle.hint([1])
    #expect(try oracle.preimage(for: key) == value)
    #expect(server?.isStarted == false)
    #expect(server?.shutdown() == nil)
    #expect(throws: PreimageError.self) { try oracle.preimage(for: PreimageKey.local(1)) }
  }
}
