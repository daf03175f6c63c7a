import Falconet
import FalconetTestSupport
import Testing

/// Proofs, traces, programs and comparisons by the public interface alone.
@Suite struct ProofAndTraceTests {
  private func machine(_ guest: String = "hello") throws -> Machine {
    try Machine(Program(contentsOf: Fixtures.path("guests/64/\(guest).elf")), version: .newest)
  }

  @Test("A proof goes through a file and holds; an altered one does not")
  func proofGoesThroughFileAnd() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let machine = try machine()
    try machine.run(until: 500)
    let before = machine.claim()
    let proof = try #require(try machine.prove())
    #expect(proof.pre == before)
    #expect(proof.post == machine.claim())
    try proof.save(to: folder.file("proof.json.gz"))
    let copy = try Proof(contentsOf: folder.file("proof.json.gz"))
    #expect(copy == proof)
    #expect(copy.verify().holds)
    #expect(copy.verify(version: .newest).revisions.first?.stateVersion == .newest)
    let text = String(decoding: try proof.json(), as: UTF8.self)
    let other = text.replacing("\(proof.post)", with: "\(before)")
    let verification = try Proof(json: Array(other.utf8)).verify()
    #expect(!verification.holds)
    #expect(verification.failure?.contains("post") == true)
  }

  @Test("A machine that has exited has no proof") func machineThatHasExitedHas() throws {
    let machine = try machine()
    try machine.run()
    #expect(try machine.prove() == nil)
  }

  @Test("A trace answers as a straight run, and again without executing")
  func traceAnswersAsStraightRun() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let machine = try machine("oracle")
    let source = PreimageSource.directory(try Fixtures.path("preimages/oracle-valid"))
    let indices: [UInt64] = [10, 5_000, 20_000, 1 << 50]
    var answers: [Claim] = []
    machine.preimages = source
    do {
      let trace = try Trace(directory: folder.file("trace"), prestate: machine)
      answers = try trace.claims(at: indices)
      let proof = try trace.proof(at: 5_000, confirmed: true)
      #expect(proof.step == 5_000 && proof.verify().holds)
      #expect(proof.post == answers[1])
      let end = try trace.end()
      #expect(answers[3] == end.claim)
      let proofs = try trace.proofs(at: [1 << 50, 5_000])
      #expect(proofs[0].proofData.isEmpty && proofs[0].post == end.claim)
      #expect(proofs[1] == proof)
      let status = try trace.status()
      #expect(status.end == end.index && status.executedSteps > end.index)
      #expect(status.size > 0 && status.incidents.isEmpty)
    }
    try machine.run(until: 5_001)
    #expect(machine.claim() == answers[1])

    let prestate = try self.machine("oracle")
    prestate.preimages = source
    let trace = try Trace(directory: folder.file("trace"), prestate: prestate)
    #expect(try trace.claims(at: indices) == answers)
    #expect(try trace.status().executedSteps == 0)
    trace.preimages = .directory(try Fixtures.path("preimages/oracle-invalid"))
    let error = #expect(throws: FalconetError.self) { _ = try trace.claim(at: 10) }
    #expect(error?.code == .otherTrace)
    trace.preimages = source
    #expect(try trace.claim(at: 10) == answers[0])
    try trace.delete()
    #expect(throws: FalconetError.self) { _ = try trace.claim(at: 10) }
  }

  @Test("What a trace knows is told without executing, and its states are written")
  func knownAnswersAndStates() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let machine = try machine("oracle")
    let source = PreimageSource.directory(try Fixtures.path("preimages/oracle-valid"))
    machine.preimages = source
    let trace = try Trace(directory: folder.file("trace"), prestate: machine)
    #expect(trace.prestateClaim == machine.claim())
    #expect(trace.knownClaim(at: 600_000) == nil && trace.knownEnd == nil)
    let claim = try trace.claim(at: 600_000)
    #expect(trace.knownClaim(at: 600_000) == claim)
    #expect(trace.knownClaim(at: 599_999) == nil && trace.knownEnd == nil)
    #expect(try #require(trace.currentStep) <= 600_001)

    let saved = try trace.saveState(after: 600_001, to: folder.file("state.fsnap"))
    #expect(saved.step == 600_001 && !saved.hasExited)
    let state = try Machine(contentsOf: folder.file("state.fsnap"))
    #expect(state.step == 600_001 && state.claim() == claim)
    // A directory takes no hints.
    #expect(saved.lastHint == nil)
    let code = state.disassembly(at: state.threads[0].pc &- 4, count: 3)
    #expect(code.map(\.address) == (0..<3).map { state.threads[0].pc &- 4 &+ 4 * $0 })
    #expect(code.allSatisfy { !$0.text.isEmpty })
    let bytes = state.memory(at: code[1].address, count: 4)
    #expect(bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } == code[1].bits)

    let last = try trace.saveState(after: 1 << 50, to: folder.file("last.bin.gz"))
    let end = try #require(trace.knownEnd)
    #expect(last.hasExited && last.step == end.index + 1)
    #expect(trace.knownClaim(at: 1 << 50) == end.claim)
    let exited = try Machine(contentsOf: folder.file("last.bin.gz"))
    #expect(exited.exitCode != nil && exited.claim() == end.claim)
    let status = try trace.status()
    #expect(status.claimCount >= 2 && status.snapshots.allSatisfy { $0 <= last.step })
    let error = #expect(throws: FalconetError.self) {
      _ = try trace.saveState(after: 5, to: folder.file("none/state.bin.gz"))
    }
    #expect(error?.code == .notFound)
  }

  @Test("Each question of a trace has a cancellation of its own")
  func questionsAreCancelled() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let machine = try machine("threads")
    try machine.save(to: folder.file("prestate.bin.gz"))
    let trace = try Trace(
      directory: folder.file("trace"), prestate: folder.file("prestate.bin.gz"), engine: .plain)
    let cancellation = Cancellation()
    cancellation.cancel()
    for ask in [
      { _ = try trace.claim(at: 50_000, cancellation: cancellation) },
      { _ = try trace.proofs(at: [60_000], cancellation: cancellation) },
      { _ = try trace.end(cancellation: cancellation) },
    ] {
      let error = #expect(throws: FalconetError.self) { try ask() }
      #expect(error?.code == .cancelled)
    }
    try machine.run(until: 50_001)
    #expect(try trace.claim(at: 50_000) == machine.claim())
  }

  @Test("A file that is not adopted is an error with its path")
  func incidents() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let machine = try machine()
    let trace = try Trace(directory: folder.file("trace"), prestate: machine)
    for name in ["game", "game/proofs"] { folder.makeFolder(name) }
    try trace.proof(at: 100).save(to: folder.file("game/proofs/100.json.gz"))
    try folder.write(Array("{}".utf8), to: "game/proofs/200.json.gz")
    let refused = try trace.adopt(from: folder.file("game"))
    #expect(refused.map(\.code) == [.corrupt])
    #expect(refused.first?.path?.hasSuffix("200.json.gz") == true)
  }

  @Test("A second trace of a directory is refused while the first lives")
  func secondTraceDirectoryRefusedWhile() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let machine = try machine()
    let trace = try Trace(directory: folder.file("trace"), prestate: machine)
    let error = #expect(throws: FalconetError.self) {
      _ = try Trace(directory: folder.file("trace"), prestate: machine)
    }
    #expect(error?.code == .locked)
    try machine.run(until: 1)
    #expect(try trace.claim(at: 0) == machine.claim())
  }

  @Test("A comparison finds the step that differs") func comparisonFindsStepThatDiffers() throws {
    let (a, b) = (try machine("oracle"), try machine("oracle"))
    a.preimages = .directory(try Fixtures.path("preimages/oracle-valid"))
    b.preimages = .directory(try Fixtures.path("preimages/oracle-invalid"))
    let divergence = try #require(try Divergence.find(between: a, and: b))
    #expect(divergence.claims.first != divergence.claims.second)
    #expect(a.step == 0)
    for machine in [a, b] { try machine.run(until: divergence.step) }
    #expect(a.claim() == b.claim())
    for machine in [a, b] { try machine.run(until: divergence.step + 1) }
    #expect(a.claim() == divergence.claims.first)
    #expect(b.claim() == divergence.claims.second)
    #expect(try Divergence.find(between: a, and: a) == nil)
    let cancellation = Cancellation()
    cancellation.cancel()
    let error = #expect(throws: FalconetError.self) {
      let threads = try machine("threads")
      _ = try Divergence.find(between: threads, and: threads, cancellation: cancellation)
    }
    #expect(error?.code == .cancelled)
  }

  @Test("A program tells its symbols, and a profile and a traceback use them")
  func programTellsItsSymbolsAnd() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let program = try Program(contentsOf: Fixtures.path("guests/64/hello.elf"))
    let main = try #require(program.addresses(of: "main.main"))
    #expect(!main.isEmpty)
    #expect(program.symbol(at: main.lowerBound) == "main.main")
    #expect(program.symbol(at: main.upperBound) != "main.main")
    #expect(program.addresses(of: "main.none") == nil)
    #expect(program.symbol(at: .max) == nil)
    #expect(try program.problems(version: .newest).isEmpty)
    let machine = try Machine(program, version: .newest)
    let profile = try machine.profile(until: 100_000, program: program)
    #expect(machine.step == 100_000)
    try profile.save(to: folder.file("run.svg"))
    #expect(folder.read("run.svg")?.starts(with: Array("<".utf8)) == true)
    #expect(machine.traceback(program: program).contains { $0.contains("thread 0") })
  }

  @Test("Hexadecimal texts make claims and keys, others do not")
  func hexadecimalTextsMakeClaimsAnd() throws {
    let text = "0x03" + String(repeating: "ab", count: 31)
    #expect(Claim(text)?.description == text)
    #expect(Claim(text)?.status == .unfinished)
    #expect(Claim(String(text.dropFirst(2))) == Claim(text))
    #expect(Claim("0x03") == nil)
    #expect(Claim(bytes: [1, 2]) == nil)
    #expect(PreimageKey(text)?.bytes.count == 32)
    #expect(PreimageKey.local(1).bytes.last == 1)
    #expect(PreimageKey.keccak256(of: []).bytes[0] == 2)
    #expect(StateVersion("9") == nil)
    #expect(StateVersion.allCases.map(\.number) == Array(0...8))
    for version in StateVersion.allCases {
      #expect(StateVersion(version.description) == version)
      #expect(StateVersion("\(version.number)") == version)
      #expect(version.revisions.allSatisfy { $0.stateVersion == version })
    }
    #expect(StateVersion("multithreaded64-5") == .newest)
  }

  @Test("Errors say what, where and what to do") func errorsSayWhatWhereAnd() throws {
    let error = #expect(throws: FalconetError.self) {
      _ = try Machine(contentsOf: "/nowhere/state.bin")
    }
    #expect(error?.code == .notFound)
    #expect(error?.path == "/nowhere/state.bin")
    #expect(error?.cause != nil)
    let truncated = #expect(throws: FalconetError.self) { _ = try Machine(snapshot: [8, 0, 0]) }
    #expect(truncated?.code == .corrupt)
  }
}
