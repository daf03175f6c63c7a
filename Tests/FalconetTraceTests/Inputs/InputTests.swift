import FalconetMachine
import FalconetOracle
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Glibc
import Keccak
import Testing

@Suite("The inputs that a directory records")
struct InputTests {
  private let folder: TemporaryFolder
  private let base: Game
  private let late: Game

  init() throws {
    folder = try TemporaryFolder()
    base = try Game("base")
    late = try Game("late input", locals: Game.locals.merging([3: [9]]) { $1 })
  }

  private static let options = TraceOptions(snapshotInterval: 40)

  private func source(_ game: Game, identity: String? = nil) -> TraceSource {
    TraceSource(
      prestate: { () throws(StreamError) in try game.prestate() },
      sourceIdentity: identity, preimages: { game.oracle })
  }

  private func open(_ source: TraceSource) throws -> TraceProvider {
    try TraceProvider(directory: folder.file("t"), source, Self.options)
  }

  private func isOtherInputs(_ key: UInt64) -> (any Error) -> Bool {
    { error in
      if case .otherInputs(_, PreimageKey.local(key), _)? = error as? TraceError {
        true
      } else {
        false
      }
    }
  }

  @Test("A source known by the same text that has other inputs is found out when it is used")
  func lyingIdentity() throws {
    _ = try open(source(base, identity: "host")).claim(at: base.last - 1)
    // What is known is answered: this can't be seen without the source.
    let trace = try open(source(late, identity: "host"))
    #expect(try trace.claim(at: base.last - 1).claim == base.claim(base.last - 1))
    let log = folder.read("t/claims.log")
    #expect(performing: { _ = try trace.lastStep() }, throws: isOtherInputs(3))
    // From then on nothing is: the text is no longer believed.
    #expect(performing: { _ = try trace.claim(at: base.last - 1) }, throws: isOtherInputs(3))
    #expect(
      Forge.records(log ?? []).count + 1 == Forge.records(folder.read("t/claims.log") ?? []).count)
  }

  @Test("An input that changes while steps are executed is an error, and nothing of it is logged")
  func changingInput() throws {
    let isOther = Shared(false)
    let (base, late) = (base, late)
    let source = TraceSource(
      prestate: { () throws(StreamError) in try base.prestate() }, sourceIdentity: "host",
      preimages: { Changing(first: base.oracle, second: late.oracle, isSecond: isOther) })
    let options = TraceOptions(memoryBudget: 0)
    let trace = try TraceProvider(directory: folder.file("t"), source, options)
    #expect(try trace.lastStep().claim == base.claims.last)
    isOther.value = true
    // Without states it begins at the prestate, and comes by the input again.
    #expect(performing: { _ = try trace.step(at: base.last - 2) }, throws: isOtherInputs(3))
    #expect(performing: { _ = try trace.lastStep() }, throws: isOtherInputs(3))
    isOther.value = false
    #expect(try trace.lastStep().claim == base.claims.last)
    #expect(try trace.step(at: base.last - 2).claim == base.claim(base.last - 2))
  }

  private struct Changing: PreimageOracle {
    var first: DictionaryOracle
    var second: DictionaryOracle
    let isSecond: Shared<Bool>

    func preimage(for key: Bytes32) throws(PreimageError) -> [UInt8] {
      try (isSecond.value ? second : first).preimage(for: key)
    }

    func hint(_ hint: [UInt8]) throws(PreimageError) {}
  }

  @Test(
    "An input that another source does not have is an error; no source at all means the same one")
  func missingInput() throws {
    _ = try open(source(base)).lastStep()
    var locals = Game.locals
    locals[2] = nil
    let fewer = locals
    let other = TraceSource(
      prestate: source(base).prestate,
      preimages: {
        var oracle = DictionaryOracle()
        for (index, value) in fewer { oracle.insert(local: index, value) }
        return oracle
      })
    #expect {
      try open(other).claim(at: 0)
    } throws: { "\($0)".contains("local key 2 is not available") }
    let none = TraceSource(prestate: source(base).prestate, preimages: { NoPreimages() })
    let trace = try open(none)
    #expect(try trace.lastStep().claim == base.claims.last)
    #expect(try trace.status().executedSteps == 0)
  }

  @Test("Local inputs in front of a server are compared without it; others have it asked")
  func localsInFront() throws {
    let openings = Shared(0)
    let base = base
    func source(_ locals: [UInt64: [UInt8]]) -> TraceSource {
      var source = TraceSource(
        prestate: { () throws(StreamError) in try base.prestate() }, sourceIdentity: "host",
        preimages: { () throws(PreimageError) in
          openings.withLock { $0 += 1 }
          return LocalInputs(locals, source: base.oracle)
        })
      source.localInputs = { locals }
      return source
    }
    let right = [2: Game.locals[2] ?? []] as [UInt64: [UInt8]]
    #expect(
      try open(source(right)).claims(at: [9, .max]).map(\.claim) == [
        base.claim(9), base.claim(.max),
      ])
    #expect(openings.value == 1)
    #expect(try open(source(right)).claim(at: 9).claim == base.claim(9))
    #expect(performing: { _ = try open(source([2: [5]])).claim(at: 9) }, throws: isOtherInputs(2))
    #expect(performing: { _ = try open(source([1: [5]])).claim(at: 9) }, throws: isOtherInputs(1))
    #expect(openings.value == 1)
    // Without the input in front, the server's is another matter.
    #expect(try open(source([:])).claim(at: 9).claim == base.claim(9))
    #expect(openings.value == 2)
    #expect(try open(source([:])).claim(at: 9).claim == base.claim(9))
    #expect(openings.value == 2)
  }

  @Test("What was adopted belongs to the inputs that are given with it, or first after it")
  func adoption() throws {
    let trace = try TraceProvider(directory: folder.file("from"), source(base), Self.options)
    for index in [2, 100, 200] as [UInt64] { _ = try trace.step(at: index) }
    _ = try trace.lastStep()
    try trace.export(to: folder.file("game"))
    func adopt(_ name: String, _ source: TraceSource) throws -> TraceProvider {
      let trace = try TraceProvider(directory: folder.file(name), source, Self.options)
      let adoption = try trace.adopt(from: folder.file("game"))
      #expect(adoption.proofs == 3 && adoption.hasEnd && adoption.refused == [])
      return trace
    }
    let none = TraceSource(prestate: source(base).prestate, preimages: { NoPreimages() })
    for (name, first) in [("a", source(base)), ("b", none), ("c", source(base, identity: "host"))] {
      _ = try adopt(name, first)
      if name == "b" {
        let trace = try TraceProvider(directory: folder.file(name), source(base), Self.options)
        #expect(try trace.lastStep().claim == base.claims.last)
      }
      for other in [source(late), source(late, identity: "other")] {
        let trace = try TraceProvider(directory: folder.file(name), other, Self.options)
        #expect(throws: TraceError.self, "\(name)") { try trace.claim(at: 100) }
        #expect(throws: TraceError.self, "\(name)") { try trace.lastStep() }
      }
      let right = name == "c" ? source(base, identity: "host") : source(base)
      let trace = try TraceProvider(directory: folder.file(name), right, Self.options)
      #expect(try trace.lastStep().claim == base.claims.last)
    }
  }

  @Test("A proof that reads another input than the directory records is not adopted")
  func adoptedInput() throws {
    let other = try TraceProvider(directory: folder.file("other"), source(late), Self.options)
    let index = try #require(
      (0..<late.last).first { (try? other.step(at: $0).proof.oracleKey) == PreimageKey.local(3) })
    try other.export(to: folder.file("game"))
    let trace = try open(source(base))
    _ = try trace.claim(at: base.last)
    let adoption = try trace.adopt(from: folder.file("game"))
    #expect(adoption.refused.contains { $0.path.hasSuffix("/\(index).json.gz") })
    #expect(try trace.lastStep().claim == base.claims.last)
    for index in base.indices { #expect(try trace.claim(at: index).claim == base.claim(index)) }
  }

  @Test(
    "An input that only an adopted proof says gives way to the caller's own",
    arguments: ["none", "server", "given"])
  func ownInput(_ kind: String) throws {
    let from = try TraceProvider(directory: folder.file("from"), source(base), Self.options)
    let index = try #require(
      (0..<base.last).first { (try? from.step(at: $0).proof.oracleKey) == PreimageKey.local(3) })
    _ = try from.step(at: base.last - 1)
    _ = try from.lastStep()
    try from.export(to: folder.file("game"))
    // What was adopted reads the inputs of `base`; the caller's own are those of `late`.
    func own() -> TraceSource {
      var own = source(late, identity: kind == "server" ? "server" : nil)
      if kind == "given" { own.localInputs = { [3: [9]] } }
      return own
    }
    let none = TraceSource(prestate: source(base).prestate, preimages: { NoPreimages() })
    let first = kind == "server" ? own() : none
    var trace: TraceProvider? = try open(first)
    #expect(try trace?.adopt(from: folder.file("game")).refused == [])
    #expect(try trace?.claim(at: base.last - 1).claim == base.claim(base.last - 1))
    trace = nil
    trace = try open(own())
    for index in late.indices {
      #expect(try trace?.claim(at: index).claim == late.claim(index), "index \(index)")
    }
    #expect(try trace?.lastStep().claim == late.claims.last)
    let incidents = try #require(trace?.incidents)
    #expect(
      incidents.contains {
        $0.reason.hasPrefix("an adopted proof reads another value of local key 3 than the source")
      })
    #expect(incidents.contains { $0.movedTo == folder.file("t/quarantine/\(index).json.gz") })
    // From here on the input is the caller's own, after a restart too.
    trace = nil
    #expect(try open(own()).claim(at: base.last).claim == late.claims.last)
    #expect(performing: { _ = try open(source(base)).claim(at: 3) }, throws: isOtherInputs(3))
  }

  @Test("A proof that reads another input than the one that is given is not adopted")
  func givenInput() throws {
    let from = try TraceProvider(directory: folder.file("from"), source(base), Self.options)
    let index = try #require(
      (0..<base.last).first { (try? from.step(at: $0).proof.oracleKey) == PreimageKey.local(3) })
    try from.export(to: folder.file("game"))
    var given = source(late, identity: "server")
    given.localInputs = { [3: [9]] }
    let trace = try open(given)
    let refused = try trace.adopt(from: folder.file("game")).refused
    #expect(refused.contains { $0.path.hasSuffix("/\(index).json.gz") })
  }

  @Test("Damage in the log has no claim of other inputs answered, and one record loses no input")
  func damagedLog() throws {
    _ = try open(source(base)).claims(at: [3, 60, base.last - 1, base.last])
    let log = try #require(folder.read("t/claims.log"))
    let count = log.count / Forge.recordSize
    for length in 1...6 {
      for start in 2...(count - length) {
        var damaged = log
        for number in start..<start + length { damaged[number * Forge.recordSize + 12] ^= 1 }
        try folder.write(damaged, to: "t/claims.log")
        let trace = try open(source(late))
        var indices: [UInt64] = []
        for index in base.indices {
          // An answer must be of the game that asks.
          if let claim = try? trace.claim(at: index).claim {
            #expect(claim == late.claim(index), "\(start), \(length), \(index)")
            indices.append(index)
          }
        }
        #expect(trace.incidents.contains { $0.path.hasSuffix("claims.log") })
        if length == 1 { #expect(indices == [], "\(start), \(length)") }
        try trace.deleteAll()
        folder.makeFolder("t")
      }
    }
  }
}
