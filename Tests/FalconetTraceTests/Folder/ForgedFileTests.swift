import FalconetMachine
import FalconetProofs
import FalconetSnapshots
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Keccak
import Testing

@Suite("Files that are consistent and wrong")
struct ForgedFileTests {
  private let folder: TemporaryFolder
  private let recorded: RecordedTrace

  private static let options = TraceOptions(snapshotInterval: 2_000_000)
  private static let index: UInt64 = 1000

  init() throws {
    folder = try TemporaryFolder()
    recorded = try RecordedTrace(.v8, "oracle")
  }

  private func open() throws -> TraceProvider {
    try TraceProvider(directory: folder.file("t"), recorded.source, Self.options)
  }

  /// Puts a forged file in the place of one, and has it found out.
  private func expectFound(
    _ name: String, _ comment: String, _ forge: ([UInt8]) throws -> [UInt8],
    _ ask: (TraceProvider) throws -> Void
  ) throws {
    let right = try #require(folder.read("t/" + name))
    let wrong = try forge(right)
    #expect(wrong != right)
    try folder.write(wrong, to: "t/" + name)
    let trace = try open()
    try ask(trace)
    #expect(trace.incidents.map(\.path) == [folder.file("t/" + name)], "\(comment)")
    try folder.write(right, to: "t/" + name)
  }

  @Test("A stored state of its step that is not the one that was logged is not gone on from")
  func states() throws {
    _ = try open().lastStep()
    let step: UInt64 = 6_000_000
    let name = "snapshots/\(step).fsnap"
    let other = try #require(folder.read("t/snapshots/4000000.fsnap"))
    let truth = try TraceProvider(directory: folder.file("truth"), recorded.source, Self.options)
    let forgeries: [(String, ([UInt8]) throws -> [UInt8])] = [
      ("memory", { try Forge.snapshot($0) { $0.write([0xAB, 0xCD], at: 0x7FFF_0000) } }),
      ("a register", { try Forge.snapshot($0) { $0[register: 16] ^= 1 } }),
      ("another step's", { _ in try Forge.snapshot(other) { $0.state.scalars.step = step } }),
      (
        "pages under right roots",
        { try Forge.pages($0) { $0.write([0xAB], at: $0.pages.keys.min().map { $0 << 12 } ?? 0) } }
      ),
    ]
    for (number, (comment, forge)) in forgeries.enumerated() {
      let index = step + 1_000 + UInt64(number)
      try expectFound(name, comment, forge) { (trace: TraceProvider) throws in
        #expect(try trace.claim(at: index) == truth.claim(at: index), "\(comment)")
        #expect(try trace.step(at: index + 50) == truth.step(at: index + 50), "\(comment)")
      }
    }
  }

  @Test("Stored step data with another proof, witness or pre-image is not answered")
  func stepData() throws {
    // A step that uses its first memory proof, so that the last byte of that proof counts.
    let index = try #require(
      try (Self.index..<Self.index + 100).first {
        try open().step(at: $0).proof.proofData.dropLast(1_920).suffix(1_920).contains { $0 != 0 }
      })
    let right = try open().step(at: index)
    let other = try open().step(at: index + 40)
    let forgeries: [(String, (inout StepProof) throws -> Void)] = [
      ("proof-data", { $0.proofData[700] ^= 1 }),
      ("the end of the first memory proof", { $0.proofData[$0.proofData.count - 1_921] ^= 1 }),
      ("state-data", { $0.stateData[5] ^= 1 }),
      (
        "all data",
        { ($0.proofData, $0.stateData) = (other.proof.proofData, other.proof.stateData) }
      ),
      ("pre", { $0.pre = other.claim }),
      ("post", { $0.post = other.claim }),
      ("another step", { $0 = other.proof }),
    ]
    for (comment, edit) in forgeries {
      let forge = { (file: [UInt8]) throws in try Forge.proof(file, edit) }
      try expectFound("proofs/\(index).json.gz", comment, forge) { (trace: TraceProvider) throws in
        #expect(try trace.step(at: index) == right, "\(comment)")
      }
    }
  }

  @Test("Stored step data that does not hold is not exported, and is reported")
  func exported() throws {
    _ = try open().step(at: Self.index)
    let name = "proofs/\(Self.index).json.gz"
    let forge: ([UInt8]) throws -> [UInt8] = { try Forge.proof($0) { $0.proofData[700] ^= 1 } }
    try expectFound(name, "proof-data", forge) {
      try $0.export(to: folder.file("game"))
    }
    #expect(folder.read("game/" + name) == nil)
    try open().export(to: folder.file("game"))
    #expect(folder.read("game/" + name) != nil)
  }

  @Test(
    "A stored proof with another value of a local input is not answered, whichever byte is read")
  func localInput() throws {
    let game = try Game("base")
    let source = TraceSource(
      prestate: { () throws(StreamError) in try game.prestate() }, preimages: { game.oracle })
    let path = folder.file("t")
    var trace: TraceProvider? = try TraceProvider(directory: path, source)
    let index = try #require(
      try (0..<game.last).first { try trace?.step(at: $0).proof.oracleKey != nil })
    let right = try #require(try trace?.step(at: index))
    trace = nil
    #expect(right.proof.oracleValue.count == 40 && right.proof.oracleOffset == 0)
    let file = "t/proofs/\(index).json.gz"
    // The step reads the length.
    let forged = try Forge.proof(folder.read(file) ?? []) { $0.oracleValue[39] ^= 1 }
    let proof = try #require(try ProofReader(MemorySource(forged)).next())
    #expect(ProofVerifier.verify(proof, version: .v8).holds && proof.post == right.claim)
    try folder.write(forged, to: file)
    trace = try TraceProvider(directory: path, source)
    #expect(try trace?.step(at: index) == right)
    #expect(trace?.incidents.map(\.path) == [folder.file(file)])
  }

  @Test("A proof that does not hold is not adopted, whichever of its members is wrong")
  func adoption() throws {
    let trace = try open()
    let right = try trace.step(at: Self.index).proof
    let other = try trace.step(at: Self.index + 3).proof
    let end = try trace.lastStep()
    let forgeries: [(inout StepProof) -> Void] = [
      { $0.post = other.post }, { $0.pre = other.pre }, { $0.proofData[700] ^= 1 },
      { $0.proofData = other.proofData }, { $0.stateData[5] ^= 1 },
      { $0.step = other.step },
      { ($0.stateData, $0.pre) = (other.stateData, other.pre) },
    ]
    for (number, edit) in forgeries.enumerated() {
      var proof = right
      edit(&proof)
      let game = "game\(number)"
      folder.makeFolder(game)
      folder.makeFolder(game + "/proofs")
      let file = "\(game)/proofs/\(Self.index).json.gz"
      try folder.write(Forge.proofFile(proof), to: file)
      let fresh = try TraceProvider(directory: folder.file("fresh\(number)"), recorded.source)
      let adoption = try fresh.adopt(from: folder.file(game))
      #expect(adoption.proofs == 0 && adoption.refused.map(\.path) == [folder.file(file)])
      #expect(try fresh.status().claimCount == 0)
      #expect(try fresh.step(at: Self.index).proof == right)
      #expect(try fresh.lastStep() == end)
    }
  }

  @Test("Of two claims of one index neither is believed, whichever comes last")
  func claimsTwice() throws {
    let known = try open().claim(at: 100)
    let log = try #require(folder.read("t/claims.log"))
    var planted = known.claim
    planted[31] ^= 1
    let forged = Forge.record(100, planted)
    for records in [
      log + forged,
      Array(log.prefix(Forge.logHeaderSize)) + forged + log.dropFirst(Forge.logHeaderSize),
      log + forged + Forge.record(100, known.claim),
    ] {
      try folder.write(records, to: "t/claims.log")
      let trace = try open()
      #expect(try trace.status().claimCount == 0)
      #expect(try trace.claim(at: 100) == known)
      #expect(trace.incidents.first?.reason.contains("more than one claim") == true)
    }
    // The same claim twice is no damage.
    try folder.write(log + Forge.record(100, known.claim), to: "t/claims.log")
    #expect(try open().claim(at: 100) == known)
  }

  @Test("Claims after the end that differ from it are not believed, logged or computed")
  func contradictedEnd() throws {
    let end = try open().lastStep()
    let log = try #require(folder.read("t/claims.log"))
    var planted = recorded.claims[0].claim
    planted[31] ^= 1
    try folder.write(log + Forge.record(end.index + 5, planted), to: "t/claims.log")
    var trace: TraceProvider? = try open()
    #expect(trace?.incidents.first?.reason.contains("contradict the end of the trace") == true)
    #expect(try trace?.lastStep() == end)
    #expect(try trace?.claim(at: end.index + 5).claim == end.claim)
    trace = nil
    // Known before the end is: the end that is computed contradicts it, and is not answered.
    let claims = Forge.log(log) { $0.removeAll { $0.index == end.index } }
    try folder.write(claims + Forge.record(end.index + 5, planted), to: "t/claims.log")
    trace = try open()
    #expect {
      _ = try trace?.lastStep()
    } throws: {
      if case .contradiction? = $0 as? TraceError { true } else { false }
    }
    #expect(throws: TraceError.self) { _ = try trace?.claim(at: end.index + 6) }
  }

  @Test("An end that contradicts known claims is not adopted, from either of its files")
  func adoptedEnd() throws {
    let short = try Game("short", rounds: 3)
    let long = try Game("long", rounds: 90)
    func source(_ game: Game) -> TraceSource {
      TraceSource(
        prestate: { () throws(StreamError) in try game.prestate() }, preimages: { game.oracle })
    }
    let other = try TraceProvider(directory: folder.file("other"), source(short))
    _ = try other.lastStep()
    try other.export(to: folder.file("game"))
    let trace = try TraceProvider(directory: folder.file("t"), source(long))
    let indices = [0, short.last + 10, long.last - 3]
    for index in indices { #expect(try trace.claim(at: index).claim == long.claim(index)) }
    let adoption = try trace.adopt(from: folder.file("game"))
    #expect(!adoption.hasEnd)
    #expect(
      Set(adoption.refused.map(\.path)) == [
        folder.file("game/final.bin.gz"), folder.file("game/proofs/\(short.last).json.gz"),
      ])
    for index in long.indices { #expect(try trace.claim(at: index).claim == long.claim(index)) }
  }

  @Test("A first step from another prestate is not adopted")
  func adoptedPrestate() throws {
    // Two prestates differ in a register that step 0 overwrites.
    func source(_ value: UInt64) throws -> TraceSource {
      var image = MachineImage(.v8, code: [Assembly.set(8, to: 7), Assembly.nop, Assembly.nop])
      image[register: 8] = value
      let content = image
      return TraceSource(
        prestate: { () throws(StreamError) in
          do { return MemoryImage(state: content.state, memory: try content.memory()) } catch {
            throw StreamError(.corrupt, message: "\(error)")
          }
        }, preimages: { NoPreimages() })
    }
    let other = try TraceProvider(directory: folder.file("other"), source(1))
    let trace = try TraceProvider(directory: folder.file("t"), source(0))
    #expect(try other.step(at: 0).claim == trace.claim(at: 0).claim)
    try other.export(to: folder.file("game"))
    #expect(try trace.adopt(from: folder.file("game")).proofs == 0)
    #expect(try trace.step(at: 0).proof.pre == trace.prestateClaim)
  }
}
