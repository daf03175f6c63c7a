import FalconetForeignVM
import FalconetStreams
import FalconetTestSupport
import FalconetTrace
import Testing

/// Traces of VMs of which nothing is known but the interface.
@Suite(
  .enabled(
    if: ExampleVM.stack.canBeBuilt && ExampleVM.tape.canBeBuilt, "no C compiler, or no Rust"))
struct ForeignTraceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The source of an example's trace, and how often it was opened.
  private func source(
    _ vm: ExampleVM, identity: String = "here", hints: ForeignHints = ForeignHints(),
    onPreimage: @escaping () -> Void = {}
  ) throws -> ForeignTraceSource {
    let (library, preimages) = (try vm.library(), try vm.preimages())
    let path = "\(ExampleVM.repository)/\(vm.program)"
    return ForeignTraceSource(
      name: library.name, vm: library.name, identity: Array(identity.utf8), verifier: library,
      hints: hints
    ) { (work) throws(ForeignError) in
      var host = ForeignHost()
      host.preimage = { key in
        onPreimage()
        return preimages[key].map { .bytes($0) } ?? .missing
      }
      host.hint = { hint in
        hints.note(hint)
        return .goOn
      }
      return try ForeignVM.library(library).open(path, folder: work, host: host)
    }
  }

  private func options(_ interval: UInt64) -> TraceOptions {
    TraceOptions(snapshotInterval: interval)
  }

  /// The claims of all states, from a run of its own.
  private func claims(_ vm: ExampleVM) throws -> [[UInt8]] {
    let source = try source(vm)
    let run = try source.open(WorkDirectory())
    var claims: [[UInt8]] = []
    while try !run.status().exited {
      try run.run(until: try run.status().step + 1)
      claims.append(try run.claim())
    }
    return claims
  }

  @Test(
    "Answers in any order are those of a run, whether they are known or not",
    arguments: [ExampleVM.stack, .tape])
  func answers(_ vm: ExampleVM) throws {
    let claims = try claims(vm)
    let last = UInt64(claims.count - 1)
    let library = try vm.library()
    var random = SeededGenerator(seed: 16)
    for interval in [7, 1_000_000] as [UInt64] {
      let path = folder.file("\(vm)-\(interval)")
      for _ in 0..<4 {
        let trace = try ForeignTrace(directory: path, source(vm), options(interval))
        for _ in 0..<12 {
          let index = UInt64(random.below(claims.count + 5))
          let answer = try #require(try trace.claims(at: [index]).first)
          #expect(answer.claim == claims[Int(min(index, last))])
          #expect(answer.isPastEnd == (index > last))
          let step = try #require(try trace.steps(at: [index]).first)
          #expect(step.index == min(index, last) && step.isPastEnd == (index > last))
          #expect(step.proof.proof.post == answer.claim)
          if !step.isPastEnd { try library.verify(step.proof.proof(for: library)) }
        }
        let end = try trace.lastStep()
        #expect(end.index == last && end.claim == claims[Int(last)])
        #expect(try library.claim(ofWitness: end.witness, kind: 0) == end.claim)
        #expect(end.exitCode != nil)
        #expect(trace.incidents == [])
        let status = trace.status()
        #expect(status.lastStep == last && status.claimCount > 12)
        #expect((interval > 7) == status.snapshots.isEmpty)
      }
      // What is known needs no run and no pre-images.
      var known = try source(vm)
      known.identity = nil
      let trace = try ForeignTrace(directory: path, known, options(interval))
      #expect(try trace.claims(at: [last + 9]).first?.claim == claims[Int(last)])
    }
  }

  @Test("Claims may begin with any byte: none of them says that the program has exited")
  func anyByte() throws {
    let claims = try claims(.stack)
    let first = Set(claims.map { $0[0] })
    // Tags of the log's records and statuses of Cannon's claims must be among them, or this proves nothing.
    let trace = try ForeignTrace(
      directory: folder.file("all"), source(.stack), options(1_000_000))
    #expect(try trace.claims(at: (0..<UInt64(claims.count)).map { $0 }).map(\.claim) == claims)
    #expect(!first.isDisjoint(with: [0, 1, 2, 0x4B, 0x56, 0x53, 0x41, 0x42, 0x49, 0x44, 0x46]))
    let again = try ForeignTrace(
      directory: folder.file("other"), source(.stack), options(1_000_000))
    #expect(
      try again.claims(at: (0..<UInt64(claims.count)).reversed()).map(\.claim)
        == claims.reversed())
  }

  @Test("A host gets the last hint once more before a run goes on from a state that was stored")
  func hints() throws {
    let hints = ForeignHints()
    nonisolated(unsafe) var given: [[UInt8]?] = []
    let trace = try ForeignTrace(
      directory: folder.file("trace"),
      source(.stack, hints: hints) { given.append(hints.takeDue()) }, options(40))
    // The program hints at once, and reads its pre-image from step 16 on. The host has the hint.
    _ = try trace.claims(at: [100])
    let hint = try #require(hints.last)
    #expect(!given.isEmpty && given.allSatisfy { $0 == nil })
    // The run goes back to the state after 40 steps, which the hint precedes.
    given = []
    _ = try trace.claims(at: [75])
    #expect(given.first == hint, "\(given)")
    #expect(given.dropFirst().allSatisfy { $0 == nil }, "once")
    // From the prestate on, the program hints by itself.
    given = []
    _ = try trace.claims(at: [2, 29])
    #expect(given.allSatisfy { $0 == nil })
  }

  @Test("A directory is of one VM, one program and one source of pre-images")
  func names() throws {
    let path = folder.file("trace")
    do {
      let trace = try ForeignTrace(directory: path, source(.stack), options(50))
      _ = try trace.claims(at: [60])
      #expect(throws: TraceError.self) {
        try ForeignTrace(directory: path, source(.stack), options(50))
      }
    }
    let other = try ForeignTrace(
      directory: path, source(.stack, identity: "there"), options(50))
    #expect {
      try other.claims(at: [60])
    } throws: { error in
      if case TraceError.otherPreimages = error { true } else { false }
    }
    withExtendedLifetime(other) {}
  }

  @Test("The directory of another VM, or of Falconet's own, is refused")
  func otherTrace() throws {
    let path = folder.file("trace")
    do {
      let trace = try ForeignTrace(directory: path, source(.stack), options(50))
      _ = try trace.claims(at: [60])
    }
    #expect {
      try ForeignTrace(directory: path, source(.tape), options(50))
    } throws: { error in
      guard case TraceError.otherTrace = error else { return false }
      return ["of the VM stack stack", "of the VM tape tape"].allSatisfy { "\(error)".contains($0) }
    }
  }

  @Test("Corrupt files are put in quarantine, and answers stay right", arguments: 0..<12)
  func damage(_ seed: Int) throws {
    let claims = try claims(.stack)
    let path = folder.file("trace")
    do {
      let trace = try ForeignTrace(directory: path, source(.stack), options(20))
      _ = try trace.claims(at: [30, 90, 150])
      _ = try trace.steps(at: [40, 130])
      _ = try trace.lastStep()
    }
    var random = SeededGenerator(seed: UInt64(seed))
    let names =
      ["claims.log", "last.json.gz", "proofs/130.json.gz", "proofs/40.json.gz"]
      + TemporaryFolder.names(in: path + "/snapshots").map { "snapshots/" + $0 }
    for name in names where random.below(2) == 0 {
      let file = path + "/" + name
      var bytes = try ByteReader(FileSource(path: file)).readAll(limit: 1 << 20)
      let place = random.below(bytes.count)
      if random.below(3) == 0 {
        bytes = Array(bytes[..<place])
      } else {
        bytes[place] ^= UInt8(1 + random.below(255))
      }
      try AtomicFile.write(path: file, compression: Compression.none) {
        (sink) throws(StreamError) in try sink.write(bytes)
      }
    }
    let trace = try ForeignTrace(directory: path, source(.stack), options(20))
    for index in [130, 40, 150, 90, 10, 185, 300] as [UInt64] {
      let claim = claims[Int(min(index, UInt64(claims.count - 1)))]
      #expect(try trace.claims(at: [index]).first?.claim == claim, "\(index)")
      #expect(try trace.steps(at: [index]).first?.proof.proof.post == claim, "\(index)")
    }
    #expect(try trace.lastStep().index == UInt64(claims.count - 1))
  }

  @Test("States are discarded until the directory is within its budget")
  func budget() throws {
    var options = options(10)
    // Two states of the stack machine have 64 KiB.
    options.diskBudget = 90 << 10
    let trace = try ForeignTrace(directory: folder.file("trace"), source(.stack), options)
    let claims = try claims(.stack)
    #expect(
      try trace.claims(at: [180, 20, 120]).map(\.claim) == [180, 20, 120].map { claims[$0] })
    let status = trace.status()
    #expect(status.size <= 90 << 10)
    #expect(status.snapshots.count == 2, "\(status.snapshots)")
  }
}
